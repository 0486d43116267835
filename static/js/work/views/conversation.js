// A conversation: who said what and when; ours stands to the right and says so.
import { el } from "../../dom.js";
import { day, gettext } from "../../text.js";
import { visible } from "../visible.js";
import { inside, isObject, isScalar } from "./places.js";
import { paragraphs } from "./text.js";
import { grow, inUnits, lock, plain } from "./values.js";

const TURNS = 100;
const OURS = /\b(?:agent|assistant|support|staff|team|us|we|out|outbound|operator)\b/i;
const WHO = ["from", "author", "name", "sender", "role"];
const WHEN = ["at", "time", "sent_at", "created_at", "date"];
const TEXT = ["text", "body", "message", "content"];

const first = (turn, keys) => keys.find((key) => turn[key] !== undefined && turn[key] !== null);

function isOurs(turn) {
  if (typeof turn.own === "boolean") return turn.own;
  return OURS.test(String(turn.direction ?? turn.role ?? turn[first(turn, WHO)] ?? ""));
}

function moment(given) {
  if (given === undefined || given === null) return null;
  const at = new Date(given);
  if (typeof given !== "string" || !/^\d{4}-\d\d-\d\d/.test(given) || Number.isNaN(at.getTime())) return el("span", { class: "subtle" }, visible(plain(given)));
  return el("time", { class: "subtle", datetime: given, title: given }, day(at));
}

function say(turn, place, view) {
  const key = isObject(turn) ? TEXT.find((name) => name in turn) ?? TEXT[0] : null;
  const own = key === null ? place : inside(place, key);
  if (view.isMasked(own)) return lock(own, view.nameOf(own, key ?? ""));
  const text = plain(view.read(key === null ? turn : turn[key], own));
  return paragraphs(text, inUnits(text, view.marks[own] ?? []));
}

function turnOf(turn, index, pointer, view) {
  const place = inside(pointer, index);
  if (!isObject(turn)) return el("li", { class: "turn" }, say(turn, place, view));
  const ours = isOurs(turn);
  const who = first(turn, WHO);
  const name = who !== undefined && inside(place, who);
  return el("li", { class: ours ? "turn turn--ours" : "turn" },
    el("p", { class: "turn-head" },
      name && (view.isMasked(name) ? lock(name, view.nameOf(name, who), { isSmall: true }) : el("b", {}, el("bdi", {}, visible(plain(view.read(turn[who], name)))))),
      ours && el("span", { class: "badge" }, gettext("ours")),
      moment(turn[first(turn, WHEN)])),
    say(turn, place, view));
}

export const conversationView = {
  takes: (value) => Array.isArray(value) && value.every((turn) => isObject(turn) || isScalar(turn)),
  show: (turns, pointer, view) => grow(el("ol", { class: "turns" }), turns, (turn, index) => turnOf(turn, index, pointer, view), { size: TURNS }),
};
