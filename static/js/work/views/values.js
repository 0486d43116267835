// Single values: as text, with marks, behind a lock; and lists that grow on demand.
import { el, icon, kbd } from "../../dom.js";
import { fill, gettext } from "../../text.js";
import { marked, visible } from "../visible.js";

/** A value in words; nothing is made of numbers, which stand as they were sent. */
export function plain(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (value === true) return gettext("yes");
  if (value === false) return gettext("no");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Marks counted in characters, counted in UTF-16 units. */
export function inUnits(text, marks) {
  if (!/[\uD800-\uDFFF]/.test(text)) return marks;
  const wanted = [...new Set(marks.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const units = new Map();
  let [characters, at, next] = [0, 0, 0];
  for (const character of text) {
    while (next < wanted.length && wanted[next] <= characters) units.set(wanted[next++], at);
    characters += 1;
    at += character.length;
  }
  while (next < wanted.length) units.set(wanted[next++], at);
  return marks.map(({ start, end, kind }) => ({ start: units.get(start), end: units.get(end), kind }));
}

/** Where a value is hidden: asks for it with a bubbling "reveal" event that names the place. */
export function lock(pointer, name, { isSmall = false } = {}) {
  const ask = ({ currentTarget }) => currentTarget.dispatchEvent(new CustomEvent("reveal", { bubbles: true, detail: { pointer } }));
  const title = fill(gettext("{name} is hidden. Reveal it with R; a reason is asked"), { name });
  return el("button", { class: "masked", type: "button", "data-reveal": pointer, title, "aria-label": title, onclick: ask },
    icon("lock"), " ", gettext("hidden"), !isSmall && [" ", kbd("R")]);
}

/** One value on its place, masked, marked or as it is. */
export function scalar(value, pointer, view, { isSmall = false } = {}) {
  if (view.isMasked(pointer)) return lock(pointer, view.nameOf(pointer), { isSmall });
  const shown = view.read(value, pointer);
  const text = plain(shown);
  const marks = typeof shown === "string" ? inUnits(text, view.marks[pointer] ?? []) : [];
  if (!view.isSensitive(pointer)) return el("bdi", {}, marked(text, marks));
  return el("span", { class: "masked masked--open", title: gettext("Personal data; shown as your role may see it") }, icon("lock"), " ", visible(text));
}

/** Fill a list with the first rows and a button for the next ones, so that length costs nothing before it is read. */
export function grow(list, rows, draw, { size, place = (button) => list.after(button) }) {
  let shown = 0;
  const more = el("button", { class: "btn btn--sm view-more", type: "button" });
  const show = () => {
    const next = rows.slice(shown, shown + size);
    list.append(...next.map((row, index) => draw(row, shown + index)));
    shown += next.length;
    more.hidden = shown >= rows.length;
    more.textContent = fill(gettext("Show {n} more of {all}"), { n: Math.min(size, rows.length - shown), all: rows.length });
  };
  more.addEventListener("click", show);
  show();
  if (!more.hidden) queueMicrotask(() => place(more));
  return list;
}
