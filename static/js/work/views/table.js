// Rows of a list: the heads stay in sight, numbers stand to the right, and a long table keeps to a part of the screen.
import { el } from "../../dom.js";
import { fill, gettext } from "../../text.js";
import { humanise, inside, isObject, isScalar } from "./places.js";
import { grow, plain, scalar } from "./values.js";
import { visible } from "../visible.js";

const ROWS = 200;
const VALUE = "";

const isNumber = (value) => typeof value === "number" || value === null || value === undefined;

/** The columns of rows, in the order in which they come up; rows that are single values have one without a name. */
function columnsOf(rows, pointer, view) {
  const keys = [...new Set(rows.flatMap((row) => (isObject(row) ? Object.keys(row) : [VALUE])))];
  return keys
    .filter((key) => key === VALUE || view.viewOf(inside(`${pointer}/0`, key)) !== "hidden")
    .map((key) => {
      const values = rows.map((row) => (isObject(row) ? row[key] : key === VALUE ? row : null));
      return { key, name: key === VALUE ? gettext("Value") : view.nameOf(inside(`${pointer}/0`, key), key), isNumber: values.some((value) => typeof value === "number") && values.every(isNumber) };
    });
}

function cell(row, { key, isNumber: toTheRight }, place, view) {
  const own = key === VALUE ? place : inside(place, key);
  const value = (isObject(row) ? (key === VALUE ? null : row[key]) : key === VALUE ? row : null) ?? null;
  const isPlain = isScalar(value) || view.isMasked(own);
  return el("td", { class: toTheRight ? "num" : null }, isPlain ? scalar(value, own, view, { isSmall: true }) : el("bdi", {}, visible(plain(value))));
}

export const tableView = {
  takes: Array.isArray,
  show(rows, pointer, view, { heading } = {}) {
    const columns = columnsOf(rows, pointer, view);
    const body = el("tbody", {});
    const label = fill(gettext("{name}: {n} rows; scrolls"), { name: heading ?? humanise(pointer.split("/").at(-1)), n: rows.length });
    const wrap = el("div", { class: "table-wrap view-table", tabindex: "0", role: "group", "aria-label": label },
      el("table", { class: "table" }, el("thead", {}, el("tr", {}, columns.map(({ name, isNumber: toTheRight }) => el("th", { scope: "col", class: toTheRight ? "num" : null }, visible(name))))), body));
    grow(body, rows, (row, index) => el("tr", {}, columns.map((column) => cell(row, column, inside(pointer, index), view))), { size: ROWS, place: (button) => wrap.after(button) });
    return wrap;
  },
};

/** Tells whether a list reads as a table where nothing is said of it. */
export const isTabular = (value) => Array.isArray(value) && value.length > 0 && value.every((row) => isObject(row) && Object.values(row).every(isScalar));
