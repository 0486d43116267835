// A dialog that is made when it is asked for, and gone when it is answered.
import { el, icon, kbd } from "../dom.js";
import { gettext } from "../text.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
export const COMMAND = isMac ? "⌘" : "Ctrl";
const sendOn = (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && !event.repeat && !event.isComposing;

let count = 0;

/**
 * Show a dialog; resolves with what `take()` returned, or null where it was closed. `take()` may return a string, the
 * sentence that says what is still missing. Without `send` it only shows. Digits choose among the radios of `choices`.
 */
export function ask({ title, body, send = null, take = () => true, choices = null, isWide = false, tone = "primary" }) {
  const id = `ask-${count += 1}`;
  const error = el("p", { class: "field-error", role: "alert", hidden: true });
  const close = el("button", { class: "btn", type: "button", onclick: () => dialog.close() }, send ? gettext("Cancel") : gettext("Close"), " ", kbd("Esc"));
  const foot = [close, send && el("button", { class: `btn btn--${tone}`, type: "button", "data-sends": true, onclick: () => finish() }, send, " ", kbd(COMMAND), kbd("Enter"))];
  const dialog = el("dialog", { class: isWide ? "dialog dialog--wide" : "dialog", "aria-labelledby": id },
    el("form", { method: "dialog" },
      el("div", { class: "dialog-head" }, el("h2", { id }, title), el("button", { class: "btn btn--quiet btn--icon btn--sm push", type: "button", "aria-label": gettext("Close"), onclick: () => dialog.close() }, icon("x"))),
      el("div", { class: "dialog-body" }, body, error),
      el("div", { class: "dialog-foot" }, foot)));
  let answer = null;
  const finish = () => {
    const taken = take();
    if (typeof taken === "string") {
      error.textContent = taken;
      error.hidden = false;
      return;
    }
    answer = taken;
    dialog.close();
  };
  dialog.finish = finish;

  return new Promise((resolve) => {
    dialog.addEventListener("keydown", (event) => {
      const isTyping = event.target.matches("textarea, input:not([type=radio], [type=checkbox]), select");
      const digit = !isTyping && /^[1-9]$/.test(event.key) ? choices?.querySelectorAll("input")[event.key - 1] : null;
      if (send && sendOn(event)) finish();
      else if (digit) {
        if (digit.type === "checkbox") digit.click();
        else digit.checked = true;
        digit.focus();
        digit.dispatchEvent(new Event("change", { bubbles: true }));
      } else if (!(event.key === "Enter" && !event.target.matches("textarea, a, button:not([data-sends])"))) return;
      event.preventDefault();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    }, { once: true });
    document.body.append(dialog);
    dialog.showModal();
    (choices?.querySelector("input:checked") ?? choices?.querySelector("input") ?? dialog.querySelector(".dialog-body :is(input, select, textarea, button)") ?? close).focus();
  });
}

/** Numbered choices, one of which may be taken: a fieldset of radios. */
export const radios = (legend, name, options, checked = null) => el("fieldset", {}, el("legend", { class: "visually-hidden" }, legend),
  el("div", { class: "labels" }, options.map(({ value, title }, index) => el("label", { class: "label-choice" },
    el("input", { type: "radio", name, value, checked: value === checked }), index < 9 && kbd(String(index + 1)), el("span", {}, title)))));

export const chosenIn = (node) => node.querySelector("input:checked")?.value ?? null;

/** A field for a note. */
export function noteField(label, text = "") {
  const area = el("textarea", { class: "textarea", rows: 2, maxlength: 4000 });
  area.value = text;
  return { node: el("label", { class: "field" }, el("span", { class: "field-label" }, label), area), area };
}
