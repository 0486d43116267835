// A list of objects as a table in which each cell is a field; rows are added and removed.
import { el, fillNode, icon } from "../../dom.js";
import { fill, gettext } from "../../text.js";
import { put, read, take } from "./values.js";

const SHOWN = 50;

/** `cellControl` makes the control of one cell; it is passed in because cells are controls themselves. */
export function rowsControl(field, value, { id, describedBy, onChange }, cellControl) {
  let rows = structuredClone(Array.isArray(value) ? value : []);
  let shown = SHOWN;
  const body = el("tbody", {});
  const add = el("button", { class: "btn btn--sm", type: "button" }, icon("plus"), gettext("Add a line"));
  const more = el("button", { class: "btn btn--sm", type: "button" });
  const told = () => onChange(structuredClone(rows));

  const cell = (row, column, index) => {
    const label = fill(gettext("{name}, line {n}"), { name: column.title, n: index + 1 });
    const changed = (next) => {
      if (next === undefined) take(row, column.pointer);
      else put(row, column.pointer, next);
      told();
    };
    const control = cellControl(column, read(row, column.pointer), { label, describedBy, onChange: changed });
    return el("td", { class: column.kind === "number" || column.kind === "integer" ? "num" : null }, control.node);
  };
  const remove = (index) => {
    rows.splice(index, 1);
    draw();
    told();
    (body.rows[Math.min(index, rows.length - 1)]?.querySelector("button") ?? add).focus();
  };
  const draw = () => {
    fillNode(body, rows.slice(0, shown).map((row, index) => el("tr", {}, field.columns.map((column) => cell(row, column, index)),
      el("td", {}, el("button", { class: "btn btn--quiet btn--sm btn--icon", type: "button", "aria-label": fill(gettext("Remove line {n}"), { n: index + 1 }), title: gettext("Remove"), onclick: () => remove(index) }, icon("x"))))));
    more.hidden = rows.length <= shown;
    more.textContent = fill(gettext("Show all {n} lines"), { n: rows.length });
  };
  add.addEventListener("click", () => {
    rows.push({});
    shown = Math.max(shown, rows.length);
    draw();
    told();
    body.rows[rows.length - 1].querySelector("input, select, textarea")?.focus();
  });
  more.addEventListener("click", () => {
    shown = rows.length;
    draw();
  });
  draw();
  const heads = field.columns.map(({ title, unit, required }) => el("th", { scope: "col" }, [title, unit && `, ${unit}`, required && " *"].filter(Boolean).join("")));
  const node = el("div", { class: "out-rows", id, role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": describedBy },
    el("div", { class: "table-wrap view-table" }, el("table", { class: "table" }, el("thead", {}, el("tr", {}, heads, el("th", {}, el("span", { class: "visually-hidden" }, gettext("Remove"))))), body)),
    el("div", { class: "row" }, add, more));
  return {
    node,
    isGroup: true,
    focus: () => (body.querySelector("input, select, textarea") ?? add).focus(),
    write: (next) => { rows = structuredClone(Array.isArray(next) ? next : []); draw(); },
    inputs: () => [...body.querySelectorAll("input, select, textarea")],
  };
}
