// What the contract asks of a value, said before it is sent. The server checks again; this only spares the way there.
import { fill, gettext } from "../../text.js";
import { read, unread } from "./values.js";

const NEAR = 1e-9;
const LONGEST_PATTERN = 1000;

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

function numberProblem(field, value) {
  if (!isNumber(value)) return gettext("This is not a number.");
  if (field.kind === "integer" && !Number.isInteger(value)) return gettext("A whole number is needed.");
  if (field.minimum !== undefined && value < field.minimum) return fill(gettext("At least {n} is needed."), { n: field.minimum });
  if (field.maximum !== undefined && value > field.maximum) return fill(gettext("At most {n} is allowed."), { n: field.maximum });
  if (field.exclusive_minimum !== undefined && value <= field.exclusive_minimum) return fill(gettext("It must be more than {n}."), { n: field.exclusive_minimum });
  if (field.exclusive_maximum !== undefined && value >= field.exclusive_maximum) return fill(gettext("It must be less than {n}."), { n: field.exclusive_maximum });
  if (field.multiple_of) {
    const times = value / field.multiple_of;
    if (Math.abs(times - Math.round(times)) > NEAR * Math.max(1, Math.abs(times))) return fill(gettext("It must be a multiple of {n}."), { n: field.multiple_of });
  }
  return null;
}

/** Contracts' patterns are not written for this engine: one that it does not know is left to the server. */
function fitsPattern(pattern, value) {
  if (value.length > LONGEST_PATTERN) return true;
  try { return new RegExp(pattern, "u").test(value); } catch { return true; }
}

function textProblem(field, value) {
  const length = [...value].length;
  if (field.min_length !== undefined && length < field.min_length) return fill(gettext("At least {n} characters are needed."), { n: field.min_length });
  if (field.max_length !== undefined && length > field.max_length) return fill(gettext("At most {n} characters are allowed; these are {m}."), { n: field.max_length, m: length });
  if (field.pattern && !fitsPattern(field.pattern, value)) return field.description ? fill(gettext("It does not have the right form: {form}"), { form: field.description }) : fill(gettext("It must have the form {form}."), { form: field.pattern });
  if (field.kind === "date" && !isDay(value)) return gettext("This is not a day.");
  return null;
}

function isDay(text) {
  const at = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!at) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function countProblem(field, values) {
  if (field.min_items !== undefined && values.length < field.min_items) return fill(gettext("At least {n} are needed."), { n: field.min_items });
  if (field.max_items !== undefined && values.length > field.max_items) return fill(gettext("At most {n} are allowed."), { n: field.max_items });
  return null;
}

function rowsProblem(field, rows) {
  for (const [index, row] of rows.entries()) {
    for (const column of field.columns) {
      const value = read(row, column.pointer) ?? null;
      const isNeeded = column.required || Boolean(column.needed_with && read(row, column.needed_with) !== undefined);
      const problem = value === null && !isNeeded ? null : problemOf(column, value, { isNeeded });
      if (problem) return fill(gettext("Line {n}, {name}: {problem}"), { n: index + 1, name: column.title, problem });
    }
  }
  return countProblem(field, rows);
}

const CHECKS = {
  number: numberProblem,
  integer: numberProblem,
  text: textProblem,
  prose: textProblem,
  date: textProblem,
  choices: countProblem,
  lines: (field, lines) => countProblem(field, lines) ?? (field.entries !== "string" && lines.some((line) => !isNumber(line) || (field.entries === "integer" && !Number.isInteger(line))) ? gettext("Each line must be a number.") : null),
  rows: rowsProblem,
  json: (field, value) => (unread(value) === null ? null : gettext("This is not JSON.")),
};

/** A sentence that says what is wrong with a value, or null. */
export function problemOf(field, value, { isNeeded }) {
  if (value === null || value === "") return isNeeded && !(field.nullable && value === null) ? gettext("This field is needed.") : null;
  return CHECKS[field.kind]?.(field, value) ?? null;
}
