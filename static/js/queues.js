// A reviewer's list keeps itself up to date: numbers in place by hints, the whole list again when rows come or go.
import { showCounts } from "./counts.js";
import { watchQueues } from "./live.js";

const WHOLE_LIST_MS = 60_000;
const list = document.getElementById("queues");
const refresh = () => globalThis.htmx?.trigger(list, "queues:refresh");

watchQueues(list.dataset.workspace, {
  onCounts: (queues) => showCounts(list, queues),
  poll: refresh,
  onState: (isLive) => {
    const state = document.getElementById("live");
    state.firstElementChild.className = isLive ? "dot dot--good" : "dot";
    state.lastElementChild.textContent = isLive ? state.dataset.live : state.dataset.polled;
  },
});
setInterval(() => { if (!document.hidden) refresh(); }, WHOLE_LIST_MS);
