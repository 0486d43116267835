// The form of an answer's fields, from the contract: what was read stands in it, what is changed is kept and marked.
import { el, fillNode, icon, kbd } from "../dom.js";
import { fill, gettext, ngettext, score } from "../text.js";
import { controlOf } from "./fields/controls.js";
import { problemOf } from "./fields/rules.js";
import { asText, isSame, put, read, take } from "./fields/values.js";

const SURE = 0.85;
const KEYS = 9;

const formOf = (entry) => entry.review.item.form ?? [];
const isTyped = (entry, field) => read(entry.draft.fields, field.pointer) !== undefined;
const valueOf = (entry, field) => (isTyped(entry, field) ? read(entry.draft.fields, field.pointer) : field.initial);
const isChanged = (entry, field) => isTyped(entry, field) && !isSame(read(entry.draft.fields, field.pointer), field.initial);

/** Tells whether a field's reader was unsure and nobody has said yet that it is right. */
const isUnsure = (entry, field) => typeof field.confidence === "number" && field.confidence < SURE && !isChanged(entry, field) && !entry.seen?.has(field.pointer);

/**
 * Draw the form into a node. `onChange(field)` is called after each change, when `entry.draft.fields` holds it; only what differs
 * from what was read is kept there, in the form in which it is sent. With `hasKeys` the first nine fields have the digits.
 */
export function showFields(node, entry, { onChange, hasKeys = false } = {}) {
  const form = formOf(entry);
  entry.draft.fields ??= {};
  node.hidden = !form.length;
  if (!form.length) return void fillNode(node);
  const head = el("legend", { class: "labels-head" });
  const count = () => {
    const unsure = form.filter((field) => isUnsure(entry, field)).length;
    const changed = form.filter((field) => isChanged(entry, field)).length;
    const told = unsure ? fill(ngettext("{n} needs a look", "{n} need a look", unsure), { n: unsure }) : changed ? fill(ngettext("{n} changed", "{n} changed", changed), { n: changed }) : "";
    fillNode(head, el("span", {}, gettext("Fields")), told && el("span", { class: "subtle" }, told));
  };
  const changed = (field) => {
    count();
    onChange?.(field);
  };
  count();
  fillNode(node, el("fieldset", { class: "outs" }, head, form.map((field, index) => fieldOf(entry, field, `field-${index}`, changed, hasKeys && index < KEYS ? String(index + 1) : null))));
  node.onkeydown = (event) => {
    // Enter in a line would send the form; the lead key is Ctrl+Enter, which is left alone.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("input, select")) event.preventDefault();
  };
}

/** One field: its name, its control, what was read there, and what is wrong with it. */
function fieldOf(entry, field, id, changed, key) {
  const out = el("div", { class: "out", "data-pointer": field.pointer });
  const mark = el("span", { class: "push out-mark" });
  const was = el("p", { class: "was" });
  const error = el("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const hint = el("p", { class: "field-hint", id: `${id}-hint` }, hintOf(field));
  const update = (value) => {
    if (isSame(value, field.initial)) take(entry.draft.fields, field.pointer);
    else put(entry.draft.fields, field.pointer, value === undefined ? null : value);
    tellError(out, "");
    show();
    changed(field);
  };
  const control = controlOf(field, valueOf(entry, field), { id, label: field.title, describedBy: `${id}-hint ${id}-error`, onChange: update });
  const show = () => {
    const [isNew, isLow] = [isChanged(entry, field), isUnsure(entry, field)];
    out.classList.toggle("out--fixed", isNew);
    out.classList.toggle("out--low", isLow);
    fillNode(mark,
      isNew && el("span", { class: "badge badge--accent" }, icon("user"), field.initial === undefined ? gettext("filled in") : gettext("corrected")),
      isLow && el("span", { class: "badge badge--warn" }, icon("warn"), fill(gettext("look: {n}"), { n: score(field.confidence) })));
    const hasWas = isNew && field.initial !== undefined;
    was.hidden = !hasWas && !isLow;
    fillNode(was,
      hasWas && [el("span", {}, gettext("was"), " ", el("s", {}, asText(field, field.initial))), small(gettext("Put back"), "undo", () => { control.write(field.initial); update(field.initial); control.focus(); })],
      isLow && small(gettext("Right as read"), "check", () => { (entry.seen ??= new Set()).add(field.pointer); show(); changed(field); control.focus(); }));
  };
  const name = [key && kbd(key), el("span", {}, field.title), field.required && el("span", { class: "out-needed" }, gettext("needed")), mark];
  out.append(
    control.isGroup ? el("p", { class: "field-label", id: `${id}-label` }, ...name.filter(Boolean)) : el("label", { class: "field-label", for: id }, ...name.filter(Boolean)),
    el("div", { class: field.unit ? "out-control out-control--unit" : "out-control" }, control.node, field.unit && el("span", { class: "unit" }, field.unit)),
    hint, was, error);
  hint.hidden = !hint.textContent;
  out.classList.toggle("out--tall", control.isGroup || control.isTall === true);
  out.addEventListener("focusin", () => point(field, true));
  out.addEventListener("focusout", () => point(field, false));
  out.control = control;
  show();
  return out;
}

const small = (text, glyph, onclick) => el("button", { class: "btn btn--quiet btn--sm", type: "button", onclick }, icon(glyph), text);

/** What the contract allows, where a person would not see it otherwise. */
function hintOf({ description, minimum, maximum, kind }) {
  const isNumber = kind === "number" || kind === "integer";
  const range = !isNumber ? "" : minimum !== undefined && maximum !== undefined ? fill(gettext("{a} to {b}"), { a: minimum, b: maximum }) : maximum !== undefined ? fill(gettext("at most {n}"), { n: maximum }) : "";
  return [description, range, kind === "lines" && gettext("One in a line")].filter(Boolean).join(". ");
}

/** Mark where in the item a field was read, while it is being corrected. */
function point({ source, pointer }, isOn) {
  const place = document.querySelector(`#item [data-at="${CSS.escape(source ?? pointer)}"]`);
  place?.classList.toggle("kv--now", isOn);
  if (isOn) place?.scrollIntoView({ block: "nearest" });
}

function tellError(out, text) {
  const error = out.querySelector(":scope > .field-error");
  error.hidden = !text;
  fillNode(error, text && [icon("warn"), el("span", {}, text)]);
  for (const input of out.control.inputs()) {
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

/**
 * What would be sent: {fields, errors: [{pointer, message}]}. Fields that nobody changed are left out unless the contract needs
 * them; in an optional object with one change in it, those that the object can't do without go along.
 */
export function collectFields(entry) {
  const form = formOf(entry);
  entry.draft.fields ??= {};
  const certain = new Set(form.filter((field) => field.required || isChanged(entry, field)));
  const touches = ({ needed_with: object }) => object && [...certain].some(({ pointer }) => pointer.startsWith(`${object}/`));
  const [fields, errors] = [{}, []];
  for (const field of form.filter((one) => certain.has(one) || touches(one))) {
    const value = valueOf(entry, field) ?? null;
    const message = problemOf(field, value, { isNeeded: field.required || Boolean(field.needed_with) });
    if (message) errors.push({ pointer: field.pointer, message });
    else if (value !== null || field.nullable) put(fields, field.pointer, value);
  }
  return { fields, errors };
}

/** Tells whether anything was corrected or filled in. */
export const hasCorrections = (entry) => formOf(entry).some((field) => isChanged(entry, field));

/** Show each error at its field, ours and the server's alike, and go to the first; returns those that belong to none. */
export function showFieldErrors(node, errors) {
  const outs = [...node.querySelectorAll(".out")];
  for (const out of outs) tellError(out, "");
  const homeless = [];
  const told = new Map();
  for (const error of errors ?? []) {
    const pointer = error.pointer.replace(/^\/fields(?=\/)/, "");
    const out = outs.find(({ dataset }) => pointer === dataset.pointer || pointer.startsWith(`${dataset.pointer}/`));
    const row = out && /^\/(\d+)/.exec(pointer.slice(out.dataset.pointer.length));
    const message = row ? fill(gettext("Line {n}: {problem}"), { n: Number(row[1]) + 1, problem: error.message }) : error.message;
    if (out) told.set(out, [...told.get(out) ?? [], message]);
    else homeless.push(error);
  }
  for (const [out, messages] of told) tellError(out, messages.join(" "));
  const first = outs.find((out) => told.has(out));
  first?.control.focus();
  first?.scrollIntoView({ block: "nearest" });
  return homeless;
}

/** Put the hand on a field by its digit; tells whether there is one. */
export function focusField(node, digit) {
  const out = node.querySelectorAll(".out")[Number(digit) - 1];
  out?.control.focus();
  return Boolean(out);
}
