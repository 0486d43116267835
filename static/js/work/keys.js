// The keys. Never on a held key, with AltGr, while composing or typing, in a dialog, or before the item is on the screen.
import { actionOf } from "./keymap.js";

const TYPING = 'input:not([type="radio"], [type="checkbox"], [type="button"]), textarea, select, [contenteditable]';
const DIGIT_CODE = /^(?:Digit|Numpad)(\d)$/;

const isTyping = (target) => target instanceof Element && target.closest(TYPING) !== null;
const isInDialog = () => document.querySelector("dialog[open], :popover-open") !== null;

/** The digit meant by a key press; layouts that need Shift for digits count by position. */
function digitOf(event) {
  if (/^\d$/.test(event.key)) return event.key;
  if (event.shiftKey || /^[\p{L}]$/u.test(event.key)) return null;
  return DIGIT_CODE.exec(event.code)?.[1] ?? null;
}

/**
 * `actions` by name: those of the key map, and digit(d), submit, help, palette, zoomIn, zoomOut, scroll.
 * `isReady()` tells whether the item that would be acted on has been painted.
 */
export function listenToKeys(actions, isReady) {
  const run = (event, name, ...rest) => {
    if (!actions[name]) return;
    event.preventDefault();
    if (!event.repeat) actions[name](...rest);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph") || event.altKey) return;
    // Enter on a button that sends would be a bare Enter that sends.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.closest?.("[data-sends]")) {
      event.preventDefault();
      return;
    }
    if (isInDialog()) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === "Enter") {
      if (isReady()) run(event, "submit");
      else event.preventDefault();
      return;
    }
    if (command && !event.shiftKey && event.key.toLowerCase() === "k") return void run(event, "palette");
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (command) {
      if (!event.shiftKey && event.key.toLowerCase() === "z") run(event, "undo");
      return;
    }
    onPlainKey(event, run, isReady);
  });
}

function onPlainKey(event, run, isReady) {
  if (event.key === "?") return void run(event, "help");
  const mapped = actionOf(event.key.toLowerCase());
  // On layouts where a chosen sign stands behind Shift it counts; letters with Shift don't.
  if (mapped && !(event.shiftKey && /^\p{L}$/u.test(event.key))) {
    if (!mapped.needsItem || isReady()) run(event, mapped.name);
    return;
  }
  const digit = digitOf(event);
  if (digit !== null) {
    if (isReady()) run(event, "digit", digit);
    return;
  }
  if (event.key === "+") return void run(event, "zoomIn");
  if (event.key === "-") return void run(event, "zoomOut");
  if (event.shiftKey) return;
  const atRest = event.target === document.body || event.target.id === "main";
  if (event.key.startsWith("Arrow")) {
    // Radios, the item and lists keep their own arrows.
    if (!atRest && !event.target.closest?.(".mine")) return;
    run(event, event.key === "ArrowDown" || event.key === "ArrowRight" ? "next" : "previous");
    return;
  }
  if (event.key === " " && atRest) run(event, "scroll");
}
