// What the workstation asks: a reason, a moment, whom to ask, a label among many, which fields to reveal.
import { el, fillNode, kbd } from "../dom.js";
import { fill, gettext, ngettext } from "../text.js";
import { ask, chosenIn, COMMAND, noteField, radios } from "./ask.js";
import { ACTIONS, keyOf } from "./keymap.js";

const FOUND = 60;
const MOST_MENTIONS = 10;

const REASONS = {
  skip: [
    { value: "not_my_field", title: gettext("Not my field") },
    { value: "cannot_tell", title: gettext("Can’t be told from what is here") },
    { value: "conflict_of_interest", title: gettext("I know the person or the case") },
    { value: "unreadable", title: gettext("Can’t be read") },
    { value: "other", title: gettext("Something else") },
  ],
  escalate: [
    { value: "unsure", title: gettext("I am not sure enough for this one") },
    { value: "risk", title: gettext("Looks like fraud or harm") },
    { value: "no_rule", title: gettext("No rule covers it") },
    { value: "beyond_my_role", title: gettext("Needs somebody with more say") },
    { value: "other", title: gettext("Something else") },
  ],
  reveal: [
    { value: "needed_to_decide", title: gettext("I can’t decide without it") },
    { value: "identity_check", title: gettext("To check who this is") },
    { value: "data_request", title: gettext("The person asked for their data") },
    { value: "other", title: gettext("Something else") },
  ],
};
const NEEDS_REASON = gettext("Choose a reason first.");

/** Ask why an item is skipped; resolves with {reason_code, note} or null. */
export function askSkip(note, preset = null) {
  const reasons = radios(gettext("Reason"), "reason", REASONS.skip, preset);
  const typed = noteField(gettext("Note"), note);
  return ask({
    title: gettext("Why skip it?"), send: gettext("Skip"), choices: reasons, body: [reasons, typed.node],
    take: () => (chosenIn(reasons) ? { reason_code: chosenIn(reasons), note: typed.area.value.trim() } : NEEDS_REASON),
  });
}

/** Ask why and whom; `people` and `queues` are lists, or promises of them. Resolves with {reason_code, note, queue, mentions} or null. */
export function askEscalate(note, { people, queues, preset = null }) {
  const reasons = radios(gettext("Reason"), "reason", REASONS.escalate, preset);
  const typed = noteField(gettext("Note"), note);
  const usual = el("option", { value: "" }, gettext("the workflow’s escalation queue"));
  const to = el("select", { class: "select" }, usual);
  const names = el("div", { class: "people-list", role: "group", "aria-label": gettext("Ask these people") }, el("span", { class: "subtle small" }, gettext("Getting the names…")));
  Promise.resolve(queues).then((found) => to.append(...found.map(({ key, name }) => el("option", { value: key }, name))), () => {});
  Promise.resolve(people).then((found) => fillNode(names, found.length ? found.map(({ id, name }) => el("label", { class: "tick" }, el("input", { class: "check", type: "checkbox", value: id }), el("span", {}, `@${name}`))) : el("span", { class: "subtle small" }, gettext("Nobody else is here."))),
    () => fillNode(names, el("span", { class: "subtle small" }, gettext("The names can’t be fetched now; it can be escalated without."))));
  const mentions = () => [...names.querySelectorAll("input:checked")].map(({ value }) => value);
  return ask({
    title: gettext("Why escalate it?"), send: gettext("Escalate"), choices: reasons,
    body: [reasons, el("label", { class: "field" }, el("span", { class: "field-label" }, gettext("To")), to), el("div", { class: "field" }, el("span", { class: "field-label" }, gettext("Tell")), names), typed.node],
    take: () => {
      if (!chosenIn(reasons)) return NEEDS_REASON;
      if (mentions().length > MOST_MENTIONS) return fill(gettext("At most {n} people can be told."), { n: MOST_MENTIONS });
      return { reason_code: chosenIn(reasons), note: typed.area.value.trim(), queue: to.value || null, mentions: mentions() };
    },
  });
}

const at = (days, hours) => {
  const then = new Date();
  then.setDate(then.getDate() + days);
  then.setHours(hours, 0, 0, 0);
  return then;
};
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000);

/** Ask until when an item is put off; resolves with {until: Date, note} or null. */
export function askSnooze(note) {
  const untilMonday = ((8 - new Date().getDay()) % 7) || 7;
  const moments = [
    { value: "30", title: gettext("for 30 minutes"), at: () => inMinutes(30) },
    { value: "120", title: gettext("for 2 hours"), at: () => inMinutes(120) },
    { value: "tomorrow", title: gettext("until tomorrow, 9:00"), at: () => at(1, 9) },
    { value: "monday", title: gettext("until Monday, 9:00"), at: () => at(untilMonday, 9) },
    { value: "own", title: gettext("until a moment of your own"), at: () => (own.value ? new Date(own.value) : null) },
  ];
  const choices = radios(gettext("Until when"), "until", moments);
  const own = el("input", { class: "input", type: "datetime-local", "aria-label": gettext("Your own moment"), oninput: () => { choices.querySelector('[value="own"]').checked = true; } });
  const typed = noteField(gettext("Note"), note);
  return ask({
    title: gettext("Put it off until when?"), send: gettext("Put off"), choices, body: [choices, own, typed.node],
    take: () => {
      const until = moments.find(({ value }) => value === chosenIn(choices))?.at();
      if (!until) return gettext("Choose a moment first.");
      if (until - Date.now() < 60_000 || until - Date.now() > 30 * 86_400_000) return gettext("The moment must be from one minute to 30 days from now.");
      return { until, note: typed.area.value.trim() };
    },
  });
}

/** Ask which masked fields are to be shown and why; `places` are {pointer, title}. Resolves with {pointers, reason_code, note} or null. */
export function askReveal(places, first = null) {
  const boxes = el("fieldset", {}, el("legend", { class: "field-label" }, gettext("Show")), places.map(({ pointer, title }) =>
    el("label", { class: "tick" }, el("input", { class: "check", type: "checkbox", value: pointer, checked: places.length === 1 || pointer === first }), el("span", {}, title))));
  const reasons = radios(gettext("Reason"), "reason", REASONS.reveal);
  const typed = noteField(gettext("Note"));
  return ask({
    title: gettext("Why reveal it?"), send: gettext("Reveal"), choices: reasons,
    body: [el("p", { class: "small muted" }, gettext("That you looked, what at and why is written in the item’s trail.")), places.length > 1 && boxes, reasons, typed.node],
    take: () => {
      const pointers = [...boxes.querySelectorAll("input:checked")].map(({ value }) => value);
      if (!pointers.length) return gettext("Choose what is to be shown.");
      if (!chosenIn(reasons)) return NEEDS_REASON;
      if (chosenIn(reasons) === "other" && !typed.area.value.trim()) return gettext("Say in the note what it is.");
      return { pointers, reason_code: chosenIn(reasons), note: typed.area.value.trim() };
    },
  });
}

/** Let the person find one thing among many by typing; `things` are {title, hint?, value}. Resolves with its value or null. */
export function find(title, things, nothing) {
  const list = el("div", { class: "search-list", role: "listbox", id: "found-list", "aria-label": title });
  const input = el("input", { class: "input", type: "text", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "true", "aria-controls": "found-list", "aria-label": title, placeholder: title });
  let found = [];
  let place = 0;
  let choose = () => {};
  const mark = () => {
    [...list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === place)));
    list.children[place]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", found.length ? `found-${place}` : "");
  };
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = things.filter((thing) => words.every((word) => `${thing.title} ${thing.hint ?? ""} ${thing.words ?? ""}`.toLowerCase().includes(word))).slice(0, FOUND);
    place = 0;
    fillNode(list, found.length
      ? found.map((thing, index) => el("div", { class: "search-row", role: "option", id: `found-${index}`, onclick: () => choose(thing) }, el("span", { class: "truncate" }, thing.title), thing.key ? kbd(thing.key) : thing.hint && el("span", { class: "subtle small" }, thing.hint)))
      : el("p", { class: "subtle" }, nothing));
    mark();
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) place = Math.max(0, Math.min(found.length - 1, place + step));
    else if (event.key === "Enter" && !event.isComposing && !event.repeat) {
      if (found[place]) choose(found[place]);
    } else return;
    event.preventDefault();
    mark();
  });
  let answer = null;
  const done = ask({ title, body: [input, list], take: () => answer });
  const dialog = list.closest("dialog");
  choose = (thing) => {
    answer = { value: thing.value };
    dialog.finish();
  };
  show();
  input.focus();
  return done.then((taken) => taken?.value ?? null);
}

/** Let the person find one of many labels. */
export const findLabel = (labels) => find(gettext("Find a label"), labels.map(({ title, value }) => ({ title, value, words: value })), gettext("No label like this."));

/** Ask which of the similar items get the same answer; resolves with their reviews' ids or null. */
export function askSimilar(similar, label) {
  const boxes = el("fieldset", { class: "similar-list" }, el("legend", { class: "visually-hidden" }, gettext("Similar items")), similar.map(({ review, title, external_id: externalId, similarity }) =>
    el("label", { class: "tick" }, el("input", { class: "check", type: "checkbox", value: review, checked: true }), el("span", { class: "truncate" }, title || externalId), el("span", { class: "subtle small push" }, fill(gettext("{n} % alike"), { n: Math.round(similarity * 100) })))));
  return ask({
    title: fill(gettext("Answer similar items “{label}” as well?"), { label }), send: gettext("Answer them"), isWide: true,
    body: [el("p", { class: "small muted" }, gettext("Each is a decision of its own and can be undone alone.")), boxes],
    take: () => {
      const chosen = [...boxes.querySelectorAll("input:checked")].map(({ value }) => value);
      return chosen.length ? chosen : gettext("Choose at least one.");
    },
  });
}

/** All keys. */
export function showHelp() {
  const row = (keys, text) => el("div", {}, el("dt", {}, keys), el("dd", {}, text));
  const command = COMMAND;
  ask({
    title: gettext("Keys"), isWide: true,
    body: [el("dl", { class: "help-keys" },
      row([kbd("1"), " – ", kbd("9")], gettext("choose a label; where labels are digits, the digit itself")),
      row(kbd("0"), gettext("search all labels")),
      row([kbd(command), " ", kbd("Enter")], gettext("submit and go on, also while typing")),
      ACTIONS.map(({ name, title }) => row(kbd(keyOf(name).toUpperCase()), title)),
      row([kbd(command), " ", kbd("K")], gettext("find any command by its name")),
      row([kbd("+"), " ", kbd("−")], gettext("zoom an image")),
      row(kbd(gettext("Space")), gettext("scroll the item")),
      row(kbd("?"), gettext("this list"))),
    el("p", { class: "small muted" }, gettext("Enter and Backspace alone never send anything. A held key counts once. What a single key sends can be undone. Keys can be changed in the settings."))],
  });
}

export const toldTogether = (count) => fill(ngettext("{n} similar item answered as well.", "{n} similar items answered as well.", count), { n: count });
