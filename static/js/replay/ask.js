// The form: a draft made of the active policy, of the tuner's or of a version, and the period it is replayed over.
import { gettext, locale } from "../text.js";
import { told } from "../work/api.js";

const json = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const decimalSign = (1.5).toLocaleString(locale).charAt(1);

/** A threshold as the reader writes numbers; null for never, NaN for what is none. */
function thresholdOf(text) {
  const plain = text.trim().replace(decimalSign, ".");
  if (!plain) return null;
  const value = Number(plain);
  return value >= 0 && value <= 1 ? value : NaN;
}

/** The day of a moment in the reader's zone, as date fields take it. */
function dayOf(at) {
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The first moment of a day in the reader's zone, or of the day after. */
function moment(day, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

export function watchForm({ api, path, done }) {
  const form = document.getElementById("ask");
  const { draft, threshold, body, from, until, base } = form.elements;
  const error = document.getElementById("ask-error");
  const button = form.querySelector("[type=submit]");
  // A draft that was brought along, else what was asked last, else what is active.
  const start = json("draft-body") ?? json("replay-body") ?? json("active-body");

  const written = (value) => { body.value = JSON.stringify(value, null, 2); };
  const shown = (value) => { threshold.value = value === null || value === undefined ? "" : String(value).replace(".", decimalSign); };
  function tell(text, field) {
    error.textContent = text;
    error.hidden = !text;
    field?.focus();
  }
  /** What the text says, or undefined where it is no JSON object. */
  function read() {
    try {
      const value = JSON.parse(body.value);
      return value && typeof value === "object" && !Array.isArray(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  if (form.dataset.from) {
    from.value = dayOf(new Date(form.dataset.from));
    until.value = dayOf(new Date(new Date(form.dataset.until) - 1));
  }
  written(start);
  shown(start.default_threshold);
  draft.addEventListener("change", () => {
    for (const id of ["threshold-field", "whole-field"]) document.getElementById(id).hidden = draft.value !== "";
  });
  threshold.addEventListener("input", () => {
    const [value, whole] = [thresholdOf(threshold.value), read()];
    if (!Number.isNaN(value) && whole) written({ ...whole, default_threshold: value });
  });
  body.addEventListener("change", () => {
    const whole = read();
    if (whole) shown(whole.default_threshold);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    tell("");
    const asked = { from: moment(from.value), until: moment(until.value, 1), base: base.value };
    if (draft.value) asked.policy_version = draft.value;
    else {
      const whole = read();
      if (Number.isNaN(thresholdOf(threshold.value))) return tell(gettext("A threshold is a number between 0 and 1."), threshold);
      if (!whole) {
        document.getElementById("whole-field").open = true;
        return tell(gettext("The draft is no JSON object."), body);
      }
      asked.body = whole;
    }
    button.disabled = true;
    try {
      const { id } = await api.post(path, asked);
      done(id);
    } catch (problem) {
      tell(told(problem));
      button.disabled = false;
    }
  });
}
