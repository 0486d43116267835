// Proposing the draft: what was seen goes with it, and a reason is asked for.
import { el } from "../dom.js";
import { fill, gettext } from "../text.js";
import { count, rate, share, threshold } from "./numbers.js";

const dialog = document.getElementById("proposal");
const part = (name) => document.getElementById(`proposal-${name}`);

function refuse(text, field) {
  part("error").textContent = text;
  part("error").hidden = !text;
  field?.focus();
}

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
  const done = part("yes");
  button.addEventListener("click", () => {
    const answer = state();
    if (!answer || button.getAttribute("aria-disabled") === "true") return;
    part("seen").replaceChildren(...seen(answer));
    part("reason").value = "";
    refuse("");
    dialog.showModal();
    part("reason").focus();
  });
  part("cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => button.focus());
  part("reason").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) part("form").requestSubmit();
  });
  part("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (done.disabled) return;
    const answer = state();
    const reason = part("reason").value.trim().replace(/\s+/g, " ");
    if (!reason) {
      refuse(gettext("Say why in a few words."), part("reason"));
      return;
    }
    done.disabled = true;
    try {
      await api.post(path, { body: answer.body, reason, preview: preview(answer) });
      dialog.close();
      const link = versionsUrl ? el("a", { class: "toast-action", href: versionsUrl }, gettext("To the versions")) : null;
      document.querySelector(".toasts").append(el("div", { class: "toast on-inverse", role: "status" }, el("span", {}, gettext("Proposed. An owner approves it and puts it into force.")), link));
    } catch (problem) {
      refuse(problem.isSignedOut ? gettext("You are signed out. Sign in on another tab and try again.") : problem.detail || gettext("It did not work. Try again."));
    } finally {
      done.disabled = false;
    }
  });
}
