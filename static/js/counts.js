// Queue counts in the rows of a list or board: numbers change in place, nothing moves.
import { el, fillNode, icon } from "./dom.js";
import { fill, gettext, ngettext, span } from "./text.js";

function setText(node, value) {
  if (node && node.textContent !== String(value)) node.textContent = value;
}

function showRow(row, queue) {
  const cell = (name) => row.querySelector(`[data-count="${name}"]`);
  setText(cell("depth"), queue.depth);
  setText(cell("due_soon"), queue.due_soon);
  setText(cell("leased"), queue.leased);
  setText(cell("oldest"), queue.oldest_at ? span((Date.now() - new Date(queue.oldest_at)) / 1000) : gettext("empty"));
  const overdue = fill(ngettext("{n} overdue", "{n} overdue", queue.overdue), { n: queue.overdue });
  if (cell("overdue").textContent.trim() === (queue.overdue ? overdue : gettext("none"))) return;
  fillNode(cell("overdue"), queue.overdue
    ? el("span", { class: "badge badge--bad" }, icon("warn"), " ", overdue)
    : el("span", { class: "subtle" }, gettext("none")));
}

/** Show the counts of a hint in the rows `[data-queue]` of a list, and their sums where the hint covers all rows. */
export function showCounts(list, queues) {
  const rows = new Map([...list.querySelectorAll("[data-queue]")].map((row) => [row.dataset.queue, row]));
  const seen = queues.filter(({ key }) => rows.has(key));
  for (const queue of seen) showRow(rows.get(queue.key), queue);
  if (seen.length !== rows.size) return;
  for (const total of list.querySelectorAll("[data-total]")) {
    const sum = seen.reduce((whole, queue) => whole + (queue[total.dataset.total] ?? 0), 0);
    setText(total, sum);
    if (total.dataset.total === "overdue") total.classList.toggle("bad", sum > 0);
  }
}
