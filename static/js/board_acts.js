// What a lead does on the board: one dialog that asks what the deed needs, one call, and a word that it is done.
import { Api, told } from "./work/api.js";
import { el } from "./dom.js";
import { gettext } from "./text.js";

const QUIET_MS = 8000;
const dialog = document.getElementById("act");
const part = (name) => document.getElementById(`act-${name}`);
const yes = part("yes");

const BODIES = {
  stop: ({ reason }) => ({ reason }),
  resume: ({ reason }) => ({ reason }),
  pause: ({ reason }) => ({ paused: true, reason }),
  open: ({ reason }) => ({ paused: false, reason }),
  assign: ({ person }) => ({ person: person || null }),
  "take-back": () => ({}),
};

function say(text) {
  const toast = el("div", { class: "toast on-inverse" }, el("span", {}, text));
  document.querySelector(".toasts").append(toast);
  setTimeout(() => toast.remove(), QUIET_MS);
}

function refuse(text, field) {
  part("error").textContent = text;
  part("error").hidden = !text;
  field?.focus();
}

/** Let the buttons `[data-act]` inside `page` do what they say; `onDone` is called after each deed. */
export function watchActs(page, board, { onDone }) {
  const api = new Api({ base: board.dataset.api.replace(/board\/$/, ""), workspace: board.dataset.workspace });
  let asker = null;

  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button || dialog.open) return;
    asker = button;
    const { title, text, yes: word, needs, tone, person } = button.dataset;
    part("title").textContent = title;
    part("text").textContent = text;
    yes.textContent = word;
    yes.className = tone === "danger" ? "btn btn--danger-fill" : "btn btn--primary";
    for (const need of dialog.querySelectorAll("[data-need]")) need.hidden = !needs.split(" ").includes(need.dataset.need);
    part("reason").value = "";
    part("person").value = person ?? "";
    refuse("");
    dialog.showModal();
    (dialog.querySelector("[data-need]:not([hidden]) :is(select, textarea)") ?? yes).focus();
  });

  part("cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    if (asker?.isConnected) asker.focus();
    asker = null;
  });
  // Ctrl+Enter sends from inside the text, as it does at the workstation; Enter alone is a new line there.
  part("reason").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) part("form").requestSubmit();
  });

  part("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (yes.disabled) return;
    const { act, done, needs } = asker.dataset;
    const given = { reason: part("reason").value.trim().replace(/\s+/g, " "), person: part("person").value, workflow: part("workflow").value };
    if (needs.includes("reason") && !given.reason) {
      refuse(gettext("Say why in a few words."), part("reason"));
      return;
    }
    yes.disabled = true;
    try {
      await api.post(asker.dataset.path || `workflows/${given.workflow}/stop/`, BODIES[act](given));
      dialog.close();
      say(done);
      onDone();
    } catch (problem) {
      refuse(told(problem));
      if (["not_held", "not_stopped"].includes(problem.code)) onDone();
    } finally {
      yes.disabled = false;
    }
  });
}
