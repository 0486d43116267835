// Kindness to eyes and hands: a word after long work, images that are blurred or grey until they are wanted.
const MINUTE_MS = 60_000;

/** Put what was chosen on the page. */
export function applyLook({ text_size: text, blur_images: blur, grey_images: grey }) {
  const { dataset } = document.documentElement;
  if (text === "large" || text === "largest") dataset.text = text;
  else delete dataset.text;
  try { localStorage.setItem("text", text ?? ""); } catch { /* private mode */ }
  document.body.classList.toggle("images--blurred", blur === true);
  document.body.classList.toggle("images--grey", grey === true);
}

/** Tells after so many minutes of active work, and again after as many more; a break or a reload starts anew. */
export class BreakReminder {
  constructor({ clock, onTime }) {
    Object.assign(this, { clock, onTime, everyMin: 0, workedMs: 0, last: performance.now() });
    setInterval(() => this.#tick(), 5000);
  }

  /** Start anew; 0 minutes is never. */
  start(everyMin) {
    this.everyMin = everyMin ?? 0;
    this.workedMs = 0;
  }

  #tick() {
    const now = performance.now();
    if (this.clock.isActive) this.workedMs += now - this.last;
    this.last = now;
    if (!this.everyMin || this.workedMs < this.everyMin * MINUTE_MS) return;
    const minutes = Math.round(this.workedMs / MINUTE_MS);
    this.workedMs = 0;
    this.onTime(minutes);
  }
}
