// Versions: every step of a release is asked for in a dialog, is one call of the API, and the page shows what came of it.
import { Api, told } from "./work/api.js";
import { el } from "./dom.js";
import { gettext } from "./text.js";

const QUIET_MS = 8000;
const EVERY_MS = 20_000;
const list = document.getElementById("versions");
const api = new Api({ base: list.dataset.api.replace(/me\/$/, ""), workspace: list.dataset.workspace });
const dialog = document.getElementById("release");
const part = (name) => document.getElementById(`release-${name}`);
let asker = null;

const refresh = () => globalThis.htmx?.trigger(list, "versions:refresh");
const oneLine = (text) => text.trim().replace(/\s+/g, " ");

function say(text) {
  const toast = el("div", { class: "toast on-inverse", role: "status" }, el("span", {}, text));
  document.querySelector(".toasts").append(toast);
  setTimeout(() => toast.remove(), QUIET_MS);
}

function tell(place, text, field) {
  place.textContent = text;
  place.hidden = !text;
  field?.focus();
}

/** Call, close and say so; a refusal stays in the dialog, and shows what has changed meanwhile once it is closed. */
async function send(path, body, { within, error, button, done }) {
  button.disabled = true;
  try {
    await api.post(path, body);
    within.close();
    say(done);
    refresh();
  } catch (problem) {
    tell(error, told(problem));
    if (problem.status === 409) within.addEventListener("close", refresh, { once: true });
  } finally {
    button.disabled = false;
  }
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button || dialog.open) return;
  asker = button;
  const { title, text, yes, needs, tone } = button.dataset;
  part("title").textContent = title;
  part("text").textContent = text;
  part("yes").textContent = yes;
  part("yes").className = tone === "danger" ? "btn btn--danger-fill" : "btn btn--primary";
  part("reason-field").hidden = needs !== "reason";
  part("reason").value = "";
  tell(part("error"), "");
  dialog.showModal();
  (needs === "reason" ? part("reason") : part("yes")).focus();
});

part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (part("yes").disabled || !asker) return;
  const { path, body, needs, done } = asker.dataset;
  const reason = oneLine(part("reason").value);
  if (needs === "reason" && !reason) {
    tell(part("error"), gettext("Say why in a few words."), part("reason"));
    return;
  }
  const content = { ...JSON.parse(body ?? "{}"), ...(needs === "reason" ? { reason } : {}) };
  send(path, content, { within: dialog, error: part("error"), button: part("yes"), done });
});

const code = document.getElementById("code");
if (code) {
  const form = document.getElementById("code-form");
  const field = (name) => document.getElementById(`code-${name}`);
  document.querySelector('[data-opens="code"]').addEventListener("click", () => {
    tell(field("error"), "");
    code.showModal();
    field("text").focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    const reason = oneLine(field("reason").value);
    if (!reason) {
      tell(field("error"), gettext("Say why in a few words."), field("reason"));
      return;
    }
    send(form.dataset.path, { code: field("text").value, reason }, { within: code, error: field("error"), button, done: form.dataset.done });
  });
}

for (const one of document.querySelectorAll("dialog")) {
  one.querySelector("[data-cancel]").addEventListener("click", () => one.close());
  // Ctrl+Enter sends from inside a text, as it does at the workstation; Enter alone is a new line there.
  one.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat) one.querySelector("form").requestSubmit();
  });
}
dialog.addEventListener("close", () => {
  if (asker?.isConnected) asker.focus();
  asker = null;
});

document.querySelector(".proposal--focus, [aria-selected=true]")?.scrollIntoView({ block: "nearest" });
setInterval(() => {
  if (document.hidden || dialog.open || code?.open || list.contains(document.activeElement)) return;
  refresh();
}, EVERY_MS);
