// Failed items: what moves many asks first, and the list renews itself while nobody is busy in it.
const EVERY_MS = 30_000;
const list = document.getElementById("dead");
const dialog = document.getElementById("confirm");
const yes = dialog.querySelector("[data-confirm-yes]");
let asker = null;

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.confirm || button === asker) return;
  event.preventDefault();
  asker = button;
  dialog.querySelector("[data-confirm-title]").textContent = button.dataset.confirm;
  dialog.querySelector("[data-confirm-text]").textContent = button.dataset.confirmNote;
  yes.textContent = button.dataset.confirmYes;
  const isDanger = button.dataset.confirmTone === "danger";
  yes.classList.toggle("btn--danger-fill", isDanger);
  yes.classList.toggle("btn--primary", !isDanger);
  dialog.returnValue = "";
  dialog.showModal();
});

dialog.addEventListener("close", () => {
  const button = asker;
  if (dialog.returnValue === "yes" && button?.isConnected) button.form.requestSubmit(button);
  asker = null;
  button?.focus();
});

// One press is one request: a second one would find the item gone.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method === "dialog") return;
  setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
});
globalThis.addEventListener("pageshow", () => { for (const button of list.querySelectorAll("button:disabled")) button.disabled = false; });

setInterval(() => {
  if (document.hidden || dialog.open || list.contains(document.activeElement)) return;
  globalThis.htmx?.trigger(list, "dead:refresh");
}, EVERY_MS);
