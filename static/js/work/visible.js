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

function chip(character) {
  const code = character.codePointAt(0);
  return el("span", { class: "unseen", title: nameOf(code) }, `U+${code.toString(16).toUpperCase().padStart(4, "0")}`);
}

/** Nodes for a piece of text, invisible characters as chips. A joiner inside an emoji is left alone. */
export function visible(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match[0] === "\u200D" && PICTURE.test(text.slice(0, match.index)) && /^\p{Extended_Pictographic}/u.test(text.slice(match.index + 1))) continue;
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(chip(match[0]));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

/**
 * Nodes for a text with marked passages: [{start, end, kind}], kind "suspect", "strong" or "weak".
 * Positions count UTF-16 units. Overlapping marks: the first wins.
 */
export function marked(text, marks) {
  const nodes = [];
  let from = 0;
  for (const { start, end, kind } of [...marks].sort((a, b) => a.start - b.start)) {
    if (start < from || end <= start || end > text.length) continue;
    nodes.push(...visible(text.slice(from, start)));
    const passage = visible(text.slice(start, end));
    nodes.push(kind === "suspect"
      ? el("span", { class: "suspect" }, passage)
      : el("mark", { class: kind === "strong" ? "ev ev--strong" : "ev" }, passage));
    from = end;
  }
  nodes.push(...visible(text.slice(from)));
  return nodes;
}
