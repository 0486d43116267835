// The delivery log: rows that open to their attempts, a list that renews itself, and the replay of a period.
import { fill } from "./text.js";

const EVERY_MS = 15_000;
const log = document.getElementById("log");
const dialog = document.getElementById("replay-range");

/** Renewing would close what is open and take the focus away from who works in the table. */
const isInUse = () => dialog?.open || log.contains(document.activeElement) || log.querySelector("[aria-expanded=true]") !== null;
const refresh = () => globalThis.htmx?.trigger(log, "deliveries:refresh");

document.addEventListener("click", (event) => {
  const opener = event.target.closest(".log-open");
  if (opener) {
    const isOpen = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!isOpen));
    document.getElementById(opener.getAttribute("aria-controls")).hidden = isOpen;
  }
  if (event.target.closest("[data-refresh]")) refresh();
});
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => {
    const failed = event.detail.target?.querySelector("[data-failed]");
    if (failed) failed.textContent = failed.dataset.failed;
  });
}
log.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === log && document.activeElement === document.body) log.querySelector("[data-refresh]")?.focus({ preventScroll: true });
});
setInterval(() => { if (!document.hidden && !isInUse()) refresh(); }, EVERY_MS);

/** A moment as a datetime-local field takes it, in the reader's zone. */
const asLocal = (at) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

if (dialog) {
  const form = dialog.querySelector("form");
  const hint = form.querySelector("[data-zone]");
  hint.textContent = fill(hint.dataset.zone, { zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of ["since", "until"]) {
      const at = new Date(formData.get(name));
      if (!Number.isNaN(at.getTime())) formData.set(name, at.toISOString());
    }
  });
  const open = () => {
    const { since, until } = form.elements;
    if (!since.value) since.value = asLocal(new Date(Date.now() - 3_600_000));
    if (!until.value) until.value = asLocal(new Date(Date.now() + 60_000));
    dialog.showModal();
  };
  document.querySelector('[data-opens="replay-range"]').addEventListener("click", open);
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  if ("open" in dialog.dataset) open();
}
