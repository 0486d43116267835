// The labels and their keys. Nothing is preselected; what the model suggests is only marked.
import { el, fillNode, icon, kbd } from "../dom.js";
import { gettext } from "../text.js";

const KEYS = 9;

const isDigits = (labels) => labels.length > 1 && labels.every(({ value }) => /^\d$/.test(value));

const usage = {
  read(workflow) { try { return JSON.parse(localStorage.getItem(`labels:${workflow}`)) ?? {}; } catch { return {}; } },
  count(workflow, label) {
    try {
      const counts = usage.read(workflow);
      counts[label] = (counts[label] ?? 0) + 1;
      localStorage.setItem(`labels:${workflow}`, JSON.stringify(counts));
    } catch { /* private mode */ }
  },
};
export const countUse = usage.count;

const frequent = new Map();

/** The labels that a person gives most in this workflow, in an order that holds until the page is loaded again. */
function byUse({ workflow, labels }) {
  if (!frequent.has(workflow.key)) {
    const counts = usage.read(workflow.key);
    frequent.set(workflow.key, new Map(labels.map(({ value }) => value).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0)).map((value, rank) => [value, rank])));
  }
  const ranks = frequent.get(workflow.key);
  return [...labels].sort((a, b) => (ranks.get(a.value) ?? labels.length) - (ranks.get(b.value) ?? labels.length));
}

/** The labels in the contract's order; those that an adjudication decides between come first, where keys are places. */
function givenFirst({ options, item: { labels } }) {
  if (!options || isDigits(labels)) return labels;
  const given = options.map(({ label }) => labels.find(({ value }) => value === label)).filter(Boolean);
  return [...given, ...labels.filter((label) => !given.includes(label))];
}

/** [{key, value, title}] as they stand on the screen: all of them, or the nine most useful of many. */
export function choices(review) {
  const labels = givenFirst(review);
  if (isDigits(labels)) return labels.map((label) => ({ key: label.value, ...label }));
  if (labels.length <= KEYS) return labels.map((label, index) => ({ key: String(index + 1), ...label }));
  const given = (review.options ?? []).map(({ label }) => label);
  const suggested = review.blind ? given : (review.suggestion?.top ?? []).map(({ label }) => label).slice(0, 3);
  const first = suggested.map((value) => labels.find((label) => label.value === value)).filter(Boolean);
  const rest = byUse(review.item).filter((label) => !first.includes(label));
  return [...first, ...rest].slice(0, KEYS).map((label, index) => ({ key: String(index + 1), ...label }));
}

/** Draw the choices; a label found by search that has no key stands below them. */
export function showLabels(node, review, chosen, onChoose) {
  const shown = choices(review);
  const digits = isDigits(review.item.labels);
  const other = chosen && !shown.some(({ value }) => value === chosen) ? review.item.labels.find(({ value }) => value === chosen) : null;
  const suggested = review.blind ? null : review.suggestion?.label;
  node.className = digits ? "digits" : "labels";
  if (!review.item.labels.length) {
    const field = el("input", { class: "input", type: "text", maxlength: 200, "aria-label": gettext("Label"), placeholder: gettext("Any text"), oninput: () => onChoose(field.value.trim() || null) });
    field.value = chosen ?? "";
    fillNode(node, field);
    return;
  }
  fillNode(node, [...shown, ...(other ? [{ key: "0", ...other }] : [])].map(({ key, value, title }) => {
    const isSuggested = value === suggested;
    const mark = isSuggested && el("span", { class: digits ? "machine digit-mark" : "machine", title: gettext("Suggested") }, icon("machine"), el("span", { class: "visually-hidden" }, gettext("suggested")));
    return el("label", { class: digits ? "label-choice digit" : "label-choice" },
      el("input", { type: "radio", name: "label", value, checked: value === chosen, onchange: () => onChoose(value) }),
      digits ? el("span", { class: "digit-face" }, title) : [kbd(key), el("span", { class: "truncate", title }, title)], mark);
  }));
}

export const restOf = (review) => Math.max(0, review.item.labels.length - choices(review).length);
export { isDigits };
