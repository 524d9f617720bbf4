// One cell enlarged: before and after with a slider between, its figures, its latents, and a strip of neighbours.
import { makeCompare } from "../shared/compare.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { duration, signed } from "../shared/format.js";
import { heatLegend, paintHeat } from "../shared/heat.js";
import { icon } from "../shared/icons.js";
import { paint, viewOf } from "../shared/pictures.js";
import { pythonButton } from "../shared/python_code.js";
import { term } from "../shared/term.js";
import { isBent, isOperated, latentPanel, openLatents } from "./latent.js";
import { chooseCell } from "./requests.js";
import {
  cellOf,
  chosenCell,
  decibels,
  pictureIds,
  presentModels,
  rowTop,
  showErrors,
  state,
  visible,
} from "./state.js";
import { openStrip, stripView } from "./strip.js";

let view, title, compare, info, flip;
let operated = null; // the cell as it comes back from latent surgery
let trial = null; // {uri, words}: a picture of the strip or of a dragged dimension, in the large view

function side() {
  const room = compare.node.parentNode;
  const height = matchMedia("(max-width: 760px)").matches ? Infinity : room.clientHeight; // there the page scrolls
  return Math.round(Math.max(240, Math.min(room.clientWidth - 32, height - 32, 720)));
}

const scaleOf = (row, cell) => Math.max(rowTop(row), 10 * Math.ceil(cell.peak / 10));

function afterWords() {
  if (trial) return trial.words;
  if (operated) return "After surgery";
  return state.errors ? "Error" : "Reconstruction";
}

function render() {
  const now = chosenCell();
  if (!now?.cell?.after) return;
  const cell = operated || now.cell;
  const size = side();
  const [first, second] = compare.canvases;
  compare.resize(size);
  paint(first, now.row.views[now.model.size] || viewOf(now.row.views, size), size);
  if (state.errors && !trial) paintHeat(second, cell.error, size, scaleOf(now.row, cell));
  else paint(second, trial?.uri || cell.after, size);
  compare.tags[1].textContent = afterWords();
  flip.setAttribute("aria-checked", String(state.errors));
  renderInfo(now, cell);
}

function figure(words, value, note = "") {
  const hint = (text) => el("span", { class: "hint" }, text);
  return el("span", { class: "reconstruction-value" }, hint(words), el("strong", {}, value), hint(note));
}

function renderInfo(now, cell) {
  if (trial) {
    return info.replaceChildren(el("span", { class: "hint" }, "This picture has no original to be measured against."));
  }
  const change = operated && cell.psnr !== null && now.cell.psnr !== null ? cell.psnr - now.cell.psnr : null;
  info.replaceChildren(
    figure(term("psnr", "PSNR"), decibels(cell.psnr), change === null ? "" : signed(change, 1)),
    figure(term("ssim", "SSIM"), cell.ssim.toFixed(3)),
    cell.distance === null ? "" : figure(term("embedding-distance", "Distance"), cell.distance.toFixed(3)),
    figure("Time", duration(cell.milliseconds)),
    cell.percentile === null ? "" : figure("Higher PSNR than", `${cell.percentile} %`, "of test pictures"),
    state.errors ? heatLegend(scaleOf(now.row, cell)) : "",
  );
}

// Left and right go through the models of this picture, up and down through the pictures.
function step(rows, models) {
  const now = chosenCell();
  const columns = presentModels().map((model) => model.key);
  const at = (list, value, by) => list[(list.indexOf(value) + by + list.length) % list.length];
  const next = { id: at(pictureIds(), now.id, rows), model: at(columns, now.model.key, models) };
  if (cellOf(next.id, next.model)?.after) chooseCell(next);
}

function keys(event) {
  if (!state.chosen || !visible() || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") return chooseCell(null);
  if (target.closest("input, select, textarea, [role=radio], [role=tab], .reconstruction-code")) return;
  const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!way) return;
  event.preventDefault();
  step(...way);
}

function bar() {
  title = el("h2", { class: "reconstruction-title" });
  flip = button("Error map", () => showErrors(!state.errors), {
    class: "chip",
    role: "switch",
    id: "reconstruction-flip",
  });
  const mark = el("span", { class: "reconstruction-back-mark", "aria-hidden": "true" }, icon("chevron"));
  const back = button([mark, "All pictures"], () => chooseCell(null), {
    class: "button small",
    id: "reconstruction-back",
  });
  const seen = () => ({ kind: "reconstruction", model: chosenCell().model.key, name: chosenCell().row.name });
  const say = (words) => emit("reconstruction:say", words);
  const python = pythonButton(seen, say, { id: "reconstruction-python" });
  return el("div", { class: "reconstruction-bar" }, back, title, python, flip);
}

export function detailView() {
  compare = makeCompare({
    slider: "Before and after: how much of the original is shown",
    labels: ["The original", "The reconstruction"],
    tags: ["Original", "Reconstruction"],
  }, { class: "compare reconstruction-compare" });
  info = el("div", { class: "reconstruction-info number" });
  const large = el(
    "div",
    { class: "reconstruction-large" },
    el("div", { class: "reconstruction-room" }, compare.node),
    info,
    stripView(),
  );
  const content = el("div", { class: "reconstruction-enlarged" }, large, latentPanel());
  view = el(
    "section",
    { class: "reconstruction-detail", hidden: true, "aria-label": "One reconstruction" },
    bar(),
    content,
  );
  new ResizeObserver(() => view.clientWidth && render()).observe(compare.node.parentNode);
  return view;
}

function open() {
  const now = chosenCell();
  view.hidden = !now;
  operated = trial = null;
  if (!now) return;
  title.textContent = `${now.row.name}, ${now.model.title}`;
  openLatents(now);
  render();
  openStrip();
}

on("reconstruction:chosen", open);
on("reconstruction:cells", () => state.chosen && render());
on("reconstruction:trial", (next) => {
  trial = next;
  render();
});
on("reconstruction:untouched", () => {
  operated = null;
  emit("reconstruction:trial", null);
});
on("reconstruction:response", (message) => {
  const now = chosenCell();
  if (!now || message.error) return;
  const mine = message.id === now.id && message.model === now.model.key;
  if (message.operated && mine && isOperated()) {
    operated = message.operated;
    emit("reconstruction:trial", null);
  }
  if (message.strip && message.request.slot === "live" && isBent()) {
    emit("reconstruction:trial", { uri: message.strip[0], words: "One dimension moved" });
  }
});
document.addEventListener("keydown", keys);
