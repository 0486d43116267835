// Active time: what passes while the page is seen and the person did something in the last minute.
const IDLE_MS = 60_000;

export class ActiveClock {
  constructor() {
    this.entry = null;
    this.last = performance.now();
    this.touched = this.last;
    for (const kind of ["pointermove", "pointerdown", "keydown", "wheel", "scroll", "touchstart"]) {
      addEventListener(kind, () => this.touch(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.tick(document.hidden));
    setInterval(() => this.tick(), 1000);
  }

  get isActive() { return !document.hidden && performance.now() - this.touched < IDLE_MS; }

  touch() {
    this.tick();
    this.touched = performance.now();
  }

  /** Add what has passed to the item on the screen. `leaving`: the page has just become hidden, the time before counts. */
  tick(leaving = false) {
    const now = performance.now();
    const seen = leaving || !document.hidden;
    const until = Math.min(now, this.touched + IDLE_MS);
    if (this.entry && seen && until > this.last) this.entry.activeMs += until - this.last;
    this.last = now;
  }

  /** From now on time belongs to this entry (or to none). */
  watch(entry) {
    this.tick();
    this.entry = entry;
  }
}
