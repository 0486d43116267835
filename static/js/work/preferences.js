// What a person sets for themselves: keys, text size, images, breaks, language. Kept with the account.
import { el, fillNode, icon } from "../dom.js";
import { fill, gettext } from "../text.js";
import { ask } from "./ask.js";
import { ACTIONS, conflicts, isKey, keyOf } from "./keymap.js";

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const choice = (label, options, value) => {
  const select = el("select", { class: "select" }, options.map(([key, title]) => el("option", { value: key, selected: key === value }, title)));
  return { node: el("label", { class: "field" }, el("span", { class: "field-label" }, label), select), select };
};
const check = (label, isOn) => {
  const input = el("input", { class: "check", type: "checkbox", checked: isOn });
  return { node: el("label", { class: "tick" }, input, el("span", {}, label)), input };
};

/** Let the person change their settings; resolves with them or null. */
export function askPreferences(now, languages) {
  const text = choice(gettext("Text size"), [["normal", gettext("normal")], ["large", gettext("large")], ["largest", gettext("largest")]], now.text_size);
  const rest = choice(gettext("Remind me of a break"), [["0", gettext("never")], ["30", gettext("after 30 minutes")], ["50", gettext("after 50 minutes")], ["90", gettext("after 90 minutes")]], String(now.break_every_min ?? 0));
  const language = choice(gettext("Language"), languages, now.language);
  const blur = check(gettext("Blur images until I point at them"), now.blur_images);
  const grey = check(gettext("Show images in grey"), now.grey_images);
  const warning = el("div", { class: "problem", role: "status", hidden: true });
  const keys = Object.fromEntries(ACTIONS.map(({ name }) => [name, keyOf(name)]));
  const inputs = new Map();
  const tell = () => {
    const clashes = conflicts(keys);
    const clashing = new Set(clashes.flat().map(({ name }) => name));
    for (const [name, input] of inputs) {
      if (clashing.has(name)) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    warning.hidden = !clashes.length;
    fillNode(warning, clashes.length && [icon("warn"), el("span", {}, clashes.map((actions) => fill(gettext("{key} would do two things: {these}."), { key: keys[actions[0].name].toUpperCase(), these: actions.map(({ title }) => title).join("; ") })).join(" "))]);
  };
  const rows = ACTIONS.map(({ name, title }) => {
    const input = el("input", { class: "input key-input", type: "text", maxlength: 1, size: 2, autocomplete: "off", spellcheck: "false", value: keys[name].toUpperCase(), onkeydown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.getModifierState("AltGraph") || event.key.length !== 1) return;
      event.preventDefault();
      const key = event.key.toLowerCase();
      if (!isKey(key)) return;
      keys[name] = key;
      input.value = key.toUpperCase();
      tell();
    } });
    inputs.set(name, input);
    return el("label", { class: "key-row" }, el("span", {}, capital(title)), input);
  });
  const usual = el("button", { class: "btn btn--sm", type: "button", onclick: () => {
    for (const { name, key } of ACTIONS) {
      keys[name] = key;
      inputs.get(name).value = key.toUpperCase();
    }
    tell();
  } }, icon("undo"), gettext("The usual keys"));
  return ask({
    title: gettext("Your settings"), send: gettext("Save"), isWide: true,
    body: [
      el("div", { class: "settings-look" }, text.node, language.node, rest.node, blur.node, grey.node),
      el("fieldset", { class: "settings-keys" }, el("legend", { class: "labels-head" }, el("span", {}, gettext("Keys")), usual), warning, rows)],
    take: () => {
      if (conflicts(keys).length) return gettext("Two things are on one key. Give one of them another.");
      const own = Object.fromEntries(ACTIONS.filter(({ name, key }) => keys[name] !== key).map(({ name }) => [name, keys[name]]));
      return { keys: own, text_size: text.select.value, break_every_min: Number(rest.select.value), blur_images: blur.input.checked, grey_images: grey.input.checked, language: language.select.value };
    },
  });
}
