// What the machine said and why a person is asked. Blind items get one sentence and nothing else.
import { bar, el, fillNode, icon, kbd, svg } from "../dom.js";
import { decimal, fill, gettext, percent, score } from "../text.js";
import { cardButton } from "./context.js";
import { keyOf } from "./keymap.js";

const SCALE = { left: 4, right: 356 };

/** Confidence and threshold on a line; the gap between them is what the item lacks. */
function scale({ confidence, threshold }) {
  const least = Math.min(0.5, Math.floor(confidence * 10) / 10);
  const x = (value) => SCALE.left + ((value - least) / (1 - least)) * (SCALE.right - SCALE.left);
  const [dot, mark] = [x(confidence), x(Math.min(1, threshold))];
  return svg("svg", { class: "why-scale", viewBox: "0 0 360 26", role: "img", "aria-label": fill(gettext("Confidence {a}; decided automatically from {b}"), { a: decimal(confidence, 2), b: decimal(threshold, 2) }) },
    svg("line", { class: "track", x1: SCALE.left, y1: 8, x2: SCALE.right, y2: 8 }),
    svg("line", { class: "auto", x1: mark, y1: 8, x2: SCALE.right, y2: 8 }),
    svg("line", { class: dot < mark ? "gap" : "track", x1: Math.min(dot, mark), y1: 8, x2: Math.max(dot, mark), y2: 8 }),
    svg("line", { class: "tick", x1: mark, y1: 1, x2: mark, y2: 15 }),
    svg("circle", { cx: dot, cy: 8, r: 6 }),
    svg("text", { x: SCALE.left, y: 25 }, decimal(least, 2)),
    svg("text", { x: SCALE.right, y: 25, "text-anchor": "end" }, fill(gettext("automatic from {n}"), { n: decimal(threshold, 2) })));
}

const sentence = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1) : null);

export function showWhy(node, review) {
  const question = gettext("Why am I seeing this?");
  if (review.blind && !review.adjudication) {
    fillNode(node, el("div", { class: "why-line" }, el("span", {}, question, " ", el("b", {}, gettext("Shown without suggestion")))));
    return;
  }
  const { why } = review;
  const isNumber = (value) => typeof value === "number";
  const short = isNumber(why?.margin) && why.margin < 0 ? fill(gettext("{n} short"), { n: decimal(-why.margin, 2) }) : null;
  fillNode(node,
    el("div", { class: "why-line" },
      el("span", {}, question, " ", el("b", {}, sentence(why?.text) ?? gettext("Sent to people"))),
      short && el("span", { class: "nowrap" }, short)),
    isNumber(why?.confidence) && isNumber(why?.threshold) && scale(why));
}

/** The suggestion's card; tells whether there is one. */
export function showSuggestion(node, review, titleOf, { onAccept, onCard }) {
  const { suggestion } = review;
  node.hidden = review.blind || !suggestion?.label;
  if (node.hidden) {
    fillNode(node);
    return;
  }
  const top = (suggestion.top ?? []).slice(0, 3);
  const known = suggestion.calibration;
  const accept = el("button", { class: "btn", type: "button", "data-sends": true, onclick: onAccept }, gettext("Accept and next"), " ", kbd(keyOf("accept").toUpperCase()));
  fillNode(node,
    el("div", { class: "suggest-head" }, icon("machine"), " ", gettext("Suggestion"), el("span", { class: "push nowrap" }, suggestion.model ?? ""), cardButton(onCard)),
    el("div", { class: "suggest-main" },
      el("span", { class: "suggest-label" }, suggestion.title ?? titleOf(suggestion.label)),
      el("span", { class: "suggest-score" }, percent(suggestion.confidence)),
      known && el("span", { class: "suggest-note" }, fill(gettext("At this score it was right {k} times in 100 (n\u00a0=\u00a0{n})."), { k: Math.round(known.right * 100), n: known.n }))),
    top.length > 1 && el("div", { class: "tops" }, top.map(({ label, title, score: share }) =>
      el("div", { class: "top" }, el("span", { class: "truncate" }, title ?? titleOf(label)), bar(share, "machine"), el("span", { class: "num" }, score(share))))),
    accept);
}
