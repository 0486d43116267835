// Text as it is: characters that can't be seen get a chip with their number, so that nothing hides between the letters.
import { el } from "../dom.js";
import { gettext } from "../text.js";

const UNSEEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|[\u{1D173}-\u{1D17A}]|[\u{E0000}-\u{E0FFF}]/gu;
const PICTURE = /\p{Extended_Pictographic}\uFE0F?$/u;

const NAMES = {
  0x00ad: gettext("Soft hyphen"), 0x061c: gettext("Arabic letter mark"), 0x200b: gettext("Zero-width space"), 0x200c: gettext("Zero-width non-joiner"),
  0x200d: gettext("Zero-width joiner"), 0x200e: gettext("Left-to-right mark"), 0x200f: gettext("Right-to-left mark"),
  0x2060: gettext("Word joiner"), 0xfeff: gettext("Zero-width no-break space"),
};

function nameOf(code) {
  if (NAMES[code]) return NAMES[code];
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return gettext("Changes the direction of writing");
  if (code >= 0xe0000) return gettext("Invisible tag character");
  return gettext("Invisible character");
}

/** A chip for a character and how often it stands there in a row. */
function chip(character, times) {
  const code = character.codePointAt(0);
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return el("span", { class: "unseen", title: nameOf(code) }, times > 1 ? `${number} ×${times}` : number);
}

const LOOK_BACK = 8;

/** Tells whether a joiner holds an emoji together, and so is seen after all. */
const isInPicture = (text, at) => text[at] === "\u200D" && PICTURE.test(text.slice(Math.max(0, at - LOOK_BACK), at)) && /^\p{Extended_Pictographic}/u.test(text.slice(at + 1, at + 3));

/** Nodes for a piece of text, invisible characters as chips, the same ones in a row as one. */
export function visible(text) {
  const nodes = [];
  let from = 0;
  let run = null;
  const close = () => {
    if (run) nodes.push(chip(run.character, run.times));
    run = null;
  };
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    if (isInPicture(text, index)) continue;
    if (index > from || run?.character !== character) close();
    if (index > from) nodes.push(text.slice(from, index));
    run = { character, times: (run?.times ?? 0) + 1 };
    from = index + character.length;
  }
  close();
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

const WRAPS = {
  suspect: (passage) => el("span", { class: "suspect", title: gettext("Reads like an instruction to a program") }, passage),
  strong: (passage) => el("mark", { class: "ev ev--strong" }, passage),
  weak: (passage) => el("mark", { class: "ev" }, passage),
};

/** The kinds of marks on each stretch of a text, from the outermost: suspicion around evidence, strong before weak. */
function stretches(length, marks) {
  const edges = [...new Set([0, length, ...marks.flatMap(({ start, end }) => [start, end])])].filter((edge) => edge >= 0 && edge <= length).sort((a, b) => a - b);
  return edges.slice(0, -1).map((start, at) => {
    const on = new Set(marks.filter((mark) => mark.start <= start && mark.end > start).map(({ kind }) => kind));
    if (on.has("strong")) on.delete("weak");
    return { start, end: edges[at + 1], kinds: Object.keys(WRAPS).filter((kind) => on.has(kind)) };
  });
}

/**
 * Nodes for a text with marked passages: [{start, end, kind}], kind "suspect", "strong" or "weak".
 * Positions count UTF-16 units. A passage with several marks has all of them.
 */
export function marked(text, marks) {
  const usable = marks.filter(({ start, end, kind }) => end > start && start < text.length && kind in WRAPS);
  if (!usable.length) return visible(text);
  return stretches(text.length, usable).flatMap(({ start, end, kinds }) =>
    kinds.reduceRight((passage, kind) => [WRAPS[kind](passage)], visible(text.slice(start, end))));
}
