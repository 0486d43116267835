// Proposing a draft: a dialog asks for the reason, and a refusal stays in it.
import { gettext } from "./text.js";
import { told } from "./work/api.js";

const part = (name) => document.getElementById(`proposal-${name}`);

/** Let the button open the dialog: `prepare()` fills it and tells whether there is something to propose, `send(reason)` proposes, `done()` goes on. */
export function askForProposal(button, { prepare = () => true, send, done }) {
  const dialog = document.getElementById("proposal");
  const yes = part("yes");

  function tell(text, field) {
    part("error").textContent = text;
    part("error").hidden = !text;
    field?.focus();
  }

  button.addEventListener("click", () => {
    if (!prepare()) return;
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
    if (yes.disabled) return;
    const reason = part("reason").value.trim().replace(/\s+/g, " ");
    if (!reason) {
      tell(gettext("Say why in a few words."), part("reason"));
      return;
    }
    yes.disabled = true;
    try {
      await send(reason);
      dialog.close();
      done();
    } catch (problem) {
      tell(told(problem));
    } finally {
      yes.disabled = false;
    }
  });
}
