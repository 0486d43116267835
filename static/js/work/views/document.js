// A document as pairs of name and value; parts within it get a heading of their own.
import { el } from "../../dom.js";
import { inside, isObject, isScalar } from "./places.js";
import { scalar } from "./values.js";

const LIST = 100;

const pair = (key, pointer, view, value) => el("div", { class: "kv", "data-at": pointer },
  el("dt", {}, view.nameOf(pointer, key)), el("dd", {}, value));

/** Values of a list in one line; what is beyond a hundred waits to be opened. */
function inline(values, pointer, view) {
  const nodes = values.slice(0, LIST).flatMap((value, index) => [index ? ", " : "", scalar(value, inside(pointer, index), view)]);
  if (values.length <= LIST) return nodes;
  const rest = values.slice(LIST).flatMap((value, index) => [index ? ", " : "", scalar(value, inside(pointer, index + LIST), view)]);
  return [...nodes, el("details", {}, el("summary", {}, `+ ${values.length - LIST}`), rest)];
}

function entryOf(key, value, pointer, view) {
  const name = view.viewOf(pointer);
  if (name === "hidden") return null;
  if (view.isMasked(pointer)) return pair(key, pointer, view, scalar(null, pointer, view));
  const shown = view.read(value, pointer) ?? null;
  if (!name && Array.isArray(shown) && shown.every(isScalar)) return pair(key, pointer, view, shown.length ? inline(shown, pointer, view) : "–");
  const own = view.show(shown, pointer, { key });
  if (own) return { block: own, key, pointer };
  if (isScalar(shown)) return pair(key, pointer, view, scalar(shown, pointer, view));
  return { block: part(shown, pointer, view), key, pointer };
}

/** The pairs of an object, and below them its parts. */
function part(value, pointer, view) {
  const entries = Array.isArray(value) ? value.map((inner, index) => [index, inner]) : Object.entries(value);
  const drawn = entries.map(([key, inner]) => entryOf(key, inner, inside(pointer, key), view)).filter(Boolean);
  const pairs = drawn.filter((entry) => entry instanceof Node);
  const parts = drawn.filter((entry) => !(entry instanceof Node));
  return [
    pairs.length ? el("dl", { class: "doc-pairs" }, pairs) : null,
    parts.map(({ block, key, pointer: own }) => el("section", { class: "doc-part", "data-at": own }, el("h4", {}, view.nameOf(own, key)), block)),
  ].flat().filter(Boolean);
}

export const documentView = {
  takes: (value) => isObject(value) || (Array.isArray(value) && !value.every(isScalar)),
  show: (value, pointer, view) => el("div", { class: "doc" }, part(value, pointer, view)),
};

/** What a list of plain values looks like where nothing else is said. */
export const listView = {
  takes: (value) => Array.isArray(value) && value.every(isScalar),
  show: (value, pointer, view) => el("p", { class: "doc-list" }, value.length ? inline(value, pointer, view) : "–"),
};
