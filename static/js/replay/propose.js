// Proposing what was replayed: the replay stands beside the proposal, and a reason is asked for.
import { gettext } from "../text.js";

const part = (name) => document.getElementById(`proposal-${name}`);

export function watchProposal(button, { api, path, replay, versions }) {
  const dialog = document.getElementById("proposal");
  function tell(text, field) {
    part("error").textContent = text;
    part("error").hidden = !text;
    field?.focus();
  }
  button.addEventListener("click", () => {
    part("reason").value = "";
    tell("");
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
    const reason = part("reason").value.trim().replace(/\s+/g, " ");
    if (part("yes").disabled) return;
    if (!reason) {
      tell(gettext("Say why in a few words."), part("reason"));
      return;
    }
    part("yes").disabled = true;
    try {
      await api.post(path, { body: JSON.parse(document.getElementById("replay-body").textContent), reason, replay });
      location.assign(versions);
    } catch (problem) {
      tell(problem.isSignedOut ? gettext("You are signed out. Sign in on another tab and try again.") : problem.detail || gettext("It did not work. Try again."));
      part("yes").disabled = false;
    }
  });
}
