// The item and its form on the screen, drawn from memory.
import { el, fillNode, icon } from "../dom.js";
import { day, fill, gettext, locale, ngettext, span } from "../text.js";
import { showDispute } from "./dispute.js";
import { showFields } from "./fields.js";
import { isDigits, restOf, showLabels } from "./labels.js";
import { showPayload, shortTitle } from "./payload.js";
import { showSuggestion, showWhy } from "./suggestion.js";

const byId = (id) => document.getElementById(id);
const SOON_S = 3600;

const FLAGS = {
  instruction_like: gettext("a passage reads like an instruction to a program"),
  invisible_characters: gettext("invisible characters are shown as chips"),
  bidi_characters: gettext("characters that change the direction of writing are shown as chips"),
};

/** What the guard found, in words. */
const flagText = (flags) => flags.map((flag) => FLAGS[flag] ?? flag.replaceAll("_", " ")).join("; ");

/**
 * Marked passages by pointer: what reads like an instruction, and what the suggestion rests on (never where it is not shown).
 * `item.suspicious` and `suggestion.evidence` count characters.
 */
function marksOf({ item: { suspicious }, suggestion, blind }) {
  const marks = {};
  const add = (pointer, start, end, kind) => (marks[pointer] ??= []).push({ start, end, kind });
  for (const [pointer, spans] of Object.entries(suspicious ?? {})) {
    for (const [start, end, flag] of spans) if (flag === "instruction_like") add(pointer, start, end, "suspect");
  }
  for (const [pointer, spans] of Object.entries((!blind && suggestion?.evidence) || {})) {
    for (const [start, end, weight] of spans) add(pointer, start, end, weight === "strong" ? "strong" : "weak");
  }
  return marks;
}

function dueBadge(dueAt, now) {
  if (!dueAt) return null;
  const left = (Date.parse(dueAt) - now) / 1000;
  if (left < 0) return el("span", { class: "badge badge--bad push" }, icon("warn"), " ", fill(gettext("Overdue by {time}"), { time: span(-left) }));
  return el("span", { class: left < SOON_S ? "badge badge--warn push" : "badge push" }, left < SOON_S && icon("clock"), " ", fill(gettext("Due in {time}"), { time: span(left) }));
}

/** What the two weights of evidence look like, where a passage is marked. */
function legend(marks) {
  if (!Object.values(marks).flat().some(({ kind }) => kind !== "suspect")) return null;
  return el("p", { class: "ev-legend" }, icon("machine"), " ", gettext("What the suggestion rests on:"), " ",
    el("mark", { class: "ev ev--strong" }, gettext("strongly")), " ", el("mark", { class: "ev" }, gettext("weakly")));
}

export function renderItem(entry, { now, loadImage }) {
  const { review } = entry;
  const { item } = review;
  const marks = marksOf(review);
  const parts = showPayload(item, { marks, revealed: entry.revealed, loadImage });
  const fact = (name, value, kind) => el("div", { class: "fact" }, el("dt", {}, name), el("dd", { class: kind ?? null }, value));
  const isAdjudication = review.adjudication === true;
  const article = byId("item");
  fillNode(article,
    el("header", { class: "item-head" },
      el("div", { class: "row" },
        el("h2", {}, parts.title ?? shortTitle({ ...item, payload: parts.image || parts.body.length ? {} : item.payload })),
        isAdjudication && el("span", { class: "badge badge--accent" }, gettext("Adjudication")),
        dueBadge(review.due_at, now)),
      el("dl", { class: "facts" },
        fact(gettext("Item"), item.external_id, "mono"),
        parts.facts,
        item.segment && fact(gettext("Segment"), item.segment),
        item.received_at && fact(gettext("Received"), day(new Date(item.received_at))),
        typeof item.value === "number" && !Object.values(item.payload ?? {}).includes(item.value) && fact(gettext("Value"), item.value.toLocaleString(locale)))),
    item.flags?.length && el("div", { class: "item-flag" }, icon("flag"), el("span", {}, el("b", {}, gettext("Looked at more closely:")), " ", flagText(item.flags), ".")),
    parts.image, parts.body, legend(marks));
  article.viewer = article.querySelector(".viewer");
  article.scrollTop = 0;
}

/** Keys and zoom go to the image that was used last. */
byId("item").addEventListener("focusin", ({ target }) => {
  const viewer = target.closest(".viewer");
  if (viewer) byId("item").viewer = viewer;
});

/** The answer's fields, between labels and note; `onFields` is told of each change. */
function renderFields(entry, { onFields, hasFieldKeys }) {
  const { form = [], takes_label: takesLabel = true } = entry.review.item;
  byId("labels").parentElement.hidden = !takesLabel;
  byId("main").classList.toggle("station--wide-form", form.length > 0);
  showFields(byId("fields"), entry, { onChange: onFields, hasKeys: hasFieldKeys === true && !takesLabel });
}

/** `onFields` is called after each change in a field; with `hasFieldKeys` the digits lead to the fields where there is no label. */
export function renderForm(entry, { onChoose, onAccept, onReject, onCard, onFields, hasFieldKeys }) {
  const { review, draft } = entry;
  const titles = new Map(review.item.labels.map(({ value, title }) => [value, title]));
  showWhy(byId("why"), review);
  showSuggestion(byId("suggest"), review, (label) => titles.get(label) ?? label, { onAccept, onCard });
  showDispute(byId("dispute"), review, { onChoose, onReject });
  showLabels(byId("labels"), review, draft.label, onChoose);
  renderFields(entry, { onFields, hasFieldKeys });
  const rest = restOf(review);
  byId("open-search").hidden = isDigits(review.item.labels);
  byId("open-search").firstElementChild.textContent = rest ? fill(ngettext("{n} more", "{n} more", rest), { n: rest }) : gettext("Search");
  byId("note").value = draft.note;
  document.querySelector('[data-key="digits"]').firstElementChild.textContent = isDigits(review.item.labels) ? "0" : "1";
  document.querySelector('[data-key="accept"]').hidden = byId("suggest").hidden;
  renderProblem(entry);
}

/** What stands in the way of this item: its lease is gone, or the server did not take the answer. */
export function renderProblem(entry) {
  const text = entry.problem ?? (entry.isLost
    ? gettext("The time for this item ran out and it went back to the queue. You can still answer: if somebody else has it by now, yours is kept as a second opinion.")
    : entry.isRegained ? gettext("The time for this item ran out; it is held for you again, with what you typed.") : "");
  byId("problem").hidden = !text;
  fillNode(byId("problem"), text && [icon("warn"), el("span", {}, text)]);
}

export function renderEmpty({ title, text, action, glyph = "inbox" }) {
  byId("decide").hidden = true;
  const article = byId("item");
  article.viewer = null;
  article.setAttribute("aria-busy", "false");
  fillNode(article, el("div", { class: "empty" }, icon(glyph, false), el("h2", {}, title), el("p", {}, text), action));
}
