// What the workstation says beside the item: that nothing waits, that something is not saved yet, how the day goes.
import { el, icon } from "../dom.js";
import { fill, gettext, ngettext, span } from "../text.js";
import { renderEmpty } from "./render.js";

const byId = (id) => document.getElementById(id);

export class Status {
  constructor({ config, station }) {
    this.config = config;
    this.station = station;
  }

  empty() {
    const again = el("button", { class: "btn", type: "button", onclick: () => this.station.buffer.fill() }, icon("refresh"), gettext("Look again"));
    if (this.station.buffer.isPaused) {
      const back = el("button", { class: "btn btn--primary", type: "button", onclick: () => this.station.pause(false) }, icon("play"), gettext("Back to work"));
      renderEmpty({ glyph: "pause", title: gettext("On a break"), text: gettext("Nothing is held for you; what you had went back to its queue. Drafts are kept."), action: back });
    } else if (!this.station.buffer.hasLooked || this.station.buffer.expected) {
      renderEmpty({ title: gettext("Getting items for you…"), text: "" });
    } else if (this.unsaved?.problem) {
      const kept = fill(ngettext("{n} answer is kept here and goes out by itself as soon as the service answers again.", "{n} answers are kept here and go out by themselves as soon as the service answers again.", this.unsaved.pending), { n: this.unsaved.pending });
      renderEmpty({ glyph: "warn", title: gettext("There is no connection"), text: kept });
    } else {
      const others = el("a", { class: "btn btn--quiet", href: `/w/${this.config.workspace}/queues/` }, gettext("All queues"));
      renderEmpty({ glyph: "check", title: gettext("Nothing waits here"), text: gettext("The next item will come up by itself."), action: el("div", { class: "row" }, again, others) });
      this.station.say(gettext("Nothing waits here."));
    }
  }

  claimProblem(problem) {
    if (this.station.buffer.current) return;
    const again = el("button", { class: "btn", type: "button", onclick: () => this.station.buffer.fill() }, icon("refresh"), gettext("Try again"));
    if (problem.isSignedOut) return void renderEmpty({ glyph: "lock", title: gettext("You were signed out"), text: gettext("Sign in again; your drafts are kept."), action: el("a", { class: "btn btn--primary", href: `/accounts/login/?next=${encodeURIComponent(location.pathname)}` }, gettext("Sign in")) });
    renderEmpty({ glyph: "warn", title: gettext("Items can’t be fetched"), text: problem.detail || gettext("There is no connection to the service. It is tried again by itself."), action: again });
  }

  saved({ pending, problem, waitMs }) {
    const node = byId("saved");
    const wasCutOff = Boolean(this.unsaved?.problem);
    this.unsaved = { pending, problem };
    if (!this.station.shown && wasCutOff !== Boolean(problem)) this.empty();
    const state = !pending ? ["check", gettext("All saved"), ""]
      : !problem ? ["refresh", gettext("Saving…"), ""]
        : problem.isSignedOut ? ["lock", gettext("Not saved: you were signed out."), "bad"]
          : ["warn", fill(gettext("Not saved yet, trying again in {time}"), { time: span(waitMs / 1000) }), "warn"];
    node.className = `push saved ${state[2]}`;
    node.replaceChildren(icon(state[0]), el("span", {}, state[1]), problem?.isSignedOut ? el("a", { href: "/accounts/login/", target: "_blank", rel: "opener" }, gettext("Sign in in a new tab")) : "");
    if (problem && this.saidProblem !== state[1]) this.station.say(state[1]);
    this.saidProblem = problem ? state[1] : null;
  }

  today() {
    byId("decided-today").textContent = this.station.decided;
    const sorted = [...this.station.times].sort((a, b) => a - b);
    const median = sorted.length ? sorted[Math.floor(sorted.length / 2)] : this.config.today?.median_active_ms;
    byId("median-time").textContent = median ? span(Math.max(1, median / 1000)) : "–";
  }

  /** A sentence that stays until it is closed. */
  warn(sentence) {
    const toast = el("div", { class: "toast toast--bad on-inverse" }, el("span", {}, sentence),
      el("button", { class: "toast-close", type: "button", "aria-label": gettext("Close"), onclick: () => toast.remove() }, icon("x")));
    document.querySelector(".toasts").append(toast);
  }

  remind(minutes) {
    const toast = el("div", { class: "toast on-inverse", role: "status" }, el("span", {}, fill(ngettext("You have worked for {n} minute without a break.", "You have worked for {n} minutes without a break.", minutes), { n: minutes })),
      el("button", { class: "toast-action", type: "button", onclick: () => { toast.remove(); this.station.pause(true); } }, gettext("Take a break")),
      el("button", { class: "toast-close", type: "button", "aria-label": gettext("Later"), onclick: () => toast.remove() }, icon("x")));
    document.querySelector(".toasts").append(toast);
  }
}
