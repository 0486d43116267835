// What to reckon with: fields above the page. What nobody has changed is not sent, so that it follows what is stored or measured.
import { decimal } from "../text.js";
import { plain, typed } from "./numbers.js";

/** The fields that are stored with the workflow, by the names of the API. */
const STORED = { review_cost: "review_cost", wrong_cost: "wrong_cost", minutes: "review_minutes", items_a_day: "items_a_day", human_error: "human_error" };

export class Assume {
  /** `onChange` is called when a field holds something new and sensible. */
  constructor(form, { onChange }) {
    this.form = form;
    this.onChange = onChange;
    this.changed = new Map();
    for (const option of form.querySelectorAll("option[data-sure]")) option.textContent = `${plain((1 - Number(option.value)) * 100)}\u00a0%`;
    this.changed.set("target", Number(form.elements.target.dataset.value));
    this.changed.set("delta", Number(form.elements.delta.value));
    this.write("target", this.changed.get("target"));
    form.addEventListener("change", (event) => this.read(event.target));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  read(field) {
    const text = field.value;
    let value = field.name === "delta" ? Number(text) : typed(text);
    if (value !== null && "share" in field.dataset) value /= 100;
    const isMissing = !text.trim() && field.name !== "target";
    const isWrong = !isMissing && (value === null || value < 0 || ("share" in field.dataset && value > 1) || (field.name === "target" && (value <= 0 || value >= 1)));
    field.setAttribute("aria-invalid", String(isWrong));
    if (isWrong) return;
    if (isMissing) this.changed.delete(field.name);
    else this.changed.set(field.name, value);
    this.onChange();
  }

  /** Show what the last answer reckoned with, except in the field that is being written. */
  show(assumptions) {
    const values = { ...assumptions, minutes: assumptions.review_minutes };
    for (const field of this.form.elements) {
      if (!(field.name in values) || field === document.activeElement || field.getAttribute("aria-invalid") === "true") continue;
      this.write(field.name, values[field.name]);
    }
  }

  write(name, value) {
    const field = this.form.elements[name];
    const shown = "share" in field.dataset ? value * 100 : value;
    field.value = field.dataset.places === undefined ? plain(Number(shown.toFixed(name === "human_error" ? 2 : 3))) : decimal(shown, Number(field.dataset.places));
  }

  set(name, value) {
    this.changed.set(name, value);
    this.write(name, value);
    this.onChange();
  }

  get hasNew() { return [...this.changed.keys()].some((name) => name in STORED); }

  /** The changed ones over the stored ones, as they are kept. */
  kept(stored) {
    const merged = { ...stored };
    for (const [name, value] of this.changed) if (name in STORED) merged[STORED[name]] = name === "items_a_day" ? Math.round(value) : value;
    return merged;
  }

  forgetKept() {
    for (const name of Object.keys(STORED)) this.changed.delete(name);
  }
}
