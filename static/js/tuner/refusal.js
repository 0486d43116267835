// What is missing where nothing can be recommended, the ways to get there, and the list of what was checked.
import { bar, el, icon } from "../dom.js";
import { fill, gettext } from "../text.js";
import { count } from "./numbers.js";

const ICONS = { good: "check", warn: "warn", bad: "x" };
const SAID = { good: gettext("holds:"), warn: gettext("note:"), bad: gettext("does not hold:") };

export function showRefusal(box, refusal) {
  box.hidden = !refusal;
  if (!refusal) return;
  box.querySelector("h2").textContent = refusal.title;
  box.querySelector("p").textContent = refusal.text;
}

export function showChecks(list, checks) {
  list.replaceChildren(...checks.map((one) => el("li", { class: one.held }, icon(ICONS[one.held], false), el("span", { class: "visually-hidden" }, SAID[one.held]), el("span", {}, one.text))));
}

/** The card in place of the consequences. `onPromise(target)` is called where somebody takes a lesser promise. */
export function showMissing({ card, missing, ways, go, act }, answer, { sampleUrl, onPromise }) {
  card.hidden = !answer.refusal;
  if (card.hidden) return;
  const lacks = answer.missing;
  missing.replaceChildren(...(lacks
    ? [
      el("div", { class: "missing-count" }, el("span", { class: "figure-value" }, count(lacks.count)), el("p", {}, lacks.text)),
      bar(lacks.have / lacks.needed, "accent"),
      el("p", { class: "muted small row" }, el("span", {}, fill(gettext("{have} of {needed}"), { have: count(lacks.have), needed: count(lacks.needed) }))),
    ]
    : [el("p", { class: "muted" }, gettext("More answers alone would not help; see what was checked below."))]));
  ways.hidden = !answer.ways.length;
  const legend = ways.querySelector("legend");
  const show = (way) => {
    go.hidden = way.kind !== "raise" || !sampleUrl;
    act.hidden = way.kind !== "promise";
    if (way.kind === "raise") {
      go.href = `${sampleUrl}?rate=${way.rate}`;
      go.textContent = fill(gettext("{title}…"), { title: way.title });
    }
    if (way.kind === "promise") {
      act.textContent = way.title;
      act.onclick = () => onPromise(way.target);
    }
  };
  ways.replaceChildren(legend, ...answer.ways.map((way, place) => el("label", { class: "way" },
    el("input", { type: "radio", name: "way", class: "check", checked: place === 0, onchange: () => show(way) }),
    el("span", {}, el("b", {}, way.title), el("small", {}, way.note)))));
  go.hidden = true;
  act.hidden = true;
  if (answer.ways.length) show(answer.ways[0]);
}
