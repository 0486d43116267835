// The board keeps itself up to date: numbers in place by hints, the whole board again when rows come or go.
import { el, fillNode, icon } from "./dom.js";
import { fill, gettext, ngettext, span } from "./text.js";
import { watchQueues } from "./live.js";

const WHOLE_BOARD_MS = 60_000;
const board = document.getElementById("queues");
const refresh = () => globalThis.htmx?.trigger(board, "queues:refresh");

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

function onCounts(queues) {
  const rows = new Map([...board.querySelectorAll("[data-queue]")].map((row) => [row.dataset.queue, row]));
  const seen = queues.filter(({ key }) => rows.has(key));
  for (const queue of seen) showRow(rows.get(queue.key), queue);
  if (seen.length !== rows.size) return;
  for (const total of board.querySelectorAll("[data-total]")) {
    const sum = seen.reduce((whole, queue) => whole + (queue[total.dataset.total] ?? 0), 0);
    setText(total, sum);
    if (total.dataset.total === "overdue") total.classList.toggle("bad", sum > 0);
  }
}

watchQueues(board.dataset.workspace, {
  onCounts,
  poll: refresh,
  onState: (isLive) => {
    const state = document.getElementById("live");
    state.firstElementChild.className = isLive ? "dot dot--good" : "dot";
    state.lastElementChild.textContent = isLive ? state.dataset.live : state.dataset.polled;
  },
});
setInterval(() => { if (!document.hidden) refresh(); }, WHOLE_BOARD_MS);
