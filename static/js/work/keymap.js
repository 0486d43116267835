// Which key does what: the product's keys, changed where a person has chosen others. Printed keys follow.
import { gettext } from "../text.js";

/** What a bare key may do; order is that of the help. */
export const ACTIONS = [
  { name: "accept", key: "a", title: gettext("accept the suggestion and go on"), needsItem: true },
  { name: "reject", key: "x", title: gettext("reject: no label applies"), needsItem: true },
  { name: "undo", key: "u", title: gettext("undo, while the answer has not left") },
  { name: "note", key: "n", title: gettext("write a note; Esc leaves it"), needsItem: true },
  { name: "skip", key: "s", title: gettext("skip, asks a reason"), needsItem: true },
  { name: "escalate", key: "e", title: gettext("escalate, asks a reason"), needsItem: true },
  { name: "snooze", key: "z", title: gettext("put off until later"), needsItem: true },
  { name: "reveal", key: "r", title: gettext("reveal a masked field, asks a reason"), needsItem: true },
  { name: "templates", key: "y", title: gettext("use an answer template"), needsItem: true },
  { name: "similar", key: "b", title: gettext("give similar items the same answer"), needsItem: true },
  { name: "card", key: "m", title: gettext("the model’s card: where it is weak"), needsItem: true },
  { name: "next", key: "j", title: gettext("next of the items held for you") },
  { name: "previous", key: "k", title: gettext("previous of the items held for you") },
  { name: "turn", key: "t", title: gettext("turn an image"), needsItem: true },
  { name: "fit", key: "f", title: gettext("fit an image"), needsItem: true },
  { name: "search", key: "/", title: gettext("search all items") },
];
const MAY_BE = /^[a-z\/.,;'[\]]$/;

let chosen = new Map();

/** Take what a person has chosen: {action: key}; what is no action or no key is left out. */
export function useKeys(own) {
  const known = Object.entries(own ?? {}).filter(([name, key]) => ACTIONS.some((action) => action.name === name) && MAY_BE.test(key));
  chosen = new Map(known);
  printKeys(document);
}

export const keyOf = (name) => chosen.get(name) ?? ACTIONS.find((action) => action.name === name)?.key ?? "";

/** The action of a key, or none. */
export const actionOf = (key) => ACTIONS.find(({ name }) => keyOf(name) === key) ?? null;

export const isKey = (key) => MAY_BE.test(key);

/** Pairs of actions on one key, given {action: key}. */
export function conflicts(keys) {
  const byKey = Map.groupBy ? Map.groupBy(ACTIONS, ({ name }) => keys[name]) : grouped(keys);
  return [...byKey.values()].filter((actions) => actions.length > 1);
}

function grouped(keys) {
  const found = new Map();
  for (const action of ACTIONS) found.set(keys[action.name], [...found.get(keys[action.name]) ?? [], action]);
  return found;
}

/** Write the keys where they are printed. */
export function printKeys(scope) {
  for (const node of scope.querySelectorAll("[data-key-of]")) node.textContent = keyOf(node.dataset.keyOf).toUpperCase();
}
