// The lead's board stays up to date: counts by hints at once, the rest by asking again, at most each five seconds.
import { watchActs } from "./board_acts.js";
import { patch } from "./board_patch.js";
import { showCounts } from "./counts.js";
import { watchQueues } from "./live.js";
import { localise } from "./shell.js";

const LEAST_MS = 5000;
const USUAL_MS = 30_000;
const TOUCHED_MS = 4000;
const page = document.getElementById("main");
const board = document.getElementById("board");
const newer = document.getElementById("newer");
let lastAsked = performance.now();
let timer = 0;
let isAsking = false;
let isPointedAt = false;
let lastTouch = -Infinity;

board.addEventListener("pointermove", () => { isPointedAt = true; });
board.addEventListener("pointerleave", () => { isPointedAt = false; });
board.addEventListener("touchstart", () => { lastTouch = performance.now(); }, { passive: true });
document.addEventListener("scroll", () => { lastTouch = performance.now(); }, { passive: true });

/** Nobody is about to press anything: no pointer or focus in the board, no finger just there, no dialog. */
const isCalm = () => !isPointedAt && !board.contains(document.activeElement) && !document.querySelector("dialog[open]")
  && performance.now() - lastTouch > TOUCHED_MS;

async function refresh({ isAskedFor = false } = {}) {
  clearTimeout(timer);
  timer = 0;
  if (isAsking) {
    later();
    return;
  }
  isAsking = true;
  lastAsked = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: AbortSignal.timeout(15_000) });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
    if (!answer.ok || answer.status === 204) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    localise(fresh);
    newer.hidden = patch(board, fresh, isAskedFor || isCalm()) === 0;
  } catch { /* the next one will do */ } finally {
    isAsking = false;
  }
}

/** Ask soon, and not again within five seconds. */
function later() {
  if (timer || document.hidden) return;
  timer = setTimeout(refresh, Math.max(0, LEAST_MS - (performance.now() - lastAsked)));
}

newer.addEventListener("click", () => {
  page.querySelector("h1").focus();
  refresh({ isAskedFor: true });
});
watchActs(page, board, { onDone: () => refresh({ isAskedFor: true }) });
watchQueues(board.dataset.workspace, {
  onCounts: (queues) => {
    showCounts(board, queues);
    later();
  },
  poll: later,
  onState: (isLive) => {
    const state = document.getElementById("live");
    state.firstElementChild.className = isLive ? "dot dot--good" : "dot";
    state.lastElementChild.textContent = isLive ? state.dataset.liveText : state.dataset.polledText;
  },
});
document.addEventListener("visibilitychange", later);
setInterval(() => { if (performance.now() - lastAsked > USUAL_MS) later(); }, LEAST_MS);
