// The workstation: a person, the keyboard, one item after the other.
import { el, icon } from "../dom.js";
import { fill, gettext, ngettext, span } from "../text.js";
import { Answers } from "./answers.js";
import { Api } from "./api.js";
import { Buffer } from "./buffer.js";
import { ActiveClock } from "./clock.js";
import { askReason, findLabel, showHelp } from "./dialogs.js";
import { History } from "./history.js";
import { listenToKeys } from "./keys.js";
import { choices } from "./labels.js";
import { renderEmpty, renderForm, renderItem, renderProblem } from "./render.js";
import { Sender } from "./sender.js";
import { Strip } from "./strip.js";

const config = JSON.parse(document.getElementById("config").textContent);
const byId = (id) => document.getElementById(id);

class Station {
  constructor() {
    this.api = new Api({ base: config.api, workspace: config.workspace });
    this.clock = new ActiveClock();
    this.sender = new Sender({ api: this.api, storageKey: `outbox:${config.workspace}:${config.person.id ?? ""}`, onState: (state) => this.showSaved(state) });
    this.history = new History({ workspace: config.workspace, past: config.history ?? [], onUndo: (record) => this.answers.undo(record) });
    this.buffer = new Buffer({ api: this.api, queueKey: config.queue_key ?? null, keepsDrafts: config.keeps_drafts === true, clock: this.clock, onChange: () => this.show(), onProblem: (problem) => this.showClaimProblem(problem) });
    this.strip = new Strip({ config, api: this.api, onMore: () => { if (this.strip?.waiting) this.buffer.hint(); } });
    this.answers = new Answers({ ...this, screen: this });
    this.images = new Map();
    this.shown = null;
    this.isPainted = false;
    this.decided = config.today?.decided ?? 0;
    this.times = [];
    this.listen();
    this.showToday();
    this.answers.sendLeftOver();
    this.buffer.fill();
    setInterval(() => this.strip.showLease(this.buffer), 1000);
  }

  listen() {
    const on = (id, action) => byId(id).addEventListener("click", action);
    on("submit", () => this.submit());
    on("escalate", () => this.withReason("escalate"));
    on("skip", () => this.withReason("skip"));
    on("reject", () => this.decide("reject"));
    on("open-search", () => this.search());
    on("open-help", showHelp);
    on("break", () => this.pause(!this.buffer.isPaused));
    byId("decide").addEventListener("submit", (event) => event.preventDefault());
    byId("note").addEventListener("input", () => this.typed());
    if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘";

    const viewer = () => byId("item").viewer?.act;
    listenToKeys({
      digit: (_, digit) => this.pressDigit(digit),
      submit: () => this.submit(),
      undo: () => { if (!this.history.undo()) this.say(gettext("Nothing left to undo.")); },
      help: showHelp,
      a: () => this.accept(),
      x: () => this.decide("reject"),
      e: () => this.withReason("escalate"),
      s: () => this.withReason("skip"),
      n: () => byId("note").focus(),
      j: () => this.buffer.move(1),
      k: () => this.buffer.move(-1),
      t: () => viewer()?.turn(),
      f: () => viewer()?.fit(),
      "+": () => viewer()?.zoom(1),
      "-": () => viewer()?.zoom(-1),
      space: () => byId("item").scrollBy({ top: byId("item").clientHeight * 0.8 }),
    }, () => this.isPainted && this.shown !== null);

    addEventListener("pagehide", () => this.buffer.releaseAll());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  /* ----- Showing ----- */

  /** Bring the screen up to date with the buffer; a new item counts as there once it has been painted. */
  show() {
    const entry = this.buffer.current;
    this.strip.showHeld(this.buffer, (at) => this.buffer.goTo(at));
    this.strip.showName(entry);
    this.prefetch();
    if (entry && entry === this.shown) return void renderProblem(entry);
    this.shown = entry;
    this.clock.watch(entry);
    this.isPainted = false;
    if (!entry) return void this.showEmpty();
    byId("item").setAttribute("aria-busy", "true");
    byId("decide").hidden = false;
    renderItem(entry, { now: this.api.now(), loadImage: (url) => this.image(url) });
    renderForm(entry, { onChoose: (value) => this.choose(value), onAccept: () => this.accept() });
    this.rest();
    this.whenPainted(() => {
      if (this.shown !== entry) return;
      this.isPainted = true;
      byId("item").setAttribute("aria-busy", "false");
      if (this.pressedAt) performance.measure("aios:next-item", { start: this.pressedAt, end: performance.now() });
      this.pressedAt = null;
    });
  }

  whenPainted(then) { requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = then; channel.port2.postMessage(null); }); }

  /** The hand stays on the keys: focus leaves the button or field of the item that is gone. */
  rest() {
    const { activeElement } = document;
    if (byId("decide").contains(activeElement) || activeElement === document.body) byId("main").focus({ preventScroll: true });
    if (matchMedia("(width < 60rem)").matches) scrollTo(0, 0);
  }

  showEmpty() {
    const again = el("button", { class: "btn", type: "button", onclick: () => this.buffer.fill() }, icon("refresh"), gettext("Look again"));
    if (this.buffer.isPaused) {
      const back = el("button", { class: "btn btn--primary", type: "button", onclick: () => this.pause(false) }, icon("play"), gettext("Back to work"));
      renderEmpty({ glyph: "pause", title: gettext("On a break"), text: gettext("Nothing is held for you; what you had went back to its queue. Drafts are kept."), action: back });
    } else if (!this.buffer.hasLooked || this.buffer.expected) {
      renderEmpty({ title: gettext("Getting items for you…"), text: "" });
    } else if (this.unsaved?.problem) {
      const kept = fill(ngettext("{n} answer is kept here and goes out by itself as soon as the service answers again.", "{n} answers are kept here and go out by themselves as soon as the service answers again.", this.unsaved.pending), { n: this.unsaved.pending });
      renderEmpty({ glyph: "warn", title: gettext("There is no connection"), text: kept });
    } else {
      const others = el("a", { class: "btn btn--quiet", href: `/w/${config.workspace}/queues/` }, gettext("All queues"));
      renderEmpty({ glyph: "check", title: gettext("Nothing waits here"), text: gettext("The next item will come up by itself."), action: el("div", { class: "row" }, again, others) });
      this.say(gettext("Nothing waits here."));
    }
  }

  showClaimProblem(problem) {
    if (this.buffer.current) return;
    const again = el("button", { class: "btn", type: "button", onclick: () => this.buffer.fill() }, icon("refresh"), gettext("Try again"));
    if (problem.isSignedOut) return void renderEmpty({ glyph: "lock", title: gettext("You were signed out"), text: gettext("Sign in again; your drafts are kept."), action: el("a", { class: "btn btn--primary", href: `/accounts/login/?next=${encodeURIComponent(location.pathname)}` }, gettext("Sign in")) });
    renderEmpty({ glyph: "warn", title: gettext("Items can’t be fetched"), text: problem.detail || gettext("There is no connection to the service. It is tried again by itself."), action: again });
  }

  showSaved({ pending, problem, waitMs }) {
    const node = byId("saved");
    const wasCutOff = Boolean(this.unsaved?.problem);
    this.unsaved = { pending, problem };
    if (!this.shown && wasCutOff !== Boolean(problem)) this.showEmpty();
    const state = !pending ? ["check", gettext("All saved"), ""]
      : !problem ? ["refresh", gettext("Saving…"), ""]
        : problem.isSignedOut ? ["lock", gettext("Not saved: you were signed out."), "bad"]
          : ["warn", fill(gettext("Not saved yet, trying again in {time}"), { time: span(waitMs / 1000) }), "warn"];
    node.className = `push saved ${state[2]}`;
    node.replaceChildren(icon(state[0]), el("span", {}, state[1]), problem?.isSignedOut ? el("a", { href: "/accounts/login/", target: "_blank", rel: "opener" }, gettext("Sign in in a new tab")) : "");
    if (problem && this.saidProblem !== state[1]) this.say(state[1]);
    this.saidProblem = problem ? state[1] : null;
  }

  showToday() {
    byId("decided-today").textContent = this.decided;
    const sorted = [...this.times].sort((a, b) => a - b);
    const median = sorted.length ? sorted[Math.floor(sorted.length / 2)] : config.today?.median_active_ms;
    byId("median-time").textContent = median ? span(Math.max(1, median / 1000)) : "–";
  }

  say(sentence) { byId("announce").textContent = sentence; }

  /* ----- Images of held items are fetched before they are looked at ----- */

  image(url) {
    if (!this.images.has(url)) this.images.set(url, this.api.blobUrl(url));
    return this.images.get(url);
  }

  prefetch() {
    for (const { review: { item } } of this.buffer.held) {
      for (const [pointer, view] of Object.entries(item.views ?? {})) {
        const value = item.payload?.[pointer.slice(1)];
        const url = typeof value === "string" ? value : value?.url;
        if (view === "image" && url) this.image(url).catch(() => {});
      }
    }
  }

  /* ----- Answering ----- */

  titleOf(entry, label) { return entry.review.item.labels.find(({ value }) => value === label)?.title ?? label; }

  pressDigit(digit) {
    const choice = choices(this.shown.review).find(({ key }) => key === digit);
    if (choice) this.choose(choice.value);
    else if (digit === "0") this.search();
  }

  choose(label) {
    const entry = this.shown;
    if (!entry) return;
    entry.draft.label = label;
    entry.problem = null;
    this.buffer.saveDraft(entry);
    if (!entry.review.item.labels.length) return void renderProblem(entry);
    const input = byId("labels").querySelector(`input[value="${CSS.escape(label)}"]`);
    if (input) input.checked = true;
    else renderForm(entry, { onChoose: (value) => this.choose(value), onAccept: () => this.accept() });
    renderProblem(entry);
    this.say(fill(gettext("{label} chosen"), { label: this.titleOf(entry, label) }));
  }

  typed() {
    if (!this.shown) return;
    this.shown.draft.note = byId("note").value;
    this.buffer.saveDraft(this.shown);
  }

  async search() {
    const entry = this.shown;
    const label = entry && await findLabel(entry.review.item.labels);
    if (label && this.shown === entry) this.choose(label);
  }

  accept() {
    const entry = this.shown;
    const { suggestion, blind } = entry?.review ?? {};
    if (!entry || !this.isPainted) return;
    if (blind || !suggestion?.label) return void this.say(gettext("There is no suggestion to accept. Choose a label."));
    this.decide("accept", suggestion.label);
  }

  submit() {
    const entry = this.shown;
    if (!entry || !this.isPainted) return;
    const { label } = entry.draft;
    if (!label) {
      entry.problem = gettext("Choose a label first, or press X if none fits.");
      renderProblem(entry);
      return;
    }
    const isSuggested = !entry.review.blind && label === entry.review.suggestion?.label;
    this.decide(isSuggested ? "accept" : "correct", label);
  }

  async withReason(action) {
    const entry = this.shown;
    if (!entry || !this.isPainted) return;
    const answer = await askReason(action, config.reasons, entry.draft.note);
    if (answer && this.shown === entry) {
      entry.draft.note = answer.note;
      this.decide(action, null, answer.reason_code);
    }
  }

  /** Send an answer; the next item is on the screen before it has left. */
  decide(action, label = null, reasonCode = null) {
    const entry = this.shown;
    if (!entry || !this.isPainted) return;
    this.isPainted = false;
    this.pressedAt = performance.now();
    this.clock.tick();
    this.answers.send(entry, { action, label, title: label && this.titleOf(entry, label), reasonCode });
  }

  /** One decision more or less today. */
  counted(change, activeMs) {
    this.decided += change;
    if (change > 0) this.times.push(activeMs);
    else this.times.pop();
    this.showToday();
  }

  /** A sentence that stays until it is closed. */
  warn(sentence) {
    const toast = el("div", { class: "toast toast--bad on-inverse" }, el("span", {}, sentence),
      el("button", { class: "toast-close", type: "button", "aria-label": gettext("Close"), onclick: () => toast.remove() }, icon("x")));
    document.querySelector(".toasts").append(toast);
  }

  pause(isPaused) {
    this.buffer.isPaused = isPaused;
    byId("break").setAttribute("aria-pressed", String(isPaused));
    byId("break").lastElementChild.textContent = isPaused ? gettext("Back to work") : gettext("Take a break");
    if (isPaused) this.buffer.releaseAll();
    this.show();
    if (isPaused) this.say(gettext("On a break. Nothing is held for you."));
    else this.buffer.fill();
  }
}

new Station();
