// The workstation: a person, the keyboard, one item after the other.
import { fill, gettext } from "../text.js";
import { Answers } from "./answers.js";
import { Api } from "./api.js";
import { Buffer } from "./buffer.js";
import { ActiveClock } from "./clock.js";
import { Context, showCard } from "./context.js";
import { Desk } from "./desk.js";
import { askEscalate, askSkip, findLabel, showHelp } from "./dialogs.js";
import { collectFields, focusField, hasCorrections, showFieldErrors } from "./fields.js";
import { History } from "./history.js";
import { useKeys } from "./keymap.js";
import { listenToKeys } from "./keys.js";
import { choices } from "./labels.js";
import { renderForm, renderItem, renderProblem } from "./render.js";
import { Sender } from "./sender.js";
import { Status } from "./status.js";
import { Strip } from "./strip.js";
import { applyLook, BreakReminder } from "./wellbeing.js";

const config = JSON.parse(document.getElementById("config").textContent);
const byId = (id) => document.getElementById(id);

class Station {
  constructor() {
    this.api = new Api({ base: config.api, workspace: config.workspace });
    this.clock = new ActiveClock();
    this.status = new Status({ config, station: this });
    this.sender = new Sender({ api: this.api, storagePrefix: `outbox:${config.workspace}:${config.person.id ?? ""}:`, onState: (state) => this.status.saved(state) });
    this.history = new History({ workspace: config.workspace, past: config.history ?? [], onUndo: (record) => this.answers.undo(record) });
    this.context = new Context({ api: this.api, workspace: config.workspace });
    this.desk = new Desk({ api: this.api, person: config.person, languages: config.languages ?? [], station: this });
    this.breaks = new BreakReminder({ clock: this.clock, onTime: (minutes) => this.status.remind(minutes) });
    this.buffer = new Buffer({ api: this.api, queueKey: config.queue_key ?? null, clock: this.clock, onChange: () => this.show(), onProblem: (problem) => this.status.claimProblem(problem) });
    this.strip = new Strip({ config, api: this.api, onMore: () => { if (this.strip?.waiting) this.buffer.hint(); } });
    this.answers = new Answers({ ...this, screen: this });
    this.images = new Map();
    this.shown = null;
    this.isPainted = false;
    this.decided = config.today?.decided ?? 0;
    this.times = [];
    this.preferences = config.preferences ?? {};
    this.usePreferences();
    this.listen();
    this.status.today();
    this.answers.sendLeftOver();
    this.buffer.fill();
    setInterval(() => this.strip.showLease(this.buffer), 1000);
  }

  listen() {
    const on = (id, action) => byId(id).addEventListener("click", action);
    on("submit", () => this.submit());
    on("escalate", () => this.escalate());
    on("skip", () => this.skip());
    on("snooze", () => this.desk.snooze(this.ready));
    on("reject", () => this.decide("reject"));
    on("open-search", () => this.search());
    on("open-help", showHelp);
    on("open-settings", () => this.desk.settings());
    on("break", () => this.pause(!this.buffer.isPaused));
    byId("decide").addEventListener("submit", (event) => event.preventDefault());
    // The second click of a double click would answer the item that has come up meanwhile.
    byId("decide").addEventListener("click", (event) => {
      if (event.detail > 1 && event.target.closest("[data-sends]")) event.stopImmediatePropagation();
    }, { capture: true });
    byId("note").addEventListener("input", () => this.typed());
    byId("item").addEventListener("reveal", ({ detail }) => this.desk.reveal(this.ready, detail.pointer));
    if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = "⌘";

    const viewer = () => byId("item").viewer?.act;
    this.actions = {
      digit: (digit) => this.pressDigit(digit),
      submit: () => this.submit(),
      undo: () => { if (!this.history.undo()) this.desk.amend(this.history.newest, { mayAmend: config.person.may_amend }); },
      help: showHelp,
      palette: () => this.palette(),
      accept: () => this.accept(),
      reject: () => this.decide("reject"),
      escalate: () => this.escalate(),
      skip: () => this.skip(),
      snooze: () => this.desk.snooze(this.ready),
      reveal: () => this.desk.reveal(this.ready),
      templates: () => this.desk.template(this.ready),
      similar: () => this.desk.similar(this.ready),
      card: () => showCard(this.shown, (sentence) => this.say(sentence)),
      note: () => byId("note").focus(),
      next: () => this.buffer.move(1),
      previous: () => this.buffer.move(-1),
      turn: () => viewer()?.turn(),
      fit: () => viewer()?.fit(),
      zoomIn: () => viewer()?.zoom(1),
      zoomOut: () => viewer()?.zoom(-1),
      scroll: () => byId("item").scrollBy({ top: byId("item").clientHeight * 0.8 }),
      search: () => { location.assign(`/w/${config.workspace}/items/`); },
    };
    listenToKeys(this.actions, () => this.ready !== null);

    addEventListener("pagehide", () => this.buffer.releaseAll());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  /** The item on the screen once it has been painted; none before. */
  get ready() { return this.isPainted ? this.shown : null; }

  usePreferences() {
    useKeys(this.preferences.keys);
    applyLook(this.preferences);
    this.breaks.start(this.preferences.break_every_min);
  }

  async palette() {
    const queues = config.queues.map(({ key, name }) => ({ title: name, hint: gettext("queue"), value: () => location.assign(`/w/${config.workspace}/work/${key}/`) }));
    const others = [
      { title: this.buffer.isPaused ? gettext("Back to work") : gettext("Take a break"), value: () => this.pause(!this.buffer.isPaused) },
      { title: gettext("Your settings"), hint: gettext("keys, text size, images, breaks"), value: () => this.desk.settings() },
      { title: gettext("All keys"), value: showHelp },
    ];
    const { openPalette } = await import("./palette.js");
    openPalette({ actions: this.actions, isReady: () => this.ready !== null, more: [...others, ...queues] });
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
    if (!entry) return void this.status.empty();
    byId("item").setAttribute("aria-busy", "true");
    byId("decide").hidden = false;
    this.draw(entry);
    this.rest();
    this.whenPainted(() => {
      if (this.shown !== entry) return;
      this.isPainted = true;
      byId("item").setAttribute("aria-busy", "false");
      if (this.pressedAt) performance.measure("aios:next-item", { start: this.pressedAt, end: performance.now() });
      this.pressedAt = null;
    });
  }

  draw(entry) {
    renderItem(entry, { now: this.api.now(), loadImage: (url) => this.image(url) });
    this.drawForm(entry);
    entry.onContext = () => { if (this.shown === entry) this.showContext(entry); };
    this.showContext(entry);
  }

  drawForm(entry) {
    renderForm(entry, {
      onChoose: (value) => this.choose(value), onAccept: () => this.accept(), onFields: () => this.buffer.saveDraft(entry), hasFieldKeys: true,
      onCard: () => this.actions.card(), onReject: () => this.decide("reject"),
    });
    if (entry.fieldErrors) showFieldErrors(byId("fields"), entry.fieldErrors);
  }

  showContext(entry) {
    this.context.show(byId("precedents"), entry);
    this.warnOfPrecedent(entry);
    byId("similar").hidden = !this.context.similar(entry).length;
  }

  /** Tell of a nearly identical item that was answered otherwise; tells whether there is one. */
  warnOfPrecedent(entry, label = entry.draft.label) {
    const sentence = label === null ? "" : this.context.warning(entry, label);
    byId("against").hidden = !sentence;
    byId("against").lastElementChild.textContent = sentence;
    return sentence !== "";
  }

  whenPainted(then) { requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = then; channel.port2.postMessage(null); }); }

  /** The hand stays on the keys: focus leaves the button or field of the item that is gone. */
  rest() {
    const { activeElement } = document;
    if (byId("decide").contains(activeElement) || activeElement === document.body) byId("main").focus({ preventScroll: true });
    if (matchMedia("(width < 60rem)").matches) scrollTo(0, 0);
  }

  warn(sentence) { this.status.warn(sentence); }

  say(sentence) { byId("announce").textContent = sentence; }

  /* ----- Images of held items are fetched before they are looked at ----- */

  image(url) {
    if (!this.images.has(url)) this.images.set(url, this.api.blobUrl(url));
    return this.images.get(url);
  }

  prefetch() {
    for (const entry of this.buffer.held) this.context.load(entry);
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
    if (this.shown.review.item.takes_label === false) focusField(byId("fields"), digit);
    else if (choice) this.choose(choice.value);
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
    else this.drawForm(entry);
    renderProblem(entry);
    this.warnOfPrecedent(entry);
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
    const entry = this.ready;
    if (!entry) return;
    const { suggestion, blind } = entry.review;
    if (blind || !suggestion?.label) return void this.say(gettext("There is no suggestion to accept. Choose a label."));
    this.answer(entry, suggestion.label);
  }

  submit() {
    const entry = this.ready;
    if (!entry) return;
    const { label } = entry.draft;
    if (!label && entry.review.item.takes_label !== false) {
      entry.problem = gettext("Choose a label first, or press X if none fits.");
      renderProblem(entry);
      return;
    }
    this.answer(entry, label);
  }

  /** Send a label with the fields of its form; an answer against a nearly identical item is asked for twice. */
  answer(entry, label) {
    const { fields, errors } = collectFields(entry);
    if (errors.length) {
      showFieldErrors(byId("fields"), errors);
      this.say(gettext("Some fields are not right yet."));
      return;
    }
    if (this.warnOfPrecedent(entry, label) && entry.warnedOf !== label) {
      entry.warnedOf = label;
      this.say(`${byId("against").lastElementChild.textContent} ${gettext("Send it once more if you mean it.")}`);
      return;
    }
    const isSuggested = !entry.review.blind && label !== null && label === entry.review.suggestion?.label && !hasCorrections(entry);
    this.decide(isSuggested ? "accept" : "correct", label, { fields });
  }

  async skip(preset = null) {
    const entry = this.ready;
    const answer = entry && await askSkip(entry.draft.note, preset);
    if (answer && this.shown === entry) this.giveAway(entry, "skip", answer);
  }

  async escalate(preset = null) {
    const entry = this.ready;
    const answer = entry && await askEscalate(entry.draft.note, { ...this.desk.peopleAndQueues(entry), preset });
    if (answer && this.shown === entry) this.giveAway(entry, "escalate", answer);
  }

  giveAway(entry, action, { note, reason_code: reasonCode, queue = null, mentions = [] }) {
    entry.draft.note = note;
    this.decide(action, null, { reasonCode, queue, mentions });
  }

  /** Send an answer; the next item is on the screen before it has left. */
  decide(action, label = null, more = {}) {
    const entry = this.ready;
    if (!entry) return;
    this.isPainted = false;
    this.pressedAt = performance.now();
    this.clock.tick();
    const title = label === null ? gettext("corrected") : this.titleOf(entry, label);
    this.answers.send(entry, { action, label, title, ...more });
  }

  /** One decision more or less today. */
  counted(change, activeMs) {
    this.decided += change;
    if (change > 0) this.times.push(activeMs);
    else this.times.pop();
    this.status.today();
  }

  pause(isPaused) {
    this.breaks.start(this.preferences.break_every_min);
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
