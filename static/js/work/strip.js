// The queue strip and the head line: how much waits, how much is held and for how long.
import { el, fillNode } from "../dom.js";
import { fill, gettext, ngettext, queueState, span, timer } from "../text.js";
import { watchQueues } from "../live.js";
import { shortTitle } from "./payload.js";

const byId = (id) => document.getElementById(id);

export class Strip {
  constructor({ config, api, onMore }) {
    this.key = config.queue_key;
    this.queues = new Map(config.queues.map((queue) => [queue.key, queue]));
    this.take(config.queues);
    const onCounts = (queues) => {
      this.take(queues);
      onMore();
    };
    watchQueues(config.workspace, {
      at: this.key ?? "all",
      onCounts,
      poll: async () => {
        try {
          const answer = await api.get("queues/");
          onCounts(answer.queues ?? answer.results ?? answer);
        } catch { /* the next poll may do */ }
      },
    });
  }

  take(queues) {
    for (const queue of queues) {
      if (!this.queues.has(queue.key)) continue;
      const known = Object.assign(this.queues.get(queue.key), queue);
      const row = document.querySelector(`[data-queue="${CSS.escape(queue.key)}"]`);
      const { tone, text } = queueState(known);
      row.querySelector(".strip-depth").textContent = known.depth;
      row.querySelector(".strip-state").textContent = text;
      row.querySelector(".strip-state").className = `strip-state ${tone}`;
    }
    this.showDepth();
  }

  /** How much waits in the queues that this page works on. */
  get waiting() {
    const own = this.key ? [this.queues.get(this.key)] : [...this.queues.values()];
    return own.reduce((sum, queue) => sum + (queue?.depth ?? 0), 0);
  }

  showDepth() { byId("queue-depth").textContent = fill(ngettext("{n} waiting", "{n} waiting", this.waiting), { n: this.waiting }); }

  /** Name the queue of the item on the screen. */
  showName(entry) {
    const queue = entry?.review.queue ?? this.queues.get(this.key);
    byId("queue-name").textContent = queue?.name ?? gettext("All my queues");
  }

  showHeld(buffer, onPick) {
    const { held, index } = buffer;
    fillNode(byId("mine"), held.map((entry, at) => el("button", { class: "mine-item", type: "button", "aria-current": at === index ? "true" : null, onclick: () => onPick(at) },
      el("span", { class: "subtle" }, String(at + 1)), el("span", { class: "truncate" }, shortTitle(entry.review.item)),
      el("span", { class: "subtle small" }, at === index ? gettext("now") : span((buffer.api.now() - Date.parse(entry.review.item.received_at)) / 1000)))));
    const ahead = byId("ahead");
    fillNode(ahead, held.map((_, at) => el("span", { class: at === index ? "ahead-item ahead-item--now" : "ahead-item" })));
    ahead.setAttribute("aria-label", held.length ? fill(gettext("Item {a} of {n} held for you"), { a: index + 1, n: held.length }) : gettext("Nothing held for you"));
    this.showLease(buffer);
  }

  showLease(buffer) {
    const { current, held } = buffer;
    const left = current && (Date.parse(current.review.lease_until) - buffer.api.now()) / 1000;
    byId("held-note").textContent = !current ? "" : current.isLost ? gettext("no longer held for you") : fill(gettext("{n} held for you, {time} left"), { n: held.length, time: timer(left) });
  }
}
