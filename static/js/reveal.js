// Masked fields of an item: a reason first, then the value in the button's place, for as long as the page is open.
import { el } from "./dom.js";
import { Api } from "./work/api.js";
import { visible } from "./work/visible.js";

const dialog = document.getElementById("reveal");
const form = dialog.querySelector("form");
const send = dialog.querySelector("[data-send]");
const failure = dialog.querySelector("[data-error]");
const status = document.getElementById("reveal-status");
const api = new Api({ base: dialog.dataset.api, workspace: dialog.dataset.workspace });
let asked = [];
let opener = null;

const buttons = (place) => [...document.querySelectorAll("button[data-reveal]")].filter((button) => place === undefined || button.dataset.reveal === place);
const plain = (value) => (typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value, null, 1) : String(value));

function fail(text) {
  failure.textContent = text;
  failure.hidden = !text;
}

function open(places, button) {
  asked = [...new Set(places)];
  opener = button;
  form.reset();
  fail("");
  dialog.showModal();
  form.querySelector("input[type=radio]").focus();
}

/** Put values where their buttons are; return the first of them. */
function show(values) {
  const shown = Object.entries(values).flatMap(([place, value]) => buttons(place).map((button) => {
    const text = el("bdi", { class: "revealed", tabindex: "-1" }, visible(plain(value)));
    button.replaceWith(text);
    return text;
  }));
  if (!buttons().length) document.querySelector("[data-reveal-all]")?.remove();
  status.textContent = status.dataset.done;
  return shown[0];
}

async function reveal() {
  const chosen = form.querySelector("input[type=radio]:checked");
  const note = form.elements.note.value.trim();
  if (!chosen) return fail(failure.dataset.reason);
  if ("needsNote" in chosen.dataset && !note) {
    form.elements.note.focus();
    return fail(failure.dataset.note);
  }
  send.disabled = true;
  try {
    const { values } = await api.post(`items/${dialog.dataset.item}/reveal/`, { pointers: asked, reason_code: chosen.value, note });
    opener = show(values) ?? null;
    dialog.close();
  } catch (problem) {
    fail(problem.status === 0 ? failure.dataset.offline : problem.message);
  } finally {
    send.disabled = false;
  }
}

document.addEventListener("click", ({ target }) => {
  const one = target.closest("button[data-reveal]");
  if (one) open([one.dataset.reveal], one);
  const all = target.closest("[data-reveal-all]");
  if (all) open(buttons().map((button) => button.dataset.reveal), all);
});
send.addEventListener("click", reveal);
dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.matches("button")) return;
  const isSent = (event.ctrlKey || event.metaKey) && !event.repeat && !event.isComposing;
  if (isSent || event.target.tagName !== "TEXTAREA") event.preventDefault();
  if (isSent && !send.disabled) reveal();
});
dialog.addEventListener("close", () => opener?.focus());
