// What is leased to this person: a few items ahead, so that the next one is there before it is asked for.
export const AHEAD = 3;
const RENEW_EVERY_MS = 3000;
const LOOK_AGAIN_MS = 15_000;
const MOST_NEXT = 5;
const HINT_GAP_MS = 3000;

const DRAFT_PAUSE_MS = 800;

const drafts = {
  read(id) { try { return JSON.parse(localStorage.getItem(`draft:${id}`)); } catch { return null; } },
  write(id, draft) { try { localStorage.setItem(`draft:${id}`, JSON.stringify(draft)); } catch { /* full or private */ } },
  drop(id) { try { localStorage.removeItem(`draft:${id}`); } catch { /* private mode */ } },
};

/** What was typed before: the newer of what this browser and the server have. */
function draftOf({ id, draft }) {
  const [here, there] = [drafts.read(id), draft];
  const newer = here && there ? ((here.at ?? 0) >= Date.parse(there.saved_at ?? 0) ? here : there) : here ?? there ?? {};
  return { label: newer.label ?? null, note: newer.note ?? "", fields: newer.fields ?? {} };
}

export class Buffer {
  /** `onChange()` when the list changed, `onProblem(problem)` when claiming failed. */
  constructor({ api, queueKey, clock, onChange, onProblem }) {
    Object.assign(this, { api, clock, onChange, onProblem });
    this.claimPath = queueKey ? `queues/${encodeURIComponent(queueKey)}/claim/` : "claim/";
    this.held = [];
    this.leaving = new Set();
    this.filling = null;
    this.index = 0;
    this.expected = 0;
    this.isPaused = false;
    this.hasLooked = false;
    this.isOneQueue = queueKey !== null;
    this.lookTimer = null;
    setInterval(() => this.#renewAll(), RENEW_EVERY_MS);
  }

  get current() { return this.held[this.index] ?? null; }

  /** How many more the server may hand out with the next answer; it takes them from all queues, so not for a single one. */
  get nextCount() { return this.isOneQueue ? 0 : Math.min(MOST_NEXT, this.missing); }

  get missing() { return this.isPaused ? 0 : Math.max(0, AHEAD + 1 - this.held.filter((entry) => !entry.isLost).length - this.expected); }

  /** Take reviews in, at the end, or at the front and on the screen. */
  add(reviews, { front = false } = {}) {
    for (const review of reviews) {
      const known = [...this.held, ...this.leaving].find((entry) => entry.review.id === review.id);
      if (known) {
        Object.assign(known.review, { fence: review.fence, lease_until: review.lease_until });
        known.isRegained = known.isLost;
        known.isLost = false;
        continue;
      }
      const entry = {
        review,
        draft: draftOf(review),
        revealed: new Map(),
        activeMs: 0,
        isLost: false,
        leaseMs: Math.max(1, Date.parse(review.lease_until) - this.api.now()),
      };
      if (front) {
        this.held.unshift(entry);
        this.index = 0;
      } else this.held.push(entry);
    }
    this.onChange();
  }

  /** Put an entry back that was sent too early, in front of everything. */
  putBack(entry) {
    this.held = [entry, ...this.held.filter((other) => other.review.id !== entry.review.id)];
    this.index = 0;
    this.onChange();
  }

  remove(entry) {
    const at = this.held.indexOf(entry);
    if (at < 0) return;
    this.held.splice(at, 1);
    if (at < this.index || this.index >= this.held.length) this.index = Math.max(0, Math.min(this.index - (at < this.index ? 1 : 0), this.held.length - 1));
  }

  /** Move among the held items; tells whether there was somewhere to go. */
  move(step) { return this.goTo(this.index + step); }

  goTo(index) {
    if (index < 0 || index >= this.held.length || index === this.index) return false;
    this.index = index;
    this.onChange();
    return true;
  }

  /** Claim what is missing. */
  fill() {
    this.filling = this.#fill();
    return this.filling;
  }

  /** Return once the claim under way has told whether a lost entry, off the screen by now, is held again. */
  async regain(entry) {
    this.leaving.add(entry);
    await this.filling;
    this.leaving.delete(entry);
  }

  async #fill() {
    clearTimeout(this.lookTimer);
    const count = this.missing;
    if (!count) return;
    this.lookedAt = performance.now();
    this.expected += count;
    let answer = null;
    try {
      answer = await this.api.post(this.claimPath, { count });
    } catch (problem) {
      this.onProblem(problem);
    }
    this.expected -= count;
    this.hasLooked = this.hasLooked || answer !== null;
    if (answer && this.isPaused) {
      for (const review of answer.reviews) this.#release(review);
      return;
    }
    this.add(answer?.reviews ?? []);
    if ((answer?.reviews.length ?? 0) < count) this.lookTimer = setTimeout(() => this.fill(), LOOK_AGAIN_MS);
  }

  /** Claim because a hint says that something came; hints come each second, so not each of them is followed. */
  hint() {
    if (!this.current && performance.now() - (this.lookedAt ?? 0) > HINT_GAP_MS) this.fill();
  }

  /** Keep what is typed: here at once, on the server at each pause. */
  saveDraft(entry) {
    const { id, fence } = entry.review;
    const { label, note, fields } = entry.draft;
    drafts.write(id, { label, note, fields, at: Date.now() });
    clearTimeout(entry.draftTimer);
    entry.draftTimer = setTimeout(async () => {
      try {
        await this.api.put(`reviews/${id}/draft/`, { fence, label, note, fields });
      } catch { /* this browser has it */ }
    }, DRAFT_PAUSE_MS);
  }

  dropDraft(entry) {
    clearTimeout(entry.draftTimer);
    drafts.drop(entry.review.id);
  }

  /** Give everything back: leaving the page, or a break. */
  releaseAll() {
    const entries = this.held;
    this.held = [];
    this.index = 0;
    clearTimeout(this.lookTimer);
    for (const entry of entries) if (!entry.isLost) this.#release(entry.review);
  }

  #release({ id, fence }) { this.api.post(`reviews/${id}/release/`, { fence }).catch(() => { /* the lease runs out by itself */ }); }

  async #renewAll() {
    if (!this.clock.isActive) {
      this.#expire();
      return;
    }
    await Promise.all(this.held.map((entry) => this.#renew(entry)));
    this.#expire();
  }

  async #renew(entry) {
    const left = Date.parse(entry.review.lease_until) - this.api.now();
    if (entry.isLost || left > entry.leaseMs * 0.6) return;
    try {
      const answer = await this.api.post(`reviews/${entry.review.id}/renew/`, { fence: entry.review.fence });
      if (answer?.lease_until) entry.review.lease_until = answer.lease_until;
    } catch (problem) {
      if ([404, 409, 410].includes(problem.status)) this.#lose(entry);
    }
  }

  #expire() {
    for (const entry of [...this.held]) {
      if (!entry.isLost && Date.parse(entry.review.lease_until) < this.api.now() - 1000) this.#lose(entry);
    }
  }

  /** A lease that ran out: what is on the screen stays and says so, the others just go. */
  #lose(entry) {
    entry.isLost = true;
    if (entry !== this.current) this.remove(entry);
    this.onChange();
    if (this.clock.isActive) this.fill();
  }
}
