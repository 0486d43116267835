// Two versions of a text or a document: what went is struck through, what came is underlined, and both are said in words.
import { el, icon } from "../../dom.js";
import { fill, gettext, ngettext } from "../../text.js";
import { visible } from "../visible.js";
import { inside, isObject, isScalar } from "./places.js";
import { lock, plain } from "./values.js";
import { difference } from "./words.js";

const PAIRS = [["before", "after"], ["old", "new"], ["from", "to"], ["a", "b"]];
const KEPT = 400;
const SHORT = 40;

/** The keys of the two versions in a value, or null. */
function pairOf(value) {
  if (Array.isArray(value)) return value.length === 2 ? [0, 1] : null;
  return isObject(value) ? PAIRS.find(([one, other]) => one in value && other in value) ?? null : null;
}

const said = (word, node) => [el("span", { class: "visually-hidden" }, ` [${word}: `), node, el("span", { class: "visually-hidden" }, "] ")];

const PIECES = {
  same: (text) => (text.length <= KEPT ? visible(text) : unchanged(text)),
  del: (text) => said(gettext("removed"), el("del", { class: "gone" }, visible(text))),
  ins: (text) => said(gettext("added"), el("ins", { class: "came" }, visible(text))),
};

/** A long stretch that is the same: its ends stand, the middle opens. */
function unchanged(text) {
  const [head, tail] = [text.slice(0, KEPT / 2), text.slice(-KEPT / 2)];
  const middle = text.slice(KEPT / 2, -KEPT / 2);
  const open = el("button", { class: "btn btn--sm", type: "button" }, fill(ngettext("{n} unchanged word", "{n} unchanged words", middle.split(/\s+/).length), { n: middle.split(/\s+/).length }));
  open.addEventListener("click", () => open.replaceWith(...visible(middle)));
  return [...visible(head), " … ", open, " … ", ...visible(tail)];
}

const drawn = (pieces) => pieces.flatMap(({ kind, text }) => PIECES[kind](text));
const count = (pieces, wanted) => pieces.filter(({ kind }) => kind === wanted).reduce((sum, { text }) => sum + (text.match(/[^\s]+/g)?.length ?? 0), 0);

function summary(added, removed) {
  if (!added && !removed) return el("p", { class: "diff-sum" }, icon("check"), " ", gettext("Both versions are the same."));
  const parts = [
    removed && fill(ngettext("{n} word removed", "{n} words removed", removed), { n: removed }),
    added && fill(ngettext("{n} word added", "{n} words added", added), { n: added }),
  ].filter(Boolean);
  return el("p", { class: "diff-sum" },
    el("span", {}, parts.join(", ")),
    el("span", { class: "diff-key push" }, el("del", { class: "gone" }, gettext("before")), " ", el("ins", { class: "came" }, gettext("after"))));
}

function texts(before, after) {
  const pieces = difference(before, after);
  return el("div", { class: "reading diff" }, summary(count(pieces, "ins"), count(pieces, "del")), el("p", { dir: "auto" }, drawn(pieces)));
}

/** The single values of a document, by their place in it. */
function leaves(value, place = "", found = new Map()) {
  if (isScalar(value)) found.set(place, value);
  else for (const [key, inner] of Object.entries(value)) leaves(inner, inside(place, key), found);
  return found;
}

/** The two sides of a line: short values as a whole, long ones with the words that differ. */
function sidesOf(one, two) {
  if (one === two) return [visible(one), visible(two)];
  const pieces = one.length > SHORT && two.length > SHORT ? difference(one, two) : [{ kind: "del", text: one }, { kind: "ins", text: two }].filter(({ text }) => text);
  return ["ins", "del"].map((other) => drawn(pieces.filter(({ kind }) => kind !== other)));
}

function documents([before, after], [own, other], view) {
  const [left, right] = [leaves(before), leaves(after)];
  const places = [...new Set([...left.keys(), ...right.keys()])];
  const read = (side, base, place) => (view.isMasked(base + place) ? null : side.has(place) ? plain(view.read(side.get(place), base + place)) : "");
  const shut = (base, place) => view.isMasked(base + place) && lock(base + place, view.nameOf(base + place), { isSmall: true });
  const rows = places.map((place) => ({ place, one: read(left, own, place), two: read(right, other, place) }));
  const changed = rows.filter(({ one, two }) => one !== two);
  const name = (place) => place.split("/").slice(1).map((step, index, all) => view.nameOf(own + ["", ...all.slice(0, index + 1)].join("/"), step)).join(", ");
  const line = ({ place, one, two }) => {
    const [left, right] = sidesOf(one ?? "", two ?? "");
    return el("tr", { class: one === two ? null : "diff-row" }, el("th", { scope: "row" }, visible(name(place))),
      el("td", {}, shut(own, place) || left), el("td", {}, shut(other, place) || right));
  };
  const same = rows.filter(({ one, two }) => one === two);
  const table = (label, body) => el("div", { class: "table-wrap view-table", tabindex: "0", role: "group", "aria-label": label },
    el("table", { class: "table" }, el("thead", {}, el("tr", {}, [gettext("Field"), gettext("Before"), gettext("After")].map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, body)));
  const sum = changed.length ? fill(ngettext("{n} field changed", "{n} fields changed", changed.length), { n: changed.length }) : gettext("Both versions are the same.");
  return el("div", { class: "diff" },
    el("p", { class: "diff-sum" }, sum),
    changed.length > 0 && table(gettext("What changed"), changed.map(line)),
    same.length > 0 && el("details", { class: "diff-same" }, el("summary", {}, fill(ngettext("{n} field is the same", "{n} fields are the same", same.length), { n: same.length })), table(gettext("What is the same"), same.map(line))));
}

export const diffView = {
  takes: (value) => pairOf(value) !== null,
  show(value, pointer, view) {
    const keys = pairOf(value);
    const own = keys.map((key) => inside(pointer, key));
    const hidden = own.filter((place) => view.isMasked(place));
    if (hidden.length) return el("p", { class: "reading" }, hidden.map((place) => lock(place, view.nameOf(place))));
    const sides = keys.map((key, index) => view.read(value[key], own[index]) ?? "");
    return sides.every(isScalar) ? texts(...sides.map((side) => (side === "" ? "" : plain(side)))) : documents(sides, own, view);
  },
};
