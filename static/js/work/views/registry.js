// Which view shows what: by the contract's x-view, else by name, length and form. A view is a file here and a line below.
import { conversationView } from "./conversation.js";
import { diffView } from "./diff.js";
import { documentView, listView } from "./document.js";
import { imageView } from "./image.js";
import { humanise, isScalar, lookup, steps, within } from "./places.js";
import { isTabular, tableView } from "./table.js";
import { textView } from "./text.js";

const SHORT = 60;

const VIEWS = {
  conversation: conversationView,
  diff: diffView,
  document: documentView,
  image: imageView,
  "key-value": documentView,
  list: listView,
  table: tableView,
  text: textView,
};

/** The view of a value without annotation. */
export function guess(key, value) {
  if (/^(subject|title|headline)$/i.test(key) && typeof value === "string") return "title";
  if (key === "pixels") return "image";
  if (typeof value === "string") return value.length > SHORT || value.includes("\n") ? "text" : null;
  if (isScalar(value)) return null;
  if (isTabular(value)) return "table";
  return listView.takes(value) ? "list" : "document";
}

/**
 * What a view gets beside its value: what the contract says of places, what is hidden or revealed there, the marks, and `show`,
 * which draws a member that has a view of its own. A view whose value has another form than it takes is passed over.
 */
export function viewing(item, { marks = {}, revealed = new Map(), loadImage }) {
  const titleOf = lookup(item.titles);
  const masked = new Set(item.masked ?? []);
  const view = {
    marks,
    loadImage,
    viewOf: lookup(item.views),
    isSensitive: within(item.sensitive),
    isMasked: (pointer) => masked.has(pointer) && !revealed.has(pointer),
    read: (value, pointer) => (revealed.has(pointer) ? revealed.get(pointer) : value),
    nameOf: (pointer, key = steps(pointer).at(-1) ?? "") => titleOf(pointer) ?? (typeof key === "number" ? String(key + 1) : humanise(key)),
    /** A block for the value, or null where it is a single value that stands in a line. */
    show(value, pointer, { key, heading } = {}) {
      const named = view.viewOf(pointer);
      const name = VIEWS[named]?.takes(value) ? named : guess(String(key ?? ""), value);
      if (!VIEWS[name]?.takes(value)) return null;
      return VIEWS[name].show(value, pointer, view, { heading });
    },
  };
  return view;
}
