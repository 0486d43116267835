// Text that is read: paragraphs, in the direction of their own letters, with marked passages.
import { el, icon } from "../../dom.js";
import { gettext } from "../../text.js";
import { marked } from "../visible.js";
import { isScalar } from "./places.js";
import { inUnits, plain } from "./values.js";

/** The marks that touch a stretch, counted from its beginning. */
const within = (marks, from, length) => marks
  .map(({ start, end, kind }) => ({ start: Math.max(0, start - from), end: Math.min(length, end - from), kind }))
  .filter(({ start, end }) => end > start);

/** Paragraphs of a text, each with its own direction. */
export function paragraphs(text, marks) {
  const nodes = [];
  let offset = 0;
  for (const block of text.split(/(\n\s*\n)/)) {
    if (block.trim()) nodes.push(el("p", { dir: "auto" }, marked(block, marks.length ? within(marks, offset, block.length) : [])));
    offset += block.length;
  }
  return nodes;
}

export const textView = {
  takes: isScalar,
  show(value, pointer, view, { heading } = {}) {
    const text = plain(value);
    const personal = view.isSensitive(pointer) && el("h3", { class: "row" }, icon("lock"), gettext("Personal data"));
    return el("div", { class: "reading" }, heading && el("h3", {}, heading), personal, paragraphs(text, inUnits(text, view.marks[pointer] ?? [])));
  },
};
