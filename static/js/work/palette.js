// Every command by its name, with its key; queues and templates among them.
import { gettext } from "../text.js";
import { find } from "./dialogs.js";
import { ACTIONS, keyOf } from "./keymap.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Let the person pick a command; `actions` by name, `more` are {title, hint, value: function}. */
export async function openPalette({ actions, isReady, more }) {
  const known = ACTIONS.filter(({ name, needsItem }) => actions[name] && (!needsItem || isReady()))
    .map(({ name, title }) => ({ title: capital(title), key: keyOf(name).toUpperCase(), value: actions[name] }));
  const chosen = await find(gettext("Find a command"), [...known, ...more], gettext("No command like this."));
  chosen?.();
}
