// What a reviewer does beside answering: put off, reveal, use a template, answer similar items, change settings.
import { fill, gettext, locale } from "../text.js";
import { ask } from "./ask.js";
import { askReveal, askSimilar, askSnooze, find, toldTogether } from "./dialogs.js";
import { humanise } from "./views/places.js";

const nameOf = (pointer, titles) => titles?.[pointer] ?? pointer.split("/").slice(1).map((part) => humanise(part.replaceAll("~1", "/").replaceAll("~0", "~"))).join(", ");
const whyOf = (problem) => problem.detail || gettext("There is no connection. Try it again.");

export class Desk {
  /** `station` shows, says, warns and decides. */
  constructor({ api, person, languages, station }) {
    Object.assign(this, { api, person, languages, station });
    this.templates = new Map();
  }

  async snooze(entry) {
    const answer = entry && await askSnooze(entry.draft.note);
    if (!answer || this.station.shown !== entry) return;
    const { id, fence } = entry.review;
    const body = { fence, until: answer.until.toISOString() };
    if (answer.note) body.note = answer.note;
    const { buffer } = this.station;
    buffer.remove(entry);
    buffer.onChange();
    try {
      await this.api.post(`reviews/${id}/snooze/`, body);
      this.station.say(fill(gettext("Put off until {when}."), { when: answer.until.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }) }));
      buffer.fill();
    } catch (problem) {
      buffer.putBack(entry);
      this.station.warn(fill(gettext("It was not put off: {why}"), { why: whyOf(problem) }));
    }
  }

  async reveal(entry, pointer = null) {
    const hidden = (entry?.review.item.masked ?? []).filter((one) => !entry.revealed.has(one));
    if (!entry) return;
    if (!hidden.length) return void this.station.say(gettext("Nothing is masked here."));
    const answer = await askReveal(hidden.map((one) => ({ pointer: one, title: nameOf(one, entry.review.item.titles) })), pointer ?? hidden[0]);
    if (!answer) return;
    const body = { pointers: answer.pointers, reason_code: answer.reason_code };
    if (answer.note) body.note = answer.note;
    try {
      const { values } = await this.api.post(`items/${entry.review.item.id}/reveal/`, body);
      for (const [place, value] of Object.entries(values)) entry.revealed.set(place, value);
      if (this.station.shown === entry) this.station.draw(entry);
      this.station.say(fill(gettext("Shown: {names}"), { names: answer.pointers.map((one) => nameOf(one, entry.review.item.titles)).join(", ") }));
    } catch (problem) {
      this.station.warn(fill(gettext("It was not revealed: {why}"), { why: whyOf(problem) }));
    }
  }

  /** Correct the newest answer, which has left; who may not is told whom to ask. */
  async amend(record, { mayAmend }) {
    if (!record) return void this.station.say(gettext("Nothing left to undo."));
    const about = `“${record.label}”`;
    const labels = record.entry?.review.item.labels ?? [];
    if (!mayAmend) return void this.station.say(fill(gettext("{about} has left and can’t be taken back any more. Ask a lead to correct it."), { about }));
    if (!labels.length) return void this.station.say(fill(gettext("{about} has left and can’t be taken back any more. Open it in your answers below to correct it."), { about }));
    try {
      const { amend } = await import("./amend.js");
      const label = await amend({ api: this.api, item: record.entry.review.item.id, labels, about });
      if (label === undefined) return;
      const title = labels.find(({ value }) => value === label)?.title ?? gettext("No label applies");
      this.station.history.change(record, { label: title });
      this.station.say(fill(gettext("Corrected: {label}."), { label: title }));
    } catch (problem) {
      this.station.warn(fill(gettext("It was not corrected: {why}"), { why: whyOf(problem) }));
    }
  }

  async template(entry) {
    if (!entry) return;
    const { key } = entry.review.item.workflow;
    let known;
    try {
      known = await this.#templatesOf(key);
    } catch (problem) {
      return void this.station.warn(fill(gettext("Templates can’t be fetched: {why}"), { why: whyOf(problem) }));
    }
    if (!known.length) return void this.station.say(gettext("This workflow has no answer templates; they are made in the administration."));
    const chosen = await find(gettext("Find a template"), known.map((one) => ({ title: one.name, hint: one.note.slice(0, 60), value: one })), gettext("No template like this."));
    if (chosen && this.station.shown === entry) this.#use(entry, chosen);
  }

  #templatesOf(key) {
    if (!this.templates.has(key)) {
      this.templates.set(key, this.api.get(`workflows/${encodeURIComponent(key)}/templates/`).then(({ templates }) => templates));
      this.templates.get(key).catch(() => this.templates.delete(key));
    }
    return this.templates.get(key);
  }

  /** Fill in what the template says; sending it stays with the person. */
  #use(entry, { action, label, fields, note, reason_code: reasonCode, name }) {
    const { station } = this;
    if (note) entry.draft.note = note;
    if (action === "skip") return void station.skip(reasonCode || null);
    if (action === "escalate") return void station.escalate(reasonCode || null);
    Object.assign(entry.draft.fields, structuredClone(fields ?? {}));
    if (label) entry.draft.label = label;
    station.buffer.saveDraft(entry);
    station.draw(entry);
    station.say(action === "reject" ? fill(gettext("“{name}” filled in. Reject it to send."), { name }) : fill(gettext("“{name}” filled in. Submit to send."), { name }));
  }

  async similar(entry) {
    const { station } = this;
    const similar = entry ? station.context.similar(entry) : [];
    if (!entry) return;
    if (!similar.length) return void station.say(gettext("No similar items wait that may be answered together."));
    const { label } = entry.draft;
    if (!label) return void station.say(gettext("Choose the label first that they are to get."));
    const title = station.titleOf(entry, label);
    const reviews = await askSimilar(similar, title);
    if (!reviews) return;
    try {
      const { done, refused } = await station.answers.sendTogether(reviews, similar, { label, title, note: entry.draft.note.trim() });
      entry.context.similar_open = similar.filter(({ review }) => !reviews.includes(review));
      if (station.shown === entry) station.showContext(entry);
      station.say(toldTogether(done));
      if (refused.length) station.warn(fill(gettext("{n} of them could not be answered: {why}"), { n: refused.length, why: refused[0].problem.detail ?? refused[0].problem.title }));
    } catch (problem) {
      station.warn(fill(gettext("The similar items were not answered: {why}"), { why: whyOf(problem) }));
    }
  }

  /** People to tell and queues to send to, fetched when they are asked for. */
  peopleAndQueues(entry) {
    const { workflow, id } = entry.review.item;
    this.people ??= this.api.get("people/").then(({ people }) => people.filter((one) => one.id !== this.person.id));
    this.people.catch(() => { this.people = null; });
    const queues = this.api.get("queues/").then((answer) => answer.queues.filter((queue) => queue.workflow.key === workflow.key && queue.key !== entry.review.queue.key));
    return { people: this.people, queues, item: id };
  }

  async settings() {
    const { station } = this;
    const { askPreferences } = await import("./preferences.js");
    const chosen = await askPreferences(station.preferences, this.languages);
    if (!chosen) return;
    try {
      station.preferences = await this.api.put("me/preferences/", chosen);
    } catch (problem) {
      await ask({ title: gettext("Your settings were not saved"), body: whyOf(problem) });
      return;
    }
    if (chosen.language !== document.documentElement.lang) return void location.reload();
    station.usePreferences();
    if (station.shown) station.draw(station.shown);
    station.say(gettext("Your settings are saved."));
  }
}
