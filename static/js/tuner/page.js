// The tuner: one question at a time goes to the server, the last one wins, and everything shows its answer.
import { el } from "../dom.js";
import { fill, gettext } from "../text.js";
import { Api, told } from "../work/api.js";
import { Assume } from "./assume.js";
import { Chart } from "./chart.js";
import { showCompare, showEffects, showVerdict } from "./figures.js";
import { showLabels } from "./labels.js";
import { count, goal, rate, shareWords, threshold as thresholdWords, typed } from "./numbers.js";
import { watchProposal } from "./propose.js";
import { showChecks, showMissing, showRefusal } from "./refusal.js";

const WAIT_MS = 40;
const DAY_MS = 86_400_000;
const page = document.getElementById("main");
const part = (id) => document.getElementById(id);
const mayChange = page.dataset.mayPropose === "yes";
const api = new Api({ base: page.dataset.api, workspace: page.dataset.workspace });
const own = new Map();
let draft;
let slow = null;
let answer = null;
let asking = null;
let timer = 0;

const chart = new Chart(part("plot"), { onDrag: (share) => moveTo(share) });
const assume = new Assume(part("assume"), { onChange: () => ask() });

/** Which threshold makes so much automatic: the laxest that does not make more. */
function thresholdAt(share) {
  const { coverage, threshold } = slow.scale;
  let at = coverage.findLastIndex((value) => value <= share + 1e-9);
  if (at < 0) at = 0;
  return { threshold: threshold[at], automatic: coverage[at] };
}

function moveTo(share) {
  const { threshold, automatic } = thresholdAt(share);
  if (threshold === draft) return;
  setDraft(threshold);
  chart.moveDraft({ threshold, automatic, risk: chart.riskAt(automatic) });
  showDial(threshold, automatic);
}

function setDraft(threshold) {
  draft = threshold;
  ask();
}

function showDial(threshold, automatic) {
  const range = part("share");
  range.value = String(automatic * 100);
  range.setAttribute("aria-valuetext", fill(gettext("{threshold}, {share} automatic"), { threshold: thresholdWords(threshold), share: shareWords(automatic) }));
  if (document.activeElement !== part("threshold")) part("threshold").value = threshold === null ? "" : thresholdWords(threshold);
}

/** The question as an address. */
function question() {
  const asked = new URLSearchParams();
  for (const [name, value] of assume.changed) asked.set(name, String(value));
  if (draft !== undefined) asked.set("threshold", draft === null ? "never" : String(draft));
  for (const [label, value] of own) asked.append("label", `${label}:${value === undefined ? "" : value ?? "never"}`);
  if (part("period").value !== page.dataset.usualDays) {
    asked.set("since", new Date(Date.parse(page.dataset.today) - (Number(part("period").value) - 1) * DAY_MS).toISOString().slice(0, 10));
  }
  return asked;
}

/** Ask soon: while a hand drags, every so many milliseconds and not once it rests. */
function ask() {
  part("tuner").setAttribute("aria-busy", "true");
  if (!timer) timer = setTimeout(send, WAIT_MS);
}

async function send() {
  timer = 0;
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const asked = question();
  if (slow) asked.set("known", slow.basis);
  try {
    const fresh = await api.call("GET", `tuner/?${asked}`, undefined, { signal: mine.signal });
    if (asking !== mine) return;
    if (fresh.curve) slow = fresh;
    answer = { ...slow, ...fresh };
    show();
    trouble("");
  } catch (problem) {
    if (asking !== mine || mine.signal.aborted) return;
    trouble(told(problem, gettext("The figures could not be fetched. Change something to try again.")));
  } finally {
    if (asking === mine && !timer) part("tuner").setAttribute("aria-busy", "false");
  }
}

function trouble(text) {
  part("trouble").hidden = !text;
  part("trouble").textContent = text;
}

function show() {
  const { draft: at, active, certified, cost_optimal: cheapest, curve, scale, zone, target } = answer;
  // What has been moved meanwhile stays where the hand put it.
  if (!timer) draft = at.threshold;
  assume.show(answer.assumptions);
  part("preview").textContent = answer.preview;
  showRefusal(part("refusal"), answer.refusal);
  const hasCurve = scale.coverage.length > 0;
  part("plot").hidden = !hasCurve;
  part("dial").hidden = !hasCurve;
  part("plot-empty").hidden = hasCurve;
  part("plot-empty").textContent = answer.scored ? gettext("Rules and flags send everything to people, so that no threshold changes anything.") : gettext("The model has scored nothing in these days.");
  if (hasCurve) showChart({ at, active, certified, cheapest, curve, scale, zone, target });
  part("effects-card").hidden = Boolean(answer.refusal);
  showEffects(part("effects"), answer);
  part("brief").textContent = fill(gettext("At {threshold}: {share} automatic, at most {bound} of it wrong (n\u00a0=\u00a0{n}, k\u00a0=\u00a0{k}), {reviews} reviews a day."), {
    threshold: thresholdWords(at.threshold), share: shareWords(at.automatic), bound: rate(at.bound), n: count(at.n), k: count(at.k), reviews: count(at.reviews),
  });
  showVerdict(part("verdict"), part("use"), answer.verdict);
  showMissing({ card: part("missing-card"), missing: part("missing"), ways: part("ways"), go: part("way-go"), act: part("way-do") }, answer, { sampleUrl: page.dataset.sample, onPromise: (lesser) => assume.set("target", lesser) });
  showCompare(part("compare"), answer);
  part("labels-title").textContent = fill(gettext("By label, at {threshold}"), { threshold: thresholdWords(at.threshold) });
  showLabels(part("labels"), answer, { mayChange, onOwn: setOwn });
  showChecks(part("checks"), answer.checks);
  showActs();
}

let shownBasis = "";
function showChart({ at, active, certified, cheapest, curve, scale, zone, target }) {
  const columns = [
    { kind: "active", title: fill(gettext("active {threshold}"), { threshold: thresholdWords(active.threshold) }), ...active },
    certified && { kind: "certified", title: fill(gettext("certified {threshold}"), { threshold: thresholdWords(certified.threshold) }), ...certified },
    { kind: "cost", title: fill(gettext("cost-optimal {threshold}"), { threshold: thresholdWords(cheapest.threshold) }), ...cheapest },
  ].filter(Boolean);
  if (shownBasis === answer.basis) { if (!timer) chart.moveDraft(at); }
  else chart.show({ curve, scale, zone, target, columns, draft: at, isWeak: Boolean(answer.refusal) });
  if (!shownBasis) chart.bringDraft(part("plot-body"));
  shownBasis = answer.basis;
  const range = part("share");
  range.min = String(chart.min * 100);
  range.max = String(chart.max * 100);
  if (!timer) showDial(at.threshold, at.automatic);
  part("legend-band").textContent = fill(gettext("seen, with {level} band"), { level: goal(1 - answer.delta) });
  part("legend-zone").hidden = !zone;
  part("legend-zone").lastElementChild.textContent = fill(gettext("keeps {target}"), { target: goal(target) });
  chart.label(fill(gettext("Error of automatic decisions against the share decided automatically. Target {target}. At {threshold}, {share} are automatic; seen {risk}, at most {bound}."), {
    target: goal(target), threshold: thresholdWords(at.threshold), share: shareWords(at.automatic), risk: rate(at.risk), bound: rate(at.bound),
  }));
}

function setOwn(label, value) {
  own.set(label, value);
  ask();
}

/** What can be done with the draft now. */
function showActs() {
  const isChanged = answer.draft.threshold !== answer.active.threshold || own.size > 0;
  part("draft-badge").hidden = !isChanged;
  const replay = part("replay");
  if (replay) replay.href = isChanged ? `${page.dataset.replay}?draft=${encodeURIComponent(JSON.stringify(answer.body))}` : page.dataset.replay;
  const keep = part("keep");
  if (keep) keep.hidden = !assume.hasNew;
  const propose = part("propose");
  if (!propose) return;
  const isLaxer = answer.refusal && answer.draft.automatic > answer.active.automatic;
  propose.setAttribute("aria-disabled", String(!isChanged || Boolean(isLaxer)));
  part("propose-why").textContent = isLaxer ? gettext("Nothing laxer than what is active can be proposed without a certificate.") : isChanged ? "" : gettext("Move the threshold first.");
  propose.title = part("propose-why").textContent;
}

part("share").addEventListener("input", (event) => moveTo(Number(event.target.value) / 100));
part("threshold").addEventListener("change", (event) => {
  const value = typed(event.target.value);
  const isWrong = value === null || value < 0 || value > 1;
  event.target.setAttribute("aria-invalid", String(isWrong));
  if (!isWrong) setDraft(value);
});
part("threshold").addEventListener("keydown", (event) => {
  const step = { ArrowUp: 0.001, ArrowDown: -0.001 }[event.key];
  if (event.key === "Enter") event.target.dispatchEvent(new Event("change"));
  if (!step) return;
  event.preventDefault();
  const next = Math.min(1, Math.max(0, (typed(event.target.value) ?? draft ?? 1) + step));
  event.target.value = thresholdWords(Number(next.toFixed(6)));
  setDraft(Number(next.toFixed(6)));
});
part("threshold").addEventListener("blur", () => { if (answer && !timer && part("tuner").getAttribute("aria-busy") === "false") showDial(answer.draft.threshold, answer.draft.automatic); });
part("use").addEventListener("click", () => setDraft(answer.verdict.use));
part("period").addEventListener("change", () => ask());
part("keep")?.addEventListener("click", async () => {
  part("keep").disabled = true;
  try {
    const stored = await api.get("assumptions/");
    await api.put("assumptions/", assume.kept(stored));
    assume.forgetKept();
    document.querySelector(".toasts").append(el("div", { class: "toast on-inverse", role: "status" }, el("span", {}, gettext("Kept for everybody who looks at this workflow."))));
    ask();
  } catch (problem) {
    trouble(told(problem));
  } finally {
    part("keep").disabled = false;
  }
});
if (part("propose")) watchProposal(part("propose"), { api, path: "proposals/", versionsUrl: page.dataset.versions, state: () => answer });
ask();
