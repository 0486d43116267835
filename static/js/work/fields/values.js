// Values of fields: their places in an answer, what a person typed as the value that it means, and a value as text.
import { gettext } from "../../text.js";
import { steps } from "../views/places.js";

const UNREAD = "$unread";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a place, or undefined. */
export const read = (fields, pointer) => steps(pointer).reduce((part, step) => (isObject(part) && Object.hasOwn(part, step) ? part[step] : undefined), fields);

/** Put a value on its place. */
export function put(fields, pointer, value) {
  const path = steps(pointer);
  let part = fields;
  for (const step of path.slice(0, -1)) {
    if (!Object.hasOwn(part, step) || !isObject(part[step])) Object.defineProperty(part, step, { value: {}, enumerable: true, writable: true, configurable: true });
    part = part[step];
  }
  Object.defineProperty(part, path.at(-1), { value, enumerable: true, writable: true, configurable: true });
}

/** Take a value off its place, and the objects around it that are empty then. */
export function take(fields, pointer) {
  const path = steps(pointer);
  const parts = [fields];
  for (const step of path.slice(0, -1)) parts.push(isObject(parts.at(-1)) ? parts.at(-1)[step] : undefined);
  for (let at = path.length - 1; at >= 0; at -= 1) {
    if (!isObject(parts[at])) continue;
    delete parts[at][path[at]];
    if (Object.keys(parts[at]).length) return;
  }
}

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  return isObject(value) ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value;
};

/** Tells whether two values are the same; nothing and an empty text are. */
export function isSame(one, other) {
  const isEmpty = (value) => value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
  if (isEmpty(one) || isEmpty(other)) return isEmpty(one) && isEmpty(other);
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** A typed number, "41,90" as well as "41.90"; what is none stays the text that was typed. */
export function numberOf(text) {
  const typed = text.trim().replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(typed) ? Number(typed) : text.trim();
}

/** What was typed into a line, as the value that it means; undefined where it is empty. */
export function valueOf(field, text) {
  if (text.trim() === "") return undefined;
  if (field.kind === "number" || field.kind === "integer") return numberOf(text);
  if (field.kind === "lines") {
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    return field.entries === "string" ? lines : lines.map(numberOf);
  }
  if (field.kind === "json") {
    try { return JSON.parse(text); } catch { return { [UNREAD]: text }; }
  }
  return text;
}

/** The text of something typed as JSON that is none, or null. */
export const unread = (value) => (isObject(value) && typeof value[UNREAD] === "string" ? value[UNREAD] : null);

/** A value as it stands in its field. */
export function asText(field, value) {
  if (value === undefined || value === null) return "";
  if (field.kind === "choice") return field.options.find((option) => option.value === value)?.title ?? String(value);
  if (field.kind === "choices") return value.map((one) => field.options.find((option) => option.value === one)?.title ?? String(one)).join(", ") || gettext("none");
  if (field.kind === "boolean") return value === true ? gettext("Yes") : value === false ? gettext("No") : String(value);
  if (field.kind === "lines") return Array.isArray(value) ? value.join("\n") : String(value);
  if (field.kind === "rows") return summary(value);
  if (field.kind === "json") return unread(value) ?? JSON.stringify(value, null, 2);
  return String(value);
}

const summary = (rows) => (Array.isArray(rows) ? rows.map((row) => Object.values(row).map((value) => (isObject(value) ? JSON.stringify(value) : String(value))).join(" ")).join("; ").slice(0, 200) : "");
