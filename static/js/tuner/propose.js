// Proposing the draft: what was seen of it goes with it.
import { el } from "../dom.js";
import { askForProposal } from "../proposal.js";
import { fill, gettext } from "../text.js";
import { count, rate, share, threshold } from "./numbers.js";

function seen(answer) {
  const { active, draft } = answer;
  const row = (title, show) => [el("dt", {}, title), el("dd", { class: "muted" }, show(active)), el("dd", {}, el("b", {}, show(draft)))];
  return [
    row(gettext("Threshold"), (at) => threshold(at.threshold)),
    row(gettext("Automatic"), (at) => share(at.automatic)),
    row(gettext("Wrong, at most"), (at) => fill(gettext("{bound} (n\u00a0=\u00a0{n}, k\u00a0=\u00a0{k})"), { bound: rate(at.bound), n: count(at.n), k: count(at.k) })),
    row(gettext("Reviews a day"), (at) => count(at.reviews)),
  ].flat();
}

/** The figures that were seen, to stand beside the proposal for good. */
const preview = ({ as_of, since, until, target, delta, assumptions, active, draft, certified, cost_optimal, verdict, preview: note, basis }) =>
  ({ kind: "tuner", as_of, since, until, target, delta, assumptions, active, draft, certified, cost_optimal, verdict, note, basis });

/** Let the button open the dialog. `state()` gives the last answer, or null where there is nothing to propose. */
export function watchProposal(button, { api, path, versionsUrl, state }) {
  askForProposal(button, {
    prepare() {
      const answer = state();
      if (!answer || button.getAttribute("aria-disabled") === "true") return false;
      document.getElementById("proposal-seen").replaceChildren(...seen(answer));
      return true;
    },
    send(reason) {
      const answer = state();
      return api.post(path, { body: answer.body, reason, preview: preview(answer) });
    },
    done() {
      const link = versionsUrl ? el("a", { class: "toast-action", href: versionsUrl }, gettext("To the versions")) : null;
      document.querySelector(".toasts").append(el("div", { class: "toast on-inverse", role: "status" }, el("span", {}, gettext("Proposed. An owner approves it and puts it into force.")), link));
    },
  });
}
