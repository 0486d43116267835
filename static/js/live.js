// Queue counts as they change: hints over a WebSocket; without one the caller polls.
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 30_000;
const POLL_MS = 10_000;

/**
 * Call `onCounts(queues)` for each hint. While no socket is open, call `poll()` each ten seconds.
 * `onState(isLive)` tells which of the two it is. A workstation says where it works: `at` is a queue's key, or "all".
 */
export function watchQueues(workspace, { onCounts, poll, onState = () => {}, at = "" }) {
  const place = at ? `?at=${encodeURIComponent(at)}` : "";
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/w/${workspace}/queues/${place}`;
  let waitMs = FIRST_WAIT_MS;
  let isLive = false;
  let gone = false;

  const connect = () => {
    if (gone) return;
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      return;
    }
    socket.addEventListener("open", () => {
      isLive = true;
      waitMs = FIRST_WAIT_MS;
      onState(true);
    });
    socket.addEventListener("message", (event) => {
      try {
        const { queues } = JSON.parse(event.data);
        if (Array.isArray(queues)) onCounts(queues);
      } catch { /* not for us */ }
    });
    socket.addEventListener("close", (event) => {
      if (isLive) onState(false);
      isLive = false;
      // 44xx: the server refuses this person; asking again would not help.
      if (event.code >= 4400 && event.code < 4500) return;
      setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
      waitMs = Math.min(LAST_WAIT_MS, waitMs * 2);
    });
    addEventListener("pagehide", () => { gone = true; socket.close(); }, { once: true });
  };

  connect();
  setInterval(() => { if (!isLive && !document.hidden) poll(); }, POLL_MS);
}
