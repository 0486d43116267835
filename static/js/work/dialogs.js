// The three dialogs: a reason (skip, escalate), a label among many, the keys.
import { el, fillNode, kbd } from "../dom.js";
import { gettext } from "../text.js";

const byId = (id) => document.getElementById(id);
const FOUND = 60;

const REASONS = {
  skip: [
    { code: "not_my_field", title: gettext("Not my field") },
    { code: "cannot_tell", title: gettext("Can’t be told from what is here") },
    { code: "conflict_of_interest", title: gettext("I know the person or the case") },
    { code: "unreadable", title: gettext("Can’t be read") },
    { code: "other", title: gettext("Something else") },
  ],
  escalate: [
    { code: "unsure", title: gettext("I am not sure enough for this one") },
    { code: "risk", title: gettext("Looks like fraud or harm") },
    { code: "no_rule", title: gettext("No rule covers it") },
    { code: "beyond_my_role", title: gettext("Needs somebody with more say") },
    { code: "other", title: gettext("Something else") },
  ],
};
const TITLES = { skip: [gettext("Why skip it?"), gettext("Skip")], escalate: [gettext("Why escalate it?"), gettext("Escalate")] };

for (const button of document.querySelectorAll("dialog [data-cancel]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

const sendOn = (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && !event.repeat && !event.isComposing;

/** Ask for a reason; resolves with {reason_code, note} or null. */
export function askReason(action, own, note) {
  const dialog = byId("reason");
  const reasons = own?.[action] ?? REASONS[action];
  byId("reason-title").textContent = TITLES[action][0];
  byId("reason-send").firstElementChild.textContent = TITLES[action][1];
  byId("reason-note").value = note;
  byId("reason-error").hidden = true;
  fillNode(byId("reason-list"), reasons.map(({ code, title }, index) =>
    el("label", { class: "label-choice" }, el("input", { type: "radio", name: "reason", value: code }), kbd(String(index + 1)), el("span", {}, title))));
  const choices = [...byId("reason-list").querySelectorAll("input")];

  return new Promise((resolve) => {
    let answer = null;
    const listening = new AbortController();
    const send = () => {
      const chosen = choices.find((choice) => choice.checked);
      if (!chosen) {
        byId("reason-error").textContent = gettext("Choose a reason first.");
        byId("reason-error").hidden = false;
        return;
      }
      answer = { reason_code: chosen.value, note: byId("reason-note").value.trim() };
      dialog.close();
    };
    dialog.addEventListener("keydown", (event) => {
      if (sendOn(event)) {
        event.preventDefault();
        send();
      } else if (event.key === "Enter" && event.target.tagName !== "TEXTAREA" && !event.target.matches("[data-cancel]")) {
        event.preventDefault();
      } else if (/^[1-9]$/.test(event.key) && event.target.tagName !== "TEXTAREA" && choices[event.key - 1]) {
        event.preventDefault();
        choices[event.key - 1].checked = true;
        choices[event.key - 1].focus();
      }
    }, { signal: listening.signal });
    byId("reason-send").addEventListener("click", send, { signal: listening.signal });
    dialog.addEventListener("close", () => {
      listening.abort();
      resolve(answer);
    }, { once: true });
    dialog.showModal();
    choices[0]?.focus();
  });
}

/** Let the person find one of many labels; resolves with its value or null. */
export function findLabel(labels) {
  const dialog = byId("search");
  const input = byId("search-text");
  const list = byId("search-list");
  let found = [];
  let at = 0;
  let answer = null;

  return new Promise((resolve) => {
    const listening = new AbortController();
    const choose = (label) => {
      answer = label?.value ?? null;
      dialog.close();
    };
    const mark = () => {
      [...list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
      list.children[at]?.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
    };
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      found = labels.filter(({ title, value }) => words.every((word) => `${title} ${value}`.toLowerCase().includes(word))).slice(0, FOUND);
      at = 0;
      fillNode(list, found.length
        ? found.map((label, index) => el("div", { class: "search-row", role: "option", id: `found-${index}`, onclick: () => choose(label) }, label.title))
        : el("p", { class: "subtle" }, gettext("No label like this.")));
      mark();
    };
    input.addEventListener("input", show, { signal: listening.signal });
    dialog.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        at = Math.max(0, Math.min(found.length - 1, at + step));
        mark();
      } else if (event.key === "Enter" && !event.isComposing && !event.repeat) {
        event.preventDefault();
        if (found[at]) choose(found[at]);
      }
    }, { signal: listening.signal });
    dialog.addEventListener("close", () => {
      listening.abort();
      resolve(answer);
    }, { once: true });
    input.value = "";
    show();
    dialog.showModal();
    input.focus();
  });
}

export function showHelp() { byId("help").showModal(); }
