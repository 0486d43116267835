// Items that go another way: filtered by the server, page by page, worked by J, K and Enter.
import { el, icon } from "../dom.js";
import { decimal, fill, gettext, locale, ngettext } from "../text.js";
import { told } from "../work/api.js";

const WAYS = {
  auto: ["way-a", "machine", gettext("automatic")],
  people: ["way-p", "user", gettext("people")],
  escalate: ["way-e", "up", gettext("escalate")],
};

const way = (name) => {
  const [tone, symbol, title] = WAYS[name];
  return el("span", { class: tone }, icon(symbol), ` ${title}`);
};
/** A score with three places, never rounded up to a threshold it does not reach. */
const score = (value) => (value === null ? "–" : decimal(Math.floor(value * 1000 + 1e-6) / 1000, 3));
const isTyping = (event) => event.target.closest("input, select, textarea, dialog[open]") !== null;

export function showFlips({ api, path, items }) {
  const rows = document.getElementById("rows");
  const more = document.getElementById("more");
  const found = document.getElementById("found");
  const filters = document.getElementById("filters");
  const table = document.getElementById("table");
  const titles = new Map([...filters.querySelectorAll("[name=label] option")].map((option) => [option.value, option.textContent]));
  const title = (label) => titles.get(label) ?? label;
  const asked = { to: "", label: "", segment: "*", answer: "", external_id: "" };
  let next = null;
  let turn = 0;

  function answer(flip) {
    if (flip.said === "none") return el("span", { class: "subtle" }, gettext("not known"));
    if (flip.said === "same") {
      return flip.to === "auto" ? el("span", { class: "good row" }, icon("check"), ` ${gettext("the same")}`) : el("span", { class: "muted" }, gettext("the same, costs a review"));
    }
    return el("span", { class: "badge badge--bad" }, icon("x", false), ` ${flip.answer === null ? gettext("no label") : title(flip.answer)}`);
  }

  function row(flip) {
    const label = flip.label === null ? el("span", { class: "subtle" }, gettext("none")) : title(flip.label);
    return el("tr", {},
      el("td", {}, el("a", { class: "table-link mono nowrap", href: `${items}${flip.item.id}/` }, flip.item.external_id)),
      el("td", { class: "nowrap" }, label),
      el("td", { class: "num" }, score(flip.confidence)),
      el("td", { class: "nowrap" }, el("span", { class: "flip" }, way(flip.from), icon("arrow"), way(flip.to))),
      el("td", { class: "nowrap" }, answer(flip)),
      el("td", { class: "num" }, flip.value === null ? "" : flip.value.toLocaleString(locale)));
  }

  async function load({ after = null } = {}) {
    turn += 1;
    const mine = turn;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) {
      if (name === "segment" ? value !== "*" : value) query.set(name, value);
    }
    table.href = `${table.href.split("?")[0]}?${query}`;
    if (after !== null) query.set("after", after);
    more.disabled = true;
    try {
      const page = await api.get(`${path}?${query}`);
      if (mine !== turn) return;
      const fresh = page.flips.map(row);
      if (after === null) rows.replaceChildren(...fresh);
      else rows.append(...fresh);
      if (!rows.children.length) rows.append(el("tr", {}, el("td", { colspan: 6, class: "muted" }, gettext("None."))));
      next = page.next;
      more.hidden = next === null;
      found.textContent = fill(ngettext("{n} found", "{n} found", page.count), { n: page.count.toLocaleString(locale) });
      if (after !== null) select(fresh[0]);
    } catch (problem) {
      if (mine === turn) found.textContent = told(problem);
    } finally {
      more.disabled = false;
    }
  }

  const selected = () => rows.querySelector('[aria-selected="true"]');
  function select(line) {
    if (!line?.querySelector("a")) return;
    selected()?.removeAttribute("aria-selected");
    line.setAttribute("aria-selected", "true");
    line.scrollIntoView({ block: "nearest" });
  }

  filters.addEventListener("click", (event) => {
    const button = event.target.closest("[data-to]");
    if (!button) return;
    for (const one of filters.querySelectorAll("[data-to]")) one.setAttribute("aria-pressed", String(one === button));
    asked.to = button.dataset.to;
    load();
  });
  filters.addEventListener("change", (event) => {
    if (!(event.target.name in asked)) return;
    asked[event.target.name] = event.target.value;
    load();
  });
  document.getElementById("find").addEventListener("submit", (event) => {
    event.preventDefault();
    asked.external_id = event.target.elements.external_id.value.trim();
    load();
  });
  more.addEventListener("click", () => load({ after: next }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const key = event.key.toLowerCase();
    const line = selected();
    if (key === "j") select(line ? line.nextElementSibling : rows.firstElementChild);
    else if (key === "k") select(line?.previousElementSibling);
    else if (event.key === "Enter" && line && !event.target.closest("a, button, summary")) line.querySelector("a").click();
    else return;
    event.preventDefault();
  });
  load();
}
