// An adjudication's two answers: whose they are is told to nobody, least of all by their order.
import { el, fillNode, icon, kbd } from "../dom.js";
import { gettext } from "../text.js";
import { choices } from "./labels.js";

/** Draw the panel; choosing an answer chooses its label, and "no label applies" is sent as such. */
export function showDispute(node, review, { onChoose, onReject }) {
  node.hidden = !review.options?.length;
  if (node.hidden) {
    fillNode(node);
    return;
  }
  const keys = new Map(choices(review).map(({ value, key }) => [value, key]));
  fillNode(node,
    el("div", { class: "dispute-head" }, icon("people"), " ", gettext("Two answers were given")),
    el("div", { class: "dispute-answers" }, review.options.map(({ label, title }) => (label === null
      ? el("button", { class: "btn", type: "button", "data-sends": true, onclick: onReject }, el("span", { class: "truncate" }, title))
      : el("button", { class: "btn", type: "button", onclick: () => onChoose(label) }, el("span", { class: "truncate", title }, title), keys.has(label) && [" ", kbd(keys.get(label))])))),
    el("p", { class: "muted small" }, gettext("Choose one of them, or any other label. Yours is the one that counts.")));
}
