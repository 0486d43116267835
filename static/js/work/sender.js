// Answers on their way: in order, in the background, tried again until the server has spoken, kept over a closed tab.
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15_000;

const pause = (ms, wake) => new Promise((resolve) => { wake.now = resolve; setTimeout(resolve, ms); });

export class Sender {
  /** `onState({pending, problem, waitMs})` is told whenever something begins, ends or has to wait. */
  constructor({ api, storageKey, onState }) {
    this.api = api;
    this.storageKey = storageKey;
    this.onState = onState;
    this.jobs = [];
    this.running = false;
    this.wake = {};
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.retryNow(); });
  }

  /** Jobs that an earlier page of this person could not finish. The same body under the same fence is harmless twice. */
  leftOver() {
    try { return JSON.parse(localStorage.getItem(this.storageKey)) ?? []; } catch { return []; }
  }

  /** Send `{id, path, body}`; resolves with the answer, rejects with a Problem that trying again can't mend. */
  send(job) {
    return new Promise((resolve, reject) => {
      this.jobs.push({ ...job, resolve, reject, sent: false });
      this.#keep();
      this.#run();
    });
  }

  /** Take a job back that has not left yet; tells whether that worked. */
  cancel(id) {
    const index = this.jobs.findIndex((job) => job.id === id && !job.sent);
    if (index < 0) return false;
    this.jobs.splice(index, 1);
    this.#keep();
    this.onState({ pending: this.jobs.length });
    return true;
  }

  retryNow() { this.wake.now?.(); }

  async #run() {
    if (this.running) return;
    this.running = true;
    while (this.jobs.length) {
      const job = this.jobs[0];
      this.onState({ pending: this.jobs.length });
      await this.#attempt(job);
      this.jobs.splice(this.jobs.indexOf(job), 1);
      this.#keep();
    }
    this.running = false;
    this.onState({ pending: 0 });
  }

  async #attempt(job) {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LAST_WAIT_MS, waitMs * 2)) {
      job.sent = true;
      try {
        job.resolve(await this.api.post(job.path, job.body));
        return;
      } catch (problem) {
        if (!problem.isPassing && !problem.isSignedOut) {
          job.reject(problem);
          return;
        }
        this.onState({ pending: this.jobs.length, problem, waitMs });
        await pause(waitMs, this.wake);
      }
    }
  }

  #keep() {
    try {
      const kept = this.jobs.map(({ id, path, body }) => ({ id, path, body }));
      if (kept.length) localStorage.setItem(this.storageKey, JSON.stringify(kept));
      else localStorage.removeItem(this.storageKey);
    } catch { /* no storage: the page itself still holds them */ }
  }
}
