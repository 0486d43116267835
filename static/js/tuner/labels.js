// The table by label: how each fares at its threshold, and a threshold of its own that can be given or taken away.
import { el, icon, svg } from "../dom.js";
import { fill, gettext } from "../text.js";
import { NOTHING, count, goal, plain, rate, threshold, typed } from "./numbers.js";

const WIDTH = 112;

function tone(row, target) {
  if (!row.n) return "";
  if (row.low > target) return "bad";
  return row.bound > target ? "warn" : "";
}

function bar(row, target, most) {
  const at = (value) => (3 + Math.min(1, value / most) * (WIDTH - 6)).toFixed(1);
  const kind = tone(row, target);
  if (!row.n) return NOTHING;
  return svg("svg", { class: "range-bar", viewBox: `0 0 ${WIDTH} 14`, role: "img", "aria-label": fill(gettext("between {low} and {high}"), { low: rate(row.low), high: rate(row.high) }) },
    svg("line", { class: "target", x1: at(target), x2: at(target), y1: 0, y2: 14 }),
    svg("line", { class: `span ${kind}`, x1: at(row.low), x2: at(row.high), y1: 7, y2: 7 }),
    svg("circle", { class: kind, cx: at(row.k / row.n), cy: 7, r: 3.5 }));
}

function badge(row, target) {
  if (row.has_own && row.own === null) return el("span", { class: "badge" }, gettext("never automatic"));
  if (tone(row, target) === "bad") return el("span", { class: "badge badge--bad" }, icon("warn"), ` ${gettext("to people?")}`);
  if (row.standing === "own") {
    return el("span", { class: "badge badge--good", title: fill(gettext("certified by itself from {threshold}"), { threshold: threshold(row.certified) }) }, icon("check"), ` ${gettext("own")}`);
  }
  return el("span", { class: "badge" }, gettext("pooled"));
}

/** What a field says: undefined where it is empty, null for never, a number, or NaN for what is none. */
function meant(text) {
  if (!text.trim()) return undefined;
  if (["never", gettext("never")].includes(text.trim().toLowerCase())) return null;
  const value = typed(text);
  return value === null || value < 0 || value > 1 ? Number.NaN : value;
}

function control(row, onOwn) {
  const shown = row.has_own ? (row.own === null ? gettext("never") : plain(row.own)) : "";
  const field = el("input", { class: "input input--sm", autocomplete: "off", "aria-label": fill(gettext("Threshold of {label}"), { label: row.title }), placeholder: gettext("as all"), "data-own": row.label, value: shown });
  field.addEventListener("change", () => {
    const value = meant(field.value);
    const isWrong = Number.isNaN(value);
    field.setAttribute("aria-invalid", String(isWrong));
    if (isWrong) return;
    field.dataset.sent = field.value;
    onOwn(row.label, value);
  });
  return field;
}

/** Show the table; focus stays where it was. `onOwn(label, value)`: a number, null for never, undefined for none of its own. */
export function showLabels(table, answer, { mayChange, onOwn }) {
  const { labels, target } = answer;
  const bounds = labels.filter((row) => row.n).map((row) => row.high).sort((a, b) => a - b);
  const usual = bounds[Math.floor(bounds.length * 0.8)] ?? target;
  const most = Math.min(1, Math.max(4 * target, Math.ceil(usual * 1.1 * 50) / 50));
  const field = table.contains(document.activeElement) ? document.activeElement : null;
  // Whoever is typing is not disturbed.
  if (field?.dataset.own !== undefined && field.value !== field.defaultValue && document.hasFocus() && field.dataset.sent !== field.value) return;
  table.replaceChildren(
    el("thead", {}, el("tr", {}, el("th", {}, gettext("Label")), el("th", { class: "num" }, "n"), el("th", { class: "num" }, gettext("Wrong")), el("th", { class: "num" }, gettext("Seen")), el("th", { class: "num" }, gettext("At most")),
      el("th", {}, fill(gettext("0 to {most}, line at {target}"), { most: goal(most), target: goal(target) })), el("th", {}, gettext("Standing")), mayChange ? el("th", {}, gettext("Threshold")) : null)),
    el("tbody", {}, labels.map((row) => el("tr", {}, el("td", { class: "nowrap label-name", title: row.title }, row.title), el("td", { class: "num" }, count(row.n)), el("td", { class: "num" }, row.n ? count(row.k) : NOTHING),
      el("td", { class: "num" }, row.n ? rate(row.k / row.n) : NOTHING), el("td", { class: `num ${tone(row, target)}`.trim() }, row.n ? rate(row.bound) : NOTHING),
      el("td", {}, bar(row, target, most)), el("td", {}, badge(row, target)), mayChange ? el("td", {}, control(row, onOwn)) : null))),
  );
  if (field?.dataset.own !== undefined) table.querySelector(`[data-own="${CSS.escape(field.dataset.own)}"]`)?.focus();
}
