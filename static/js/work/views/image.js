// An image under review: zoom, turn and fit by classes, so that no style attribute is needed. Small pixel grids are drawn smooth, as a scan looks from afar; crisp on demand.
import { el, icon, kbd } from "../../dom.js";
import { fill, gettext } from "../../text.js";

const ZOOMS = [50, 75, 100, 150, 200, 300, 400];
const FIT = "fit";

/** A square or rectangular grid of grey values as rows, or null. */
function grid(value) {
  const cells = Array.isArray(value) ? value : value?.pixels ?? value?.values;
  if (!Array.isArray(cells) || !cells.length) return null;
  if (Array.isArray(cells[0])) return cells;
  const width = value.width ?? Math.sqrt(cells.length);
  if (!Number.isInteger(width)) return null;
  return Array.from({ length: cells.length / width }, (_, row) => cells.slice(row * width, (row + 1) * width));
}

function draw(rows, name) {
  const canvas = el("canvas", { class: "scan scan--pixels", width: rows[0].length, height: rows.length, role: "img", "aria-label": fill(gettext("{name}: {w} by {h} pixels"), { name, w: rows[0].length, h: rows.length }) });
  const most = rows.flat().reduce((a, b) => Math.max(a, b), 1);
  const context = canvas.getContext("2d");
  const image = context.createImageData(rows[0].length, rows.length);
  rows.flat().forEach((value, index) => {
    const paper = Math.round(255 * (1 - value / most));
    image.data.set([paper, paper, paper, 255], index * 4);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The viewer, with its state on the node: `turn()`, `fit()`, `zoom(step)` are called by the keys. */
function viewer(value, { name, loadImage }) {
  const rows = grid(value);
  const url = typeof value === "string" ? value : value?.url ?? value?.href;
  let picture;
  if (rows) picture = draw(rows, name);
  else if (url) {
    picture = el("img", { class: "scan", alt: name, decoding: "async" });
    loadImage(url).then((source) => { picture.src = source; }, () => stage.replaceChildren(el("p", { class: "subtle" }, gettext("The image could not be loaded. The rest can still be judged, or skip the item."))));
  } else return el("p", { class: "reading subtle" }, gettext("There is no image in this field."));

  const shown = el("span", { class: "viewer-zoom" });
  const stage = el("div", { class: "viewer-stage", tabindex: "0", role: "group", "aria-label": name }, picture);
  let zoom = FIT;
  let turn = 0;
  const apply = () => {
    picture.dataset.zoom = zoom;
    picture.dataset.turn = turn;
    shown.textContent = zoom === FIT ? gettext("fit") : `${zoom}\u00a0%`;
  };
  const act = {
    turn: () => { turn = (turn + 90) % 360; apply(); },
    fit: () => { zoom = FIT; turn = 0; apply(); },
    zoom: (step) => { zoom = ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, ZOOMS.indexOf(zoom === FIT ? 100 : zoom) + step))]; apply(); },
    crisp: (event) => {
      const on = picture.classList.toggle("scan--crisp");
      event.currentTarget.setAttribute("aria-pressed", String(on));
    },
    grey: (event) => {
      const on = picture.classList.toggle("scan--grey");
      event.currentTarget.setAttribute("aria-pressed", String(on));
    },
  };
  const tool = (label, glyph, onclick, extra = {}) => el("button", { class: "btn btn--quiet btn--sm btn--icon", type: "button", "aria-label": label, title: label, onclick, ...extra }, icon(glyph, false));
  apply();
  const figure = el("figure", { class: "viewer" },
    el("div", { class: "viewer-tools", role: "toolbar", "aria-label": gettext("Image") },
      tool(gettext("Smaller"), "zoomout", () => act.zoom(-1)), shown, tool(gettext("Larger"), "zoomin", () => act.zoom(1)),
      el("button", { class: "btn btn--quiet btn--sm", type: "button", onclick: act.fit }, icon("fit"), gettext("Fit"), " ", kbd("F")),
      el("button", { class: "btn btn--quiet btn--sm", type: "button", onclick: act.turn }, icon("rotate"), gettext("Turn"), " ", kbd("T")),
      rows ? el("button", { class: "btn btn--quiet btn--sm", type: "button", "aria-pressed": "false", onclick: act.crisp }, icon("grid"), gettext("Pixels")) : el("button", { class: "btn btn--quiet btn--sm", type: "button", "aria-pressed": "false", onclick: act.grey }, icon("contrast"), gettext("Grey"))),
    stage);
  figure.act = act;
  return figure;
}

export const imageView = {
  takes: (value) => value !== null && value !== undefined,
  show: (value, pointer, view, { heading } = {}) => viewer(value, { name: heading ?? view.nameOf(pointer), loadImage: view.loadImage }),
};
