// What every page has: toasts that can be closed, times in the reader's own zone, links to copy.
import { day, locale } from "./text.js";

const QUIET_MS = 8000;

for (const toast of document.querySelectorAll("[data-toast]")) {
  toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
  if (toast.dataset.toast === "quiet") setTimeout(() => toast.remove(), QUIET_MS);
}

/** Show <time datetime> in the reader's zone; the server has written UTC. */
export function localise(scope) {
  for (const time of scope.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = at.toLocaleString(locale);
    time.textContent = day(at, { withSeconds: time.dataset.local === "exact" });
  }
}
localise(document);
document.addEventListener("htmx:afterSwap", (event) => localise(event.target));

// Where a row of tabs is wider than the screen, the one that is open is in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-link]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(location.href.split("#")[0]);
    button.querySelector("[data-copy-text]").textContent = button.dataset.copied;
  } catch { /* no clipboard: the address bar has the link */ }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
