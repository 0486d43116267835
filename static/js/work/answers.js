// Answers: sent in the background while the next item is on the screen already, refused in a sentence, taken back.
import { fill, gettext } from "../text.js";
import { countUse } from "./labels.js";

const ACTIONS = {
  accept: { sentence: gettext("Sent as") },
  correct: { sentence: gettext("Sent as") },
  reject: { sentence: gettext("Sent as"), label: gettext("No label applies") },
  skip: { sentence: gettext("You"), label: gettext("skipped it") },
  escalate: { sentence: gettext("You"), label: gettext("escalated it") },
};
const TOO_LATE = ["stale_fence", "lease_expired", "late"];
const KEPT = gettext("Somebody else had this item by then. Your answer was kept as a second opinion; there is nothing more to do.");

const isDecision = (action) => action !== "skip" && action !== "escalate";

export class Answers {
  /** `screen` has say(sentence), warn(sentence) and counted(change, activeMs). */
  constructor({ api, sender, buffer, strip, history, screen }) {
    Object.assign(this, { api, sender, buffer, strip, history, screen });
  }

  /** Take the entry off the screen at once and send its answer in the background. */
  async send(entry, { action, label = null, title = "", reasonCode = null, fields = null, queue = null, mentions = [] }) {
    const { review, draft } = entry;
    this.buffer.remove(entry);
    const claimNext = this.buffer.nextCount;
    this.buffer.expected += claimNext;
    const body = { fence: review.fence, action, active_ms: Math.round(entry.activeMs), claim_next: claimNext };
    if (label !== null) body.label = label;
    if (fields && Object.keys(fields).length) body.fields = fields;
    if (reasonCode) body.reason_code = reasonCode;
    if (queue) body.queue = queue;
    if (mentions.length) body.mentions = mentions;
    if (draft.note.trim()) body.note = draft.note.trim();
    // The item may just be on its way back to this person: then the answer goes under the new lease, not behind the old one.
    const ready = entry.isLost ? this.buffer.regain(entry).then(() => { body.fence = review.fence; }) : null;
    const record = this.#note(entry, body, ACTIONS[action].label ?? title);
    this.buffer.onChange();
    if (this.buffer.missing && this.strip.waiting) this.buffer.fill();

    try {
      const answer = await this.sender.send({ id: record.id, path: `reviews/${review.id}/decide/`, body, ready });
      this.buffer.expected -= claimNext;
      this.#sent(record, answer);
    } catch (problem) {
      this.buffer.expected -= claimNext;
      this.#refused(record, problem);
    }
    record.settled?.();
    if (this.buffer.missing && (!this.buffer.current || this.strip.waiting)) this.buffer.fill();
  }

  #note(entry, body, label) {
    const { review } = entry;
    const { sentence } = ACTIONS[body.action];
    const counts = isDecision(body.action);
    this.screen.say(counts ? fill(gettext("Sent as {label}. U takes it back."), { label }) : `${sentence} ${label}.`);
    if (counts) {
      if (body.label) countUse(review.item.workflow.key, body.label);
      this.screen.counted(1, entry.activeMs);
    }
    return this.history.add({
      id: `${review.id}:${review.fence}`, item_id: review.item.id, external_id: review.item.external_id,
      label, sentence, entry, body, canUndo: counts && review.queue?.undo_window_s !== 0,
    });
  }

  #sent(record, answer) {
    this.buffer.dropDraft(record.entry);
    const until = answer.undo_until ? Date.now() + Date.parse(answer.undo_until) - this.api.now() : 0;
    this.history.change(record, { state: "sent", decisionId: answer.decision?.id, until });
    this.buffer.add(answer.next ?? []);
  }

  #refused(record, problem) {
    const { entry } = record;
    if (isDecision(record.body.action)) this.screen.counted(-1);
    if (TOO_LATE.includes(problem.code) || problem.status === 404) {
      // The draft stays: the item may come up again for this person, with the answer already chosen.
      this.history.change(record, { state: "late" });
      this.screen.warn(problem.detail || KEPT);
      return;
    }
    this.history.change(record, { state: "failed" });
    entry.problem = fill(gettext("The answer was not accepted: {why} Nothing you typed is lost."), { why: problem.detail || problem.message });
    entry.fieldErrors = problem.body.errors ?? null;
    this.buffer.held.push(entry);
    this.buffer.onChange();
    this.screen.warn(fill(gettext("“{label}” was not accepted. The item is the last of those held for you."), { label: record.label }));
  }

  /** Take an answer back: before it was sent, while it is on its way, or inside the undo window. */
  async undo(record) {
    if (record.isUndoing) return;
    const wasSending = record.state === "sending";
    if (wasSending && this.sender.cancel(record.id)) {
      this.buffer.expected -= record.body.claim_next;
      this.#takenBack(record, () => this.buffer.putBack(record.entry));
      return;
    }
    record.isUndoing = true;
    if (wasSending) await new Promise((resolve) => { record.settled = resolve; });
    const id = record.decisionId ?? record.decision_id;
    if (id && record.state === "sent") await this.#recall(record, id);
    record.isUndoing = false;
  }

  async #recall(record, id) {
    try {
      const { review } = await this.api.post(`decisions/${id}/undo/`);
      const draft = { label: record.body?.label ?? null, note: record.body?.note ?? "", fields: record.body?.fields ?? {} };
      this.#takenBack(record, () => {
        this.buffer.add([{ ...review, draft }], { front: true });
        if (record.entry) this.buffer.current.activeMs = record.entry.activeMs;
      });
    } catch (problem) {
      if (!problem.isPassing) this.history.change(record, { until: 0 });
      this.screen.warn(problem.detail || (problem.isPassing
        ? gettext("Undo did not get through. Press U once more.")
        : gettext("It had left already and can’t be taken back here; ask a lead to amend it.")));
    }
  }

  #takenBack(record, bringBack) {
    this.history.change(record, { state: "undone", until: 0 });
    this.screen.counted(-1);
    bringBack();
    this.screen.say(fill(gettext("Taken back: {label}. The item is open again."), { label: record.label }));
  }

  /** Give similar items the answer of the entry; each can be taken back alone. */
  async sendTogether(reviews, similar, { label, title, note }) {
    const body = { reviews, action: "correct", label };
    if (note) body.note = note;
    const { results } = await this.api.post("reviews/bulk/", body);
    for (const { review, decision, undo_until: until } of results.filter((one) => one.decision)) {
      const { item, external_id: externalId } = similar.find((one) => one.review === review);
      const record = this.history.add({ id: `${review}:bulk`, item_id: item, external_id: externalId, label: title, sentence: gettext("Sent as"), body: { label, claim_next: 0 } });
      this.history.change(record, { state: "sent", decisionId: decision.id, until: until ? Date.now() + Date.parse(until) - this.api.now() : 0 });
      this.screen.counted(1, 0);
    }
    return { done: results.filter((one) => one.decision).length, refused: results.filter((one) => one.problem) };
  }

  /** Answers that an earlier page of this person could not send. */
  async sendLeftOver() {
    for (const job of this.sender.leftOver()) {
      try {
        const answer = await this.sender.send(job);
        this.buffer.add(answer.next ?? []);
        this.screen.say(gettext("An answer from before was sent."));
      } catch (problem) {
        this.screen.warn(TOO_LATE.includes(problem.code)
          ? gettext("An answer from before came too late and was kept as a second opinion.")
          : fill(gettext("An answer from before was not accepted: {why}"), { why: problem.detail || problem.message }));
      }
    }
  }
}
