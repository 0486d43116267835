// Correcting an answer that has left: another one takes its place, and whoever was told of the first is told of it.
import { el } from "../dom.js";
import { fill, gettext } from "../text.js";
import { ask, chosenIn, noteField, radios } from "./ask.js";

const MOST_NUMBERED = 9;
const NONE = "\u0000none";
const REASONS = [
  { value: "mistake", title: gettext("It was a mistake") },
  { value: "new_facts", title: gettext("Something new is known") },
  { value: "complaint", title: gettext("Somebody complained, rightly") },
  { value: "other", title: gettext("Something else") },
];

/** Ask for the right answer and why; `labels` are {value, title}. Resolves with {label, reason_code, note} or null. */
function askAmendment({ labels, about }) {
  const offered = [...labels, { value: NONE, title: gettext("No label applies") }];
  const few = offered.length <= MOST_NUMBERED;
  const right = few
    ? radios(gettext("Right answer"), "label", offered)
    : el("select", { class: "select", "aria-label": gettext("Right answer") }, el("option", { value: "" }, ""), offered.map(({ value, title }) => el("option", { value }, title)));
  const why = el("select", { class: "select" }, REASONS.map(({ value, title }) => el("option", { value }, title)));
  const note = noteField(gettext("Note"));
  return ask({
    title: gettext("Correct the answer"), send: gettext("Correct"), choices: few ? right : null,
    body: [
      el("p", { class: "small muted" }, fill(gettext("{about} has left already. Your correction leaves at once as a further event that names the one it replaces."), { about })),
      right, el("label", { class: "field" }, el("span", { class: "field-label" }, gettext("Why")), why), note.node,
    ],
    take: () => {
      const chosen = few ? chosenIn(right) : right.value;
      if (!chosen) return gettext("Choose the right answer first.");
      return { label: chosen === NONE ? null : chosen, reason_code: why.value, note: note.area.value.trim() };
    },
  });
}

/** Ask, and amend the item's outcome; resolves with the new label (null: none applies), or undefined where it was left. */
export async function amend({ api, item, labels, about }) {
  const answer = await askAmendment({ labels, about });
  if (!answer) return undefined;
  await api.post(`items/${item}/amend/`, answer);
  return answer.label;
}
