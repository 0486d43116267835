// Controls of a form by kind of field: each has its node, focus(), write(value) and inputs(), and tells its value when it changes.
import { el } from "../../dom.js";
import { gettext } from "../../text.js";
import { rowsControl } from "./rows.js";
import { asText, valueOf } from "./values.js";

const WIDE_CHOICE = 12;

/** A line, a box of lines or a day. */
function lineControl(field, value, { id, describedBy, label, onChange }) {
  const isBox = ["prose", "lines", "json"].includes(field.kind);
  const isNumber = field.kind === "number" || field.kind === "integer";
  const input = el(isBox ? "textarea" : "input", {
    class: isBox ? `textarea${field.kind === "json" ? " mono" : ""}` : isNumber ? "input num" : "input",
    id, "aria-describedby": describedBy, "aria-label": id ? null : label, "aria-required": field.required ? "true" : null, autocomplete: "off", spellcheck: field.kind === "prose" ? "true" : "false",
    ...(isBox ? { rows: 3 } : { type: field.kind === "date" ? "date" : "text", inputmode: isNumber ? "decimal" : null }),
    dir: ["text", "prose", "lines"].includes(field.kind) ? "auto" : null,
  });
  input.value = asText(field, value);
  // A day that is typed in parts has no value before its last part: what is not a day yet is no change.
  input.addEventListener("input", () => onChange(input.validity.badInput ? value : valueOf(field, input.value)));
  return { node: input, isTall: isBox, focus: () => input.focus(), write: (next) => { input.value = asText(field, next); }, inputs: () => [input] };
}

/** One of several; yes and no are two. */
function choiceControl(field, value, { id, describedBy, label, onChange }) {
  const options = field.kind === "boolean" ? [{ value: true, title: gettext("Yes") }, { value: false, title: gettext("No") }] : field.options;
  const at = (wanted) => options.findIndex((option) => option.value === wanted);
  const select = el("select", { class: "select", id, "aria-describedby": describedBy, "aria-label": id ? null : label, "aria-required": field.required ? "true" : null },
    el("option", { value: "-1" }, gettext("– choose –")), options.map(({ title }, index) => el("option", { value: index }, title)));
  select.value = String(at(value));
  select.addEventListener("change", () => onChange(options[Number(select.value)]?.value));
  return { node: select, focus: () => select.focus(), write: (next) => { select.value = String(at(next)); }, inputs: () => [select] };
}

/** Any of several. */
function choicesControl(field, value, { id, describedBy, onChange }) {
  const boxes = field.options.map(({ value: own }) => el("input", { class: "check", type: "checkbox", checked: value?.includes(own) ?? false }));
  const chosen = () => field.options.filter((_, index) => boxes[index].checked).map((option) => option.value);
  for (const box of boxes) box.addEventListener("change", () => onChange(chosen()));
  const node = el("div", { class: field.options.length > WIDE_CHOICE ? "out-choices out-choices--long" : "out-choices", role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": describedBy, id },
    boxes.map((box, index) => el("label", { class: "out-choice" }, box, el("span", {}, field.options[index].title))));
  return { node, isGroup: true, focus: () => boxes[0]?.focus(), write: (next) => boxes.forEach((box, index) => { box.checked = next?.includes(field.options[index].value) ?? false; }), inputs: () => boxes };
}

const KINDS = { choice: choiceControl, boolean: choiceControl, choices: choicesControl };

/** The control of a field that is a single value: also what stands in the cells of a table. */
export const cellControl = (field, value, options) => (KINDS[field.kind] ?? lineControl)(field, value, options);

/** The control of any field. */
export function controlOf(field, value, options) {
  return field.kind === "rows" ? rowsControl(field, value, options, cellControl) : cellControl(field, value, options);
}
