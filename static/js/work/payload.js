// A payload on the screen, by its contract's x-view annotations; what has none shows as facts, text or a document.
import { el } from "../dom.js";
import { fill, gettext } from "../text.js";
import { inside, isScalar, lookup, within } from "./views/places.js";
import { guess, viewing } from "./views/registry.js";
import { plain, scalar } from "./views/values.js";
import { visible } from "./visible.js";

const BARE = new Set(["text", "image"]);

/**
 * The item's heading and what belongs below it, as nodes. `marks` maps a pointer to marked passages, `revealed` (a Map) a masked
 * pointer to the value that the server gave for it.
 */
export function showPayload(item, { marks = {}, revealed, loadImage }) {
  const view = viewing(item, { marks, revealed, loadImage });
  const parts = { title: null, facts: [], body: [], image: null };
  const fact = (key, value, pointer) => el("div", { class: "fact", "data-at": pointer }, el("dt", {}, view.nameOf(pointer, key)), el("dd", {}, scalar(value, pointer, view)));
  const isRead = () => parts.body.some(({ className }) => className === "reading");

  for (const [key, sent] of Object.entries(item.payload ?? {})) {
    const pointer = inside("", key);
    const named = view.viewOf(pointer);
    if (named === "hidden") continue;
    const value = view.read(sent, pointer) ?? null;
    if (view.isMasked(pointer)) parts.facts.push(fact(key, null, pointer));
    else if (parts.title === null && isScalar(value) && (named ?? guess(key, value)) === "title") parts.title = el("bdi", {}, visible(plain(value)));
    else {
      const heading = view.nameOf(pointer, key);
      const isBare = BARE.has(named ?? guess(key, value));
      const block = view.show(value, pointer, { key, heading: !isBare || parts.image || isRead() ? heading : null });
      if (block === null) parts.facts.push(fact(key, value, pointer));
      else if (block.classList.contains("viewer") && parts.image === null) parts.image = block;
      else if (block.classList.contains("reading") && named !== "diff") parts.body.push(block);
      else parts.body.push(el("section", { class: "attached", "data-at": pointer }, el("h3", {}, heading), block));
    }
  }
  return parts;
}

/** One line that names an item in a list. */
export function shortTitle(item) {
  const viewOf = lookup(item.views);
  const isSensitive = within(item.sensitive);
  const entries = Object.entries(item.payload ?? {}).filter(([key]) => !isSensitive(inside("", key)));
  const kind = (key, value) => viewOf(inside("", key)) ?? guess(key, value);
  const text = entries.find(([key, value]) => isScalar(value) && kind(key, value) === "title") ?? entries.find(([key, value]) => typeof value === "string" && kind(key, value) === "text");
  const words = typeof text?.[1] === "string" ? text[1].slice(0, 300).replace(/\s+/g, " ").trim() : "";
  return words || item.external_id || fill(gettext("Item {id}"), { id: String(item.id).slice(-6) });
}
