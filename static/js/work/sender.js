// Answers on their way: in order, in the background, tried again until the server has spoken, kept over a closed tab.
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 15_000;

const pause = (ms, wake) => new Promise((resolve) => { wake.now = resolve; setTimeout(resolve, ms); });

export class Sender {
  /** `onState({pending, problem, waitMs})` is told whenever something begins, ends or has to wait; jobs are kept under the prefix. */
  constructor({ api, storagePrefix, onState }) {
    this.api = api;
    this.storagePrefix = storagePrefix;
    this.onState = onState;
    this.jobs = [];
    this.running = false;
    this.wake = {};
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.retryNow(); });
  }

  /** Jobs that another page of this person has not finished. The same body under the same fence is harmless twice. */
  leftOver() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(this.storagePrefix)).map((key) => JSON.parse(localStorage.getItem(key)));
    } catch { return []; }
  }

  /** Send `{id, path, body}`, not before its promise `ready` if it has one; resolves with the answer, rejects with a Problem that trying again can't mend. */
  send(job) {
    return new Promise((resolve, reject) => {
      this.jobs.push({ ...job, resolve, reject, sent: false });
      this.#keep(job);
      this.#run();
    });
  }

  /** Take a job back that has not left yet; tells whether that worked. */
  cancel(id) {
    const index = this.jobs.findIndex((job) => job.id === id && !job.sent);
    if (index < 0) return false;
    this.jobs.splice(index, 1);
    this.#forget(id);
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
      const at = this.jobs.indexOf(job);
      if (at < 0) continue;
      this.jobs.splice(at, 1);
      this.#forget(job.id);
    }
    this.running = false;
    this.onState({ pending: 0 });
  }

  async #attempt(job) {
    if (job.ready) {
      await job.ready;
      if (!this.jobs.includes(job)) return;
      this.#keep(job);
    }
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

  #keep({ id, path, body }) {
    try { localStorage.setItem(this.storagePrefix + id, JSON.stringify({ id, path, body })); } catch { /* no storage: the page itself still holds it */ }
  }

  #forget(id) {
    try { localStorage.removeItem(this.storagePrefix + id); } catch { /* no storage */ }
  }
}
