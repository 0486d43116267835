// The last twenty answers, and the one that can still be taken back.
import { el, fillNode, icon } from "../dom.js";
import { fill, gettext, span } from "../text.js";

const KEPT = 20;
const SAFETY_MS = 1000;
const byId = (id) => document.getElementById(id);

export class History {
  constructor({ workspace, past, onUndo }) {
    this.workspace = workspace;
    this.onUndo = onUndo;
    this.toast = null;
    this.toastUntil = 0;
    this.records = past.slice(0, KEPT).map((row) => ({ ...row, at: Date.parse(row.occurred_at), state: "sent", until: row.undo_until ? Date.parse(row.undo_until) : 0 }));
    byId("undo-button").addEventListener("click", () => this.undo());
    this.ring = document.querySelector("#undo circle:last-child");
    setInterval(() => this.tick(), 250);
    this.draw();
  }

  add(record) {
    this.records.unshift({ at: Date.now(), state: "sending", until: 0, ...record });
    this.records.length = Math.min(this.records.length, KEPT);
    this.toast = this.records[0];
    this.toastUntil = Date.now() + 4000;
    this.draw();
    this.tick();
    return this.records[0];
  }

  change(record, changes) {
    Object.assign(record, changes);
    if (record.until && !record.windowMs) record.windowMs = Math.max(1, record.until - Date.now());
    this.draw();
  }

  /** The newest answer that has not left yet. */
  get last() { return this.records.find((record) => this.isOpen(record)) ?? null; }

  /** The newest answer that counts, whether it has left or not. */
  get newest() { return this.records.find(({ state }) => state === "sent") ?? null; }

  isOpen(record) { return record.canUndo !== false && (record.state === "sending" || (record.state === "sent" && record.until - SAFETY_MS > Date.now())); }

  undo(record = this.last) {
    if (record) this.onUndo(record);
    return record !== null;
  }

  tick() {
    const open = this.last;
    const shown = open ?? (this.toast?.state !== "undone" && Date.now() < this.toastUntil ? this.toast : null);
    byId("undo").hidden = !shown;
    if (shown) {
      const left = shown.until ? Math.max(0, (shown.until - SAFETY_MS - Date.now()) / 1000) : 0;
      const text = shown.state === "sending" ? gettext("Sending…") : open ? fill(gettext("Leaves in {time}"), { time: span(Math.ceil(left)) }) : "";
      if (this.drawn !== shown || this.drawnText !== text) {
        fillNode(byId("undo-text"), shown.sentence, " ", el("b", {}, `${shown.label}.`), " ", el("span", { class: "muted" }, text));
        [this.drawn, this.drawnText] = [shown, text];
      }
      byId("undo-button").hidden = !open;
      this.ring.setAttribute("stroke-dasharray", `${shown.state === "sending" ? 30 : ((left * 1000) / (shown.windowMs || 1)) * 30} 30`);
    }
    if (this.openCount !== this.records.filter((record) => this.isOpen(record)).length || (Date.now() - (this.drawnAt ?? 0) > 15_000 && !byId("history").contains(document.activeElement))) this.draw();
  }

  draw() {
    this.openCount = this.records.filter((record) => this.isOpen(record)).length;
    this.drawnAt = Date.now();
    const words = { sending: gettext("sending"), late: gettext("second opinion"), undone: gettext("taken back"), failed: gettext("not accepted") };
    fillNode(byId("history"), this.records.map((record) => {
      const open = this.isOpen(record);
      const age = span((Date.now() - record.at) / 1000);
      const note = words[record.state] && !(open && record.state === "sent") ? words[record.state] : age;
      const content = [open ? icon("undo") : record.state === "failed" ? icon("warn") : null, record.state === "undone" ? el("s", {}, record.label) : el("b", {}, record.label), el("span", { class: "subtle" }, note)];
      return el("li", {}, open
        ? el("button", { class: "past past--open", type: "button", title: gettext("Undo"), onclick: () => this.undo(record) }, content)
        : el("a", { class: `past past--${record.state}`, href: `/w/${this.workspace}/items/${record.item_id}/`, title: record.external_id ?? "" }, content));
    }));
    if (!this.records.length) fillNode(byId("history"), el("li", { class: "subtle small" }, gettext("Your answers will stand here, with undo.")));
  }
}
