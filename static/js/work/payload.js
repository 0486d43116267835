// A payload on the screen, by its contract's x-view annotations; what has none shows as facts or text.
import { el, icon } from "../dom.js";
import { fill, gettext } from "../text.js";
import { imageView } from "./image.js";
import { marked, visible } from "./visible.js";

const SHORT = 60;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value) => value === null || typeof value !== "object";
const escapePointer = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** "card_number" as "Card number". */
export const humanise = (key) => {
  const words = key.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** A mark counted in characters as one counted in UTF-16 units. */
const inUnits = (text, { start, end, kind }) => {
  const characters = [...text];
  const units = (count) => characters.slice(0, count).join("").length;
  return { start: units(start), end: units(end), kind };
};

const plain = (value) => {
  if (value === null || value === undefined || value === "") return "–";
  if (value === true) return gettext("yes");
  if (value === false) return gettext("no");
  return String(value);
};

/** Tells whether a pointer is one of the contract's sensitive places; `*` stands for any key or index. */
function sensitivity({ sensitive }) {
  const patterns = (sensitive ?? []).map((place) => place.split("/"));
  return (pointer) => {
    const parts = pointer.split("/");
    return patterns.some((pattern) => pattern.length === parts.length && pattern.every((part, at) => part === "*" || part === parts[at]));
  };
}

/** The item's heading and what belongs below it, as nodes; `marks` maps a pointer to marked passages. */
export function showPayload(item, { marks = {}, loadImage }) {
  const views = item.views ?? {};
  const parts = { title: null, facts: [], body: [], image: null };

  const isSensitive = sensitivity(item);

  const scalar = (value, pointer) => (isSensitive(pointer)
    ? el("span", { class: "masked", title: gettext("Personal data; shown as your role may see it") }, icon("lock"), " ", visible(plain(value)))
    : el("bdi", {}, visible(plain(value))));

  const reading = (value, pointer, heading) => {
    const blocks = [];
    let offset = 0;
    for (const block of plain(value).split(/(\n\s*\n)/)) {
      if (block.trim()) {
        const own = (marks[pointer] ?? []).map((mark) => inUnits(value, mark)).map(({ start, end, kind }) => ({ start: Math.max(0, start - offset), end: Math.min(block.length, end - offset), kind })).filter(({ start, end }) => end > start);
        blocks.push(el("p", { dir: "auto" }, marked(block, own)));
      }
      offset += block.length;
    }
    const lock = isSensitive(pointer) && el("h3", { class: "row" }, icon("lock"), gettext("Personal data"));
    return el("div", { class: "reading" }, heading && el("h3", {}, heading), lock, blocks);
  };

  const section = (heading, ...content) => el("section", { class: "attached" }, el("h3", {}, heading), content);

  const pairs = (value, pointer) => el("dl", { class: "doc-pairs" }, Object.entries(value).map(([key, inner]) => {
    const own = `${pointer}/${escapePointer(key)}`;
    return el("div", { class: "kv" }, el("dt", {}, humanise(key)), el("dd", {}, isScalar(inner) ? scalar(inner, own) : list(inner, own)));
  }));

  const list = (value, pointer) => {
    if (isObject(value)) return pairs(value, pointer);
    if (value.every(isScalar)) return value.map((inner, index) => [index ? ", " : "", scalar(inner, `${pointer}/${index}`)]).flat();
    return table(value, pointer);
  };

  const table = (rows, pointer) => {
    const keys = [...new Set(rows.filter(isObject).flatMap(Object.keys))];
    const isNumber = (key) => rows.every((row) => typeof row?.[key] === "number");
    return el("div", { class: "table-wrap", tabindex: "0", role: "group", "aria-label": gettext("Table, scrolls sideways") }, el("table", { class: "table" },
      el("thead", {}, el("tr", {}, keys.map((key) => el("th", { class: isNumber(key) ? "num" : null }, humanise(key))))),
      el("tbody", {}, rows.map((row, index) => el("tr", {}, keys.map((key) => {
        const inner = isObject(row) ? row[key] : row;
        return el("td", { class: isNumber(key) ? "num" : null }, isScalar(inner ?? null) ? scalar(inner, `${pointer}/${index}/${escapePointer(key)}`) : JSON.stringify(inner));
      }))))));
  };

  const conversation = (turns, pointer) => el("ol", { class: "turns" }, turns.map((turn, index) => {
    const who = turn.from ?? turn.author ?? turn.role ?? turn.name ?? "";
    const text = turn.text ?? turn.body ?? turn.message ?? turn.content ?? "";
    const own = `${pointer}/${index}/${["text", "body", "message", "content"].find((key) => key in turn) ?? "text"}`;
    const isOurs = /agent|assistant|support|staff|us$/i.test(String(turn.role ?? who));
    return el("li", { class: isOurs ? "turn turn--ours" : "turn" },
      el("p", { class: "turn-head" }, el("b", {}, visible(plain(who))), turn.at && el("span", { class: "subtle" }, plain(turn.at))),
      el("p", { dir: "auto" }, isSensitive(own) ? scalar(text, own) : visible(plain(text))));
  }));

  for (const [key, value] of Object.entries(item.payload ?? {})) {
    const pointer = `/${escapePointer(key)}`;
    const view = views[pointer] ?? guess(key, value);
    const isTitle = view === "title" && isScalar(value) && parts.title === null;
    if (view === "hidden") continue;
    if (isTitle) parts.title = el("bdi", {}, visible(plain(value)));
    else if (view === "image") parts.image = imageView(value, { name: humanise(key), loadImage });
    else if (view === "text" && isScalar(value)) parts.body.push(reading(value, pointer, parts.body.some((part) => part.className === "reading") ? humanise(key) : null));
    else if (view === "conversation" && Array.isArray(value)) parts.body.push(section(humanise(key), conversation(value, pointer)));
    else if (view === "table" && Array.isArray(value)) parts.body.push(section(humanise(key), table(value, pointer)));
    else if (isScalar(value)) parts.facts.push(el("div", { class: "fact" }, el("dt", {}, humanise(key)), el("dd", {}, scalar(value, pointer))));
    else parts.body.push(section(humanise(key), list(value, pointer)));
  }
  return parts;
}

/** The view of a field without annotation, by name and length. */
function guess(key, value) {
  if (/^(subject|title|headline)$/i.test(key) && typeof value === "string") return "title";
  if (key === "pixels") return "image";
  if (typeof value === "string" && (value.length > SHORT || value.includes("\n"))) return "text";
  return null;
}

/** One line that names an item in a list. */
export function shortTitle(item) {
  const views = item.views ?? {};
  const isSensitive = sensitivity(item);
  const entries = Object.entries(item.payload ?? {}).filter(([key]) => !isSensitive(`/${escapePointer(key)}`));
  const titled = entries.find(([key, value]) => (views[`/${escapePointer(key)}`] ?? guess(key, value)) === "title");
  const text = titled ?? entries.find(([key, value]) => typeof value === "string" && (views[`/${escapePointer(key)}`] ?? guess(key, value)) === "text");
  const words = typeof text?.[1] === "string" ? text[1].replace(/\s+/g, " ").trim() : "";
  return words || item.external_id || fill(gettext("Item {id}"), { id: String(item.id).slice(-6) });
}
