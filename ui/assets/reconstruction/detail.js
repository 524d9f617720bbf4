// One cell under the loupe: before and after with a slider between, its figures, and a strip of neighbours in latent space.
import { el, icon, on } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { decibels, duration, rowTop } from "./grid.js";
import { heatLegend, paintHeat } from "./heat.js";
import { currentDimension, isBent, isOperated, latentPanel, openLatents } from "./latent.js";
import {
  ask,
  cellOf,
  chooseCell,
  modelOf,
  pictureIds,
  presentModels,
  rowOf,
  showErrors,
  state,
  visible,
} from "./wire.js";

const POINTS = 8;

let view, title, compare, slider, info, strip, stripHead, stripPictures, stripButtons, other, panel, flip;
let split = 0.5;
let operated = null; // the cell as it comes back from latent surgery
let trial = null; // {uri, words}: a picture of the strip or of a dragged dimension, in the large view
let kind = "interpolate";
let seed = 0;

const chosen = () =>
  state.chosen &&
  {
    ...state.chosen,
    row: rowOf(state.chosen.id),
    model: modelOf(state.chosen.model),
    cell: cellOf(state.chosen.id, state.chosen.model),
  };

// --- before and after -------------------------------------------------------------------------------------------

function compareView() {
  slider = el("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.005,
    value: split,
    class: "split",
    "aria-label": "Before and after: how much of the original is shown",
  });
  slider.addEventListener("input", () => {
    split = Number(slider.value);
    compare.style.setProperty("--split", `${100 * split}%`);
  });
  compare = el(
    "div",
    { class: "compare lab-compare" },
    el("canvas", { role: "img", "aria-label": "The original" }),
    el("canvas", { role: "img", class: "after", "aria-label": "The reconstruction" }),
    el("span", { class: "divider" }),
    el("span", { class: "tag tag-before" }, "Original"),
    el("span", { class: "tag tag-after" }, "Reconstruction"),
    slider,
  );
  return compare;
}

function side() {
  const room = compare.parentNode;
  const height = matchMedia("(max-width: 760px)").matches ? Infinity : room.clientHeight; // there the page scrolls
  return Math.round(Math.max(240, Math.min(room.clientWidth - 32, height - 32, 720)));
}

function renderCompare() {
  const now = chosen();
  if (!now?.cell?.after) return;
  const cell = operated || now.cell;
  const size = side();
  const [first, second] = compare.querySelectorAll("canvas");
  compare.style.setProperty("--side", `${size}px`);
  compare.style.setProperty("--split", `${100 * split}%`);
  paint(first, now.row.views[now.model.size] || now.row.views[64], size);
  if (state.errors && !trial) {
    paintHeat(second, cell.error, size, Math.max(rowTop(now.row), 10 * Math.ceil(cell.peak / 10)));
  } else paint(second, trial?.uri || cell.after, size);
  compare.querySelector(".tag-after").textContent = trial
    ? trial.words
    : operated
    ? "After surgery"
    : state.errors
    ? "Error"
    : "Reconstruction";
  flip.setAttribute("aria-checked", String(state.errors));
  renderInfo(now, cell);
}

function renderInfo(now, cell) {
  const change = operated && cell.psnr !== null && now.cell.psnr !== null ? cell.psnr - now.cell.psnr : null;
  const signed = change === null ? "" : `${change < 0 ? "\u2212" : "+"}${Math.abs(change).toFixed(1)}`;
  const figure = (words, value, note = "") =>
    el(
      "span",
      { class: "lab-value" },
      el("span", { class: "hint" }, words),
      el("strong", {}, value),
      el("span", { class: "hint" }, note),
    );
  if (trial) {
    return info.replaceChildren(el("span", { class: "hint" }, "This picture has no original to be measured against."));
  }
  info.replaceChildren(
    figure("PSNR", decibels(cell.psnr), signed),
    figure("SSIM", cell.ssim.toFixed(3)),
    cell.distance === null ? "" : figure("Distance", cell.distance.toFixed(3)),
    figure("Time", duration(cell.milliseconds)),
    cell.percentile === null ? "" : figure("Better than", `${cell.percentile} %`, "of tests"),
    state.errors ? heatLegend(Math.max(rowTop(now.row), 10 * Math.ceil(cell.peak / 10))) : "",
  );
}

// --- the strip --------------------------------------------------------------------------------------------------

const kinds = (now) =>
  [["interpolate", "Interpolate", state.rows.length > 1], ["sample", "Sample the prior", now.model.prior], [
    "traverse",
    "Traverse",
    now.model.flat,
  ]].filter((one) => one[2]);

function showStrip(name) {
  kind = name;
  trial = null;
  renderStrip();
  askStrip();
}

function renderStrip() {
  const now = chosen();
  if (!now) return;
  const offered = kinds(now);
  if (!offered.some(([name]) => name === kind)) kind = offered[0]?.[0] || "";
  strip.hidden = !kind;
  stripHead.replaceChildren(
    ...offered.map(([name, words]) =>
      el("button", {
        type: "button",
        class: "state",
        role: "radio",
        "data-strip": name,
        "aria-checked": String(name === kind),
        onclick: () => showStrip(name),
      }, words)
    ),
  );
  const rows = state.rows.filter((row) => row.id !== now.id);
  const before = other.value;
  other.replaceChildren(...rows.map((row) => el("option", { value: row.id }, row.name)));
  if (rows.some((row) => row.id === before)) other.value = before;
  const controls = {
    interpolate: [el("label", { class: "lab-to" }, el("span", { class: "hint" }, "to"), other)],
    sample: [
      el(
        "button",
        { type: "button", class: "button small", id: "lab-resample", onclick: resample },
        icon("reroll"),
        "Others",
      ),
    ],
    traverse: [
      el("span", { class: "hint", id: "lab-dimension" }, `Dimension ${currentDimension() + 1}, \u22123 to +3`),
    ],
  };
  stripButtons.replaceChildren(...(controls[kind] || []));
}

function resample() {
  seed += POINTS;
  askStrip();
}

function askStrip() {
  const now = chosen();
  if (!now || !kind) return;
  const common = { model: now.model.key, count: POINTS };
  const values = Array.from({ length: 7 }, (_, i) => i - 3);
  const request = {
    interpolate: { kind, ...common, picture: now.id, other: other.value },
    sample: { kind, ...common, seed },
    traverse: { kind, ...common, picture: now.id, dimension: currentDimension(), values },
  }[kind];
  strip.dataset.stale = "";
  ask(request, { slot: "strip" });
}

function fillStrip(pictures, values) {
  delete strip.dataset.stale;
  stripPictures.replaceChildren(...pictures.map((uri, index) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paint(canvas, uri, 96);
    const words = kind === "traverse"
      ? String(values[index]).replace("-", "\u2212")
      : kind === "interpolate"
      ? `${Math.round((100 * index) / (pictures.length - 1))} %`
      : "";
    return el(
      "button",
      {
        type: "button",
        class: "lab-point",
        "aria-label": `${kind} ${index + 1} of ${pictures.length}: look at it large`,
        onclick: () => {
          trial = trial?.uri === uri ? null : { uri, words: "From the strip" };
          [...stripPictures.children].forEach((child, at) =>
            child.toggleAttribute("data-current", trial !== null && at === index)
          );
          renderCompare();
        },
      },
      canvas,
      el("span", { class: "number" }, words),
    );
  }));
}

function stripView() {
  stripHead = el("div", { class: "states", role: "radiogroup", "aria-label": "Strip" });
  stripButtons = el("div", { class: "lab-strip-buttons" });
  stripPictures = el("div", { class: "lab-points" });
  other = el("select", { class: "field", "aria-label": "Interpolate to", onchange: () => askStrip() });
  strip = el(
    "section",
    { class: "lab-strip", "aria-label": "Neighbours in latent space" },
    el("div", { class: "lab-strip-head" }, stripHead, stripButtons),
    stripPictures,
  );
  return strip;
}

// --- the loupe --------------------------------------------------------------------------------------------------

// Left and right go through the models of this picture, up and down through the pictures.
function step(rows, models) {
  const now = chosen();
  const columns = presentModels().map((model) => model.key);
  const at = (list, value, by) => list[(list.indexOf(value) + by + list.length) % list.length];
  const next = { id: at(pictureIds(), now.id, rows), model: at(columns, now.model.key, models) };
  if (cellOf(next.id, next.model)?.after) chooseCell(next);
}

function keys(event) {
  if (!state.chosen || !visible() || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") return chooseCell(null);
  if (target.closest("input, select, textarea, [role=radio], [role=tab], .lab-code")) return;
  const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!way) return;
  event.preventDefault();
  step(...way);
}

export const detailView = () => {
  title = el("h2", { class: "lab-title" });
  flip = el("button", {
    type: "button",
    class: "chip",
    role: "switch",
    id: "lab-flip",
    onclick: () => showErrors(!state.errors),
  }, "Error map");
  info = el("div", { class: "lab-info number" });
  panel = latentPanel();
  view = el(
    "section",
    { class: "lab-detail", hidden: true, "aria-label": "One reconstruction" },
    el(
      "div",
      { class: "lab-bar" },
      el(
        "button",
        {
          type: "button",
          class: "button small",
          id: "lab-back",
          onclick: () => chooseCell(null),
        },
        el("span", { class: "lab-back-mark", "aria-hidden": "true" }, icon("chevron")),
        "All pictures",
      ),
      title,
      flip,
    ),
    el(
      "div",
      { class: "lab-loupe" },
      el("div", { class: "lab-large" }, el("div", { class: "lab-room" }, compareView()), info, stripView()),
      panel,
    ),
  );
  new ResizeObserver(() => view.clientWidth && renderCompare()).observe(compare.parentNode);
  return view;
};

function open() {
  const now = chosen();
  view.hidden = !now;
  operated = trial = null;
  if (!now) return;
  title.textContent = `${now.row.name}, ${now.model.title}`;
  stripPictures.replaceChildren(
    ...Array.from(
      { length: POINTS },
      () => el("span", { class: "lab-point" }, el("canvas", { "aria-hidden": "true" })),
    ),
  );
  openLatents(now);
  renderStrip();
  renderCompare();
  askStrip();
}

on("lab:chosen", open);
on("lab:cells", () => state.chosen && renderCompare());
on("lab:dimension", () => {
  if (kind === "traverse") renderStrip();
  if (kind === "traverse") askStrip();
});
on("lab:untouched", () => {
  operated = trial = null;
  renderCompare();
});
on("lab:answer", (message) => {
  const now = chosen();
  if (!now || message.error) return;
  const mine = message.id === now.id && message.model === now.model.key;
  if (message.operated && mine && isOperated()) {
    operated = message.operated;
    trial = null;
    renderCompare();
  }
  if (message.strip && message.request.content.kind === kind && message.request.slot === "strip") {
    fillStrip(message.strip, message.values || []);
  }
  if (message.strip && message.request.slot === "live" && isBent()) {
    trial = { uri: message.strip[0], words: "One dimension moved" };
    renderCompare();
  }
});
document.addEventListener("keydown", keys);
