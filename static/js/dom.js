// Elements from data. Text only ever becomes text: nothing here reads markup.
const SVG = "http://www.w3.org/2000/svg";
const sprite = document.querySelector('meta[name="icons"]')?.content ?? "/static/icons.svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element; children are nodes or plain text. */
export const el = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

/** One icon of the sprite. */
export const icon = (name, small = true) =>
  svg("svg", { class: small ? "icon icon--sm" : "icon", "aria-hidden": "true" }, svg("use", { href: `${sprite}#i-${name}` }));

/** A key as it is printed on what it works. */
export const kbd = (key) => el("kbd", { class: "kbd" }, key);

/** A share as a thin bar. */
export const bar = (share, tone) =>
  svg("svg", { class: `bar bar--${tone}`, "aria-hidden": "true" }, svg("rect", { width: `${Math.max(0, Math.min(100, share * 100)).toFixed(1)}%`, height: "100%" }));

/** Replace everything in a node. */
export const fillNode = (node, ...children) => node.replaceChildren(...children.flat().filter(Boolean));
