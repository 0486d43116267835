// The consequences of the draft, and everything side by side.
import { el, fillNode, icon } from "../dom.js";
import { decimal, fill, gettext } from "../text.js";
import { NOTHING, count, goal, money, rate, share, threshold } from "./numbers.js";

/** A change against what is active; `isGood` says which way is welcome. */
function change(difference, words, isGood) {
  if (difference === null || Math.abs(difference) < 1e-9) return null;
  const tone = isGood === null ? "" : (difference > 0) === isGood ? "good" : "bad";
  return el("span", { class: tone }, `${difference > 0 ? "▲" : "▼"} ${words(Math.abs(difference))}`);
}

/** Hours; minutes where it is less than one. */
function time(hours) {
  if (hours === null) return NOTHING;
  return hours < 1 ? fill(gettext("{n}\u00a0min"), { n: Math.round(hours * 60) }) : fill(gettext("{n}\u00a0h"), { n: decimal(hours, 1) });
}

const less = (one, other) => (one === null || other === null ? null : one - other);
const put = (root, name, value, ...notes) => fillNode(root.querySelector(`[data-figure=${name}]`), `${value} `, el("small", {}, ...notes.filter((note) => note !== null).flatMap((note, at) => (at ? [", ", note] : [note]))));

export function showEffects(root, answer) {
  const { draft, active, target, reviews_range: range } = answer;
  const points = less(draft.automatic, active.automatic);
  put(root, "automatic", share(draft.automatic), change(Math.abs(points) < 0.0005 ? null : points, (by) => fill(gettext("{n} points"), { n: decimal(by * 100, 1) }), true));
  const bound = el("b", { class: draft.bound <= target ? "good" : "bad" }, rate(draft.bound));
  put(root, "risk", draft.n ? rate(draft.risk) : NOTHING, ...(draft.n
    ? [el("span", {}, `${gettext("at most")} `, bound, fill(gettext(", n = {n}, k = {k}"), { n: count(draft.n), k: count(draft.k) }))]
    : [gettext("no sample answer there")]));
  const reviews = less(draft.reviews, active.reviews);
  put(root, "reviews", count(draft.reviews), change(reviews !== null && Math.abs(reviews) < 0.5 ? null : reviews, count, false),
    range ? fill(gettext("{low} to {high} on 95 of 100 days"), { low: count(range[0]), high: count(range[1]) }) : null);
  const hours = less(draft.hours, active.hours);
  const late = answer.late ? el("span", {}, answer.late) : null;
  put(root, "hours", time(draft.hours), change(hours !== null && Math.abs(hours) < 1 / 60 ? null : hours, time, false), late);
  const cost = less(draft.cost, active.cost);
  put(root, "cost", money(draft.cost), change(cost !== null && Math.abs(cost) < 0.5 ? null : cost, money, false),
    draft.worst_cost === null ? null : fill(gettext("worst {amount}"), { amount: money(draft.worst_cost) }));
}

export function showVerdict(box, use, verdict) {
  box.className = `callout callout--${verdict.tone}`;
  const sign = box.querySelector("use");
  sign.setAttribute("href", sign.getAttribute("href").replace(/#.*/, verdict.tone === "good" ? "#i-seal" : "#i-warn"));
  box.querySelector("h2").textContent = verdict.title ?? "";
  box.querySelector("p").textContent = verdict.text ?? "";
  use.hidden = verdict.use === null;
  if (verdict.use !== null) use.lastElementChild.textContent = fill(gettext("Use certified {threshold}"), { threshold: threshold(verdict.use) });
}

/** The four policies in a table; one that is not there has no figures. */
export function showCompare(table, answer) {
  const { active, certified, draft, cost_optimal: cheapest, target } = answer;
  const columns = [
    { title: active.number ? fill(gettext("Active v{n}"), { n: active.number }) : gettext("Active"), style: "", at: active },
    { title: gettext("Certified"), style: "col-certified", at: certified },
    { title: gettext("Draft"), style: "col-draft", at: draft },
    { title: gettext("Cost-optimal"), style: "col-cost", at: cheapest },
  ];
  const keeps = (at) => (at.keeps
    ? el("span", { class: "good row row--end" }, icon("check"), ` ${gettext("yes")}`)
    : el("span", { class: "bad row row--end" }, icon("x"), ` ${gettext("no")}`));
  const rows = [
    [gettext("Automatic"), (at) => share(at.automatic)],
    [gettext("Wrong, seen"), (at) => rate(at.risk)],
    [gettext("Wrong of answered"), (at) => `${count(at.k)} / ${count(at.n)}`],
    [gettext("Wrong, at most"), (at) => el("span", { class: at.bound <= target ? "good" : "bad" }, rate(at.bound))],
    [gettext("Reviews a day"), (at) => count(at.reviews)],
    [gettext("Work a day"), (at) => time(at.hours)],
    [gettext("Cost a day, expected"), (at) => money(at.cost)],
    [gettext("Cost a day, worst"), (at) => money(at.worst_cost)],
    [fill(gettext("Keeps {target}"), { target: goal(target) }), keeps],
  ];
  table.replaceChildren(
    el("thead", {}, el("tr", {}, el("th", {}, el("span", { class: "visually-hidden" }, gettext("Figure"))),
      columns.map(({ title, style, at }) => el("th", { class: `num ${style}`.trim() }, title, el("br"), el("span", { class: "mono" }, at ? threshold(at.threshold) : NOTHING))))),
    el("tbody", {}, rows.map(([title, show]) => el("tr", {}, el("td", {}, title),
      columns.map(({ style, at }) => el("td", { class: `num ${style}`.trim() }, at ? show(at) : NOTHING))))),
  );
}
