// What was decided before on items like this one, and what is known of the model. Nothing of it on blind items.
import { el, fillNode, icon, kbd } from "../dom.js";
import { day, decimal, fill, gettext } from "../text.js";
import { ask } from "./ask.js";
import { keyOf } from "./keymap.js";

const NEARLY_SAME = 0.9;
const percentOf = (share) => fill(gettext("{n} % alike"), { n: Math.round(share * 100) });

export class Context {
  constructor({ api, workspace }) {
    Object.assign(this, { api, workspace });
  }

  /** Fetch it once for an entry, ahead of its turn; what can't be fetched is left out, the item can be answered without. */
  load(entry) {
    if (entry.review.blind || entry.contextPromise) return;
    entry.contextPromise = this.api.get(`reviews/${entry.review.id}/context/`).then(
      (context) => { entry.context = context; },
      () => { entry.contextPromise = null; },
    );
    entry.contextPromise?.then(() => entry.onContext?.());
  }

  show(node, entry) {
    const found = entry.context?.precedents ?? [];
    node.hidden = entry.review.blind || !found.length;
    if (node.hidden) return void fillNode(node);
    fillNode(node,
      el("h3", { class: "labels-head" }, gettext("Decided before")),
      el("ul", { class: "precedents" }, found.map(({ item, title, external_id: externalId, label_title: labelTitle, decided_at: at, similarity }) => el("li", {},
        el("a", { class: "precedent", href: `/w/${this.workspace}/items/${item}/`, target: "_blank", rel: "opener", title: externalId },
          el("span", { class: "precedent-title truncate" }, title || externalId),
          el("span", { class: "precedent-facts" }, el("b", {}, labelTitle ?? gettext("No label applies")), el("span", { class: "subtle" }, percentOf(similarity)), el("span", { class: "subtle" }, day(new Date(at)))))))));
  }

  /** The sentence that warns of an answer against a nearly identical item, or an empty one. */
  warning(entry, label) {
    if (entry.review.blind) return "";
    const near = (entry.context?.precedents ?? []).filter(({ similarity }) => similarity >= NEARLY_SAME);
    if (!near.length || near.some((one) => one.label === label)) return "";
    return fill(gettext("A nearly identical item ({n}) was answered “{label}”."), { n: percentOf(near[0].similarity), label: near[0].label_title ?? gettext("No label applies") });
  }

  /** Other open items to which the same answer may be given. */
  similar(entry) { return entry.review.blind ? [] : entry.context?.similar_open ?? []; }
}

const shown = (value) => (typeof value === "number" && !Number.isInteger(value) ? decimal(value, 3).replace(/^0\./, ".") : String(value));

/** The model's card: who it is, what was measured, where it is known to fail. */
export function showCard(entry, say) {
  const model = entry.context?.model;
  if (entry.review.blind || !model) return void say(entry.review.blind ? gettext("Shown without suggestion.") : gettext("Nothing is known of a model here."));
  const metrics = Object.entries(model.metrics ?? {}).filter(([, value]) => ["number", "string"].includes(typeof value));
  const failures = model.known_failures ?? [];
  ask({
    title: fill(gettext("Model {name} {version}"), model), isWide: true,
    body: [
      el("p", { class: "muted" }, fill(gettext("Registered {when}; {n} labels."), { when: day(new Date(model.registered_at)), n: model.labels?.length ?? 0 })),
      el("h3", {}, gettext("Where it is known to fail")),
      failures.length ? el("ul", { class: "card-list" }, failures.map((text) => el("li", {}, icon("warn"), el("span", {}, text)))) : el("p", { class: "muted" }, gettext("Nothing was registered. That is no promise.")),
      el("h3", {}, gettext("Measured when it was registered")),
      metrics.length ? el("dl", { class: "metrics" }, metrics.map(([name, value]) => el("div", {}, el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, shown(value))))) : el("p", { class: "muted" }, gettext("No measurement is registered with this version.")),
    ],
  });
}

/** The button that opens the card. */
export const cardButton = (onclick) => el("button", { class: "btn btn--quiet btn--sm", type: "button", onclick }, gettext("Model card"), " ", kbd(keyOf("card").toUpperCase()));
