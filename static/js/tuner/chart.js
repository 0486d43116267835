// The risk-coverage curve: uPlot draws curve, band and axes; marks lie above it as SVG, so that they can be taken by the hand.
import { el, svg } from "../dom.js";
import { fill, gettext, percent } from "../text.js";
import { goal, threshold as thresholdWords } from "./numbers.js";

const LEFT = 46;
const RIGHT = 16;
const TOP = 30;
const BOTTOM = 44;
const MOST_TICKS = 8;
// Two lines of text need so much room.
const LINE = 14;
// Between few answers the curve goes by steps: nothing is known there.
const FEW_POINTS = 60;

/** The colour that a token has now. */
function ink(token) {
  const probe = el("span", { hidden: true });
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

const nearest = (values, wanted) => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** A value between two points of a line, or the one before where the line goes by steps. */
function between(xs, ys, x, isStepped) {
  if (!xs.length) return null;
  const at = nearest(xs, x);
  if (isStepped) return xs[at] <= x ? ys[at] : ys[Math.max(0, at - 1)];
  if (at === 0 || xs[at] === x) return ys[at];
  const part = (x - xs[at - 1]) / (xs[at] - xs[at - 1] || 1);
  return part > 1 ? ys[at] : ys[at - 1] + part * (ys[at] - ys[at - 1]);
}

export class Chart {
  /** `onDrag(share)` is called while somebody drags, with an automatic share. */
  constructor(host, { onDrag }) {
    this.host = host;
    this.marks = svg("svg", { class: "plot-marks" });
    this.onDrag = onDrag;
    this.basis = null;
    new ResizeObserver(() => this.resize()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    new MutationObserver(() => this.rebuild()).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.watchHand();
  }

  /** Draw a new curve. `basis`: curve, scale, zone, target, and the columns whose marks must be seen. */
  show(basis) {
    this.basis = basis;
    this.rebuild();
  }

  shareAt(clientX) {
    const box = this.plot.over.getBoundingClientRect();
    return this.min + Math.min(1, Math.max(0, (clientX - box.left) / box.width)) * (this.max - this.min);
  }

  watchHand() {
    const start = (event) => {
      if (!this.plot || event.button !== 0 || !event.target.closest(".u-over, .handle")) return;
      event.preventDefault();
      this.host.setPointerCapture(event.pointerId);
      const move = (moved) => this.onDrag(this.shareAt(moved.clientX));
      const end = () => {
        this.host.removeEventListener("pointermove", move);
        this.host.removeEventListener("pointerup", end);
        this.host.removeEventListener("pointercancel", end);
      };
      this.host.addEventListener("pointermove", move);
      this.host.addEventListener("pointerup", end);
      this.host.addEventListener("pointercancel", end);
      move(event);
    };
    this.host.addEventListener("pointerdown", start);
  }

  resize() {
    if (!this.plot || !this.host.clientWidth) return;
    this.plot.setSize({ width: this.host.clientWidth, height: this.host.clientHeight });
    this.drawMarks();
  }

  rebuild() {
    if (!this.basis || !this.host.clientWidth) return;
    this.plot?.destroy();
    const { curve, scale, target } = this.basis;
    [this.min, this.max] = this.range();
    this.top = this.ceiling();
    const colours = { line: ink("--chart-1"), band: ink("--chart-band"), grid: ink("--chart-grid"), axis: ink("--chart-axis"), zone: ink("--good-bg"), edge: ink("--border-strong") };
    const cut = (values) => values.map((value) => Math.min(value, this.top * 1.2));
    const paths = this.isStepped ? globalThis.uPlot.paths.stepped({ align: 1 }) : undefined;
    const font = `11px ${getComputedStyle(document.body).fontFamily}`;
    this.plot = new globalThis.uPlot({
      width: this.host.clientWidth,
      height: this.host.clientHeight,
      padding: [TOP, RIGHT, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: () => [this.min, this.max] }, y: { range: () => [0, this.top] } },
      axes: [
        { size: BOTTOM, stroke: "transparent", grid: { show: false }, ticks: { stroke: colours.edge, width: 1, size: 4 }, border: { show: true, stroke: colours.edge, width: 1 }, splits: () => this.ticks, values: () => this.ticks.map(() => "") },
        { size: LEFT, stroke: colours.axis, font, gap: 6, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false }, splits: () => this.steps(), values: (_plot, splits) => splits.map((value) => (value > 0 && Math.abs(this.y(value) - this.y(target)) < LINE ? "" : goal(value))) },
      ],
      series: [{}, { stroke: colours.line, width: 2, dash: this.basis.isWeak ? [4, 4] : undefined, paths, points: { show: curve.n.length < 3 } }, { stroke: "transparent", paths, points: { show: false } }, { stroke: "transparent", paths, points: { show: false } }],
      bands: [{ series: [2, 3], fill: colours.band }],
      hooks: { drawClear: [(plot) => this.drawZone(plot, colours.zone)] },
    }, [curve.coverage, cut(curve.risk), cut(curve.high), cut(curve.low)], this.host);
    this.host.append(this.marks);
    this.thresholds = scale;
    this.drawMarks();
  }

  /** From below the strictest mark to the laxest threshold there is, in steps of five per cent. */
  range() {
    const { scale, columns } = this.basis;
    const shown = columns.map((column) => column.automatic).filter((value) => value > 0);
    const most = Math.max(scale.coverage.at(-1) ?? 1, 0.05);
    const least = shown.length ? Math.min(...shown) - 0.1 : 0;
    const low = Math.max(0, Math.floor(least * 10) / 10);
    const high = Math.min(1, Math.ceil(most * 20) / 20);
    const step = high - low > 0.45 ? 0.1 : 0.05;
    this.ticks = [];
    for (let tick = low; tick <= high + 1e-9; tick += step) this.ticks.push(Number(tick.toFixed(4)));
    return [low, high];
  }

  /** High enough for the target and the marks, low enough to tell small rates apart. */
  ceiling() {
    const { target, columns } = this.basis;
    const bounds = columns.filter((column) => column.n).map((column) => Math.min(column.bound, (column.risk ?? 0) * 2 + target));
    return Math.min(1, Math.max(4 * target, ...bounds.map((bound) => bound * 1.25)));
  }

  /** Round steps up to the ceiling, no more than fit. */
  steps() {
    const { target } = this.basis;
    let step = target;
    if (this.top / step > MOST_TICKS) {
      const rough = this.top / MOST_TICKS;
      const unit = 10 ** Math.floor(Math.log10(rough));
      step = [1, 2, 5, 10].find((one) => one * unit >= rough) * unit;
    }
    const found = [];
    for (let value = 0; value <= this.top + 1e-9; value += step) found.push(Number(value.toFixed(6)));
    return found;
  }

  drawZone(plot, colour) {
    const { zone } = this.basis;
    if (!zone) return;
    const [from, to] = zone.map((value) => plot.valToPos(Math.max(this.min, value), "x", true));
    plot.ctx.save();
    plot.ctx.fillStyle = colour;
    plot.ctx.fillRect(from, plot.bbox.top, Math.max(0, to - from), plot.bbox.height);
    plot.ctx.restore();
  }

  // uPlot lays its axes out a moment later, and always within these margins.
  x(value) {
    const width = this.host.clientWidth - LEFT - RIGHT;
    return LEFT + ((Math.min(this.max, Math.max(this.min, value)) - this.min) / (this.max - this.min || 1)) * width;
  }

  y(value) {
    const height = this.host.clientHeight - TOP - BOTTOM;
    return TOP + (1 - Math.min(this.top, Math.max(0, value)) / this.top) * height;
  }

  get isStepped() { return this.basis.curve.n.length < FEW_POINTS; }

  riskAt(share) { return between(this.basis.curve.coverage, this.basis.curve.risk, share, this.isStepped); }

  drawMarks() {
    if (!this.plot) return;
    const { target, scale, columns } = this.basis;
    const floor = this.y(0);
    const right = this.x(this.max);
    const left = this.x(this.min);
    const targetY = this.y(target);
    const ticks = this.ticks.map((tick) => {
      const at = nearest(scale.coverage, tick - 1e-9);
      const value = scale.threshold[Math.min(at, scale.threshold.length - 1)];
      return [
        svg("text", { x: this.x(tick), y: floor + 17, "text-anchor": "middle" }, percent(tick)),
        tick > (scale.coverage.at(-1) ?? 0) + 0.01 || value === undefined ? null : svg("text", { class: "thr", x: this.x(tick), y: floor + 31, "text-anchor": "middle" }, thresholdWords(Number(value.toFixed(3)))),
      ];
    });
    const texts = this.places(columns);
    this.marks.replaceChildren(
      ...ticks.flat().filter(Boolean),
      svg("line", { class: "limit", x1: left, x2: right, y1: targetY, y2: targetY }),
      floor - targetY < LINE ? "" : svg("text", { class: "limit-text", x: left - 6, y: targetY + 4, "text-anchor": "end" }, goal(target)),
      svg("text", { class: "limit-text", x: left + 6, y: targetY - 6 }, fill(gettext("target {target}"), { target: goal(target) })),
      ...columns.map((column, place) => this.mark(column, texts[place], floor)),
      this.draftMark(floor),
    );
  }

  /** Lines of text for the marks that do not lie on each other. */
  places(columns) {
    const taken = [];
    return columns.map((column) => {
      const x = this.x(column.automatic);
      const isLeft = column.kind !== "cost" && x - LEFT > 110;
      const from = isLeft ? x - 110 : x;
      let row = 0;
      while (taken.some((one) => one.row === row && from < one.to && one.from < from + 116)) row += 1;
      taken.push({ row, from, to: from + 116 });
      return { isLeft, row };
    });
  }

  mark(column, { isLeft, row }, floor) {
    const x = this.x(column.automatic);
    const risk = column.risk ?? this.riskAt(column.automatic) ?? 0;
    const y = this.y(risk);
    const top = TOP + 8 + row * 18;
    const shape = {
      active: () => svg("circle", { cx: x, cy: y, r: 5 }),
      certified: () => svg("path", { d: `M${x} ${y - 7}l7 7-7 7-7-7z` }),
      cost: () => svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, rx: 1 }),
    }[column.kind]();
    return svg("g", { class: `mark mark--${column.kind}` },
      svg("line", { x1: x, x2: x, y1: top, y2: floor }), shape,
      svg("text", { x: isLeft ? x - 6 : x + 6, y: top + 9, "text-anchor": isLeft ? "end" : "start" }, column.title));
  }

  draftMark(floor) {
    const { draft } = this.basis;
    const x = this.x(draft.automatic);
    const words = `↔ ${thresholdWords(draft.threshold)}`;
    const width = 16 + words.length * 6.5;
    const at = Math.min(Math.max(x - width / 2, 0), this.host.clientWidth - width);
    const risk = draft.risk ?? this.riskAt(draft.automatic);
    return svg("g", { class: "mark mark--draft" },
      svg("line", { x1: x, x2: x, y1: TOP - 8, y2: floor + 4 }),
      risk === null ? null : svg("circle", { cx: x, cy: this.y(risk), r: 6 }),
      svg("rect", { class: "handle", x: at, y: 2, width, height: 20, rx: 10 }),
      svg("text", { class: "handle-text", x: at + width / 2, y: 16, "text-anchor": "middle" }, words));
  }

  /** Move the draft alone; figures follow when the server has answered. */
  moveDraft(draft) {
    if (!this.basis) return;
    this.basis.draft = draft;
    this.drawMarks();
  }

  /** Bring the draft into view where the picture is wider than the screen. */
  bringDraft(scroller) {
    if (scroller.scrollWidth > scroller.clientWidth) scroller.scrollLeft = this.x(this.basis.draft.automatic) - scroller.clientWidth / 2;
  }

  /** Say in words what the picture shows. */
  label(text) {
    this.host.setAttribute("role", "img");
    this.host.setAttribute("aria-label", text || gettext("Error of automatic decisions against the share decided automatically"));
  }
}
