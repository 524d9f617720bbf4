// The pieces of the table: heads of columns, pictures, reconstructions with their figures, and models that are not here.
import { button, iconButton, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { duration } from "../shared/format.js";
import { heatLegend, paintHeat } from "../shared/heat.js";
import { icon } from "../shared/icons.js";
import { splitCommand } from "../shared/notice.js";
import { paint, viewOf } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { term } from "../shared/term.js";
import { endFetch, fetchModel } from "./downloads.js";
import { changeTable, chooseCell, removePicture, retryCell } from "./requests.js";
import { cellOf, decibels, state } from "./state.js";

const FINE = 200; // CSS pixels; painted at least this large: from here on pictures are enlarged with care
const nodes = new Map(); // key -> element, so that nothing flickers when one cell arrives

const kept = (key, make) => {
  if (!nodes.has(key)) nodes.set(key, make());
  return nodes.get(key);
};

/** Takes away what is no longer in the table. */
export function keepOnly(wanted) {
  for (const [key, element] of nodes) {
    if (wanted.includes(element)) continue;
    element.remove();
    nodes.delete(key);
  }
}

const place = (element, row, column) => {
  element.style.gridArea = `${row} / ${column} / auto / auto`;
  return element;
};

const KINDS = { cae: "autoencoder", vae: "vae", kl: "kl-autoencoder" }; // the terms of their titles
const count = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n.toLocaleString("en"));

export function corner() {
  const words = [
    el("strong", {}, "Picture"),
    el("span", {}, term("reconstruction", "as the models see it")),
  ];
  return place(kept("corner", () => el("header", { class: "reconstruction-head reconstruction-corner" }, words)), 1, 1);
}

export function head(model, column) {
  const made = kept(`head ${model.key}`, () => el("header", { class: "reconstruction-head" }));
  made.dataset.model = model.key;
  const explained = KINDS[model.key];
  const size = model.values ? `${model.shape} \u2192 ${model.ratio}:1` : "";
  made.title = `${count(model.values)} numbers for ${count(3 * model.size ** 2)}; ${
    count(model.parameters)
  } parameters`;
  made.replaceChildren(
    el("strong", {}, explained ? term(explained, model.title) : model.title),
    el("span", { class: "number" }, size),
  );
  return place(made, 1, column);
}

// As large as the page has it.
const sent = (row) => ({
  uri: Object.entries(row.views).sort(([a], [b]) => Number(b) - Number(a))[0][1],
  name: row.name,
});

function makeOriginal(row) {
  const actions = [
    ...sendButtons("reconstruction", () => sent(row)),
    iconButton("close", `Remove ${row.name}`, () => removePicture(row.id)),
  ];
  return el(
    "div",
    { class: "reconstruction-original", "data-row": row.id },
    el("canvas", { role: "img" }),
    el("div", { class: "reconstruction-caption" }),
    el("div", { class: "reconstruction-row-actions" }, actions),
  );
}

export function original(row, at, side, top) {
  const made = kept(`row ${row.id}`, () => makeOriginal(row));
  const canvas = made.firstChild;
  canvas.setAttribute("aria-label", row.name);
  paint(canvas, viewOf(row.views, side), Math.max(FINE, side));
  const words = state.errors && top ? heatLegend(top) : el("span", {}, `${row.width} \u00d7 ${row.height} px`);
  made.querySelector(".reconstruction-caption").replaceChildren(el("strong", { title: row.name }, row.name), words);
  return place(made, at, 1);
}

const DISTANCE = "Embedding distance: 1 \u2212 cosine in the classifier\u2019s embedding. Time: encoding and decoding";
const RANK = "Share of the held-out test pictures whose PSNR is lower";

function figures(cell) {
  const rank = cell.percentile === null || cell.percentile === undefined
    ? ""
    : `higher PSNR than ${cell.percentile} % of test pictures`;
  const distance = cell.distance === null ? "" : `distance ${cell.distance.toFixed(3)}`;
  const more = [distance, duration(cell.milliseconds)].filter(Boolean).join(", ");
  return [
    el(
      "span",
      { class: "reconstruction-figure" },
      el("strong", {}, decibels(cell.psnr)),
      ` SSIM ${cell.ssim.toFixed(3)}`,
    ),
    el("span", { title: DISTANCE }, more),
    el("span", { class: "reconstruction-rank", title: RANK }, rank),
  ];
}

function makeCell(row, model) {
  const choose = () => cellOf(row.id, model.key)?.after && chooseCell({ id: row.id, model: model.key });
  const picture = button(el("canvas", { "aria-hidden": "true" }), choose, { class: "tile reconstruction-picture" });
  return el("div", { class: "reconstruction-cell" }, picture, el("div", { class: "reconstruction-caption number" }));
}

export function cellNode(row, model, at, column, side, top) {
  const made = kept(`cell ${row.id} ${model.key}`, () => makeCell(row, model));
  const cell = cellOf(row.id, model.key);
  const [picture, caption] = made.children;
  const condition = !cell ? "waiting" : cell.problem ? "problem" : "done";
  Object.assign(made.dataset, { row: row.id, model: model.key, state: condition });
  const result = cell?.after ? `, ${decibels(cell.psnr)}. Open` : "";
  picture.setAttribute("aria-label", `${row.name} through ${model.title}${result}`);
  picture.classList.toggle("waiting", !cell?.after);
  if (cell?.after) {
    if (state.errors) paintHeat(picture.firstChild, cell.error, side, top);
    else paint(picture.firstChild, cell.after, Math.max(FINE, side));
    caption.replaceChildren(...figures(cell));
  } else if (cell) {
    const again = textButton("Try again", () => retryCell(row.id, model.key));
    caption.replaceChildren(el("span", { class: "reconstruction-trouble" }, cell.problem), again);
  } else caption.replaceChildren();
  return place(made, at, column);
}

function fetchButton(model, fetching) {
  return button(
    [icon(fetching ? "stop" : "download"), fetching ? "Stop" : "Download"],
    () => (fetching ? endFetch() : fetchModel(model.key)),
    { class: "button small", title: model.download, disabled: Boolean(state.fetching) && !fetching },
  );
}

/** One line for a model that is not here: its name, what to do about it when it is opened, and the download. */
export function absent(model) {
  const [words, command] = splitCommand(model.problem);
  const fetching = state.fetching?.key === model.key;
  const open = document.querySelector(`.reconstruction-absent[data-model="${model.key}"] details`)?.open;
  return el(
    "div",
    { class: "reconstruction-absent", "data-model": model.key },
    el(
      "details",
      { open },
      el("summary", {}, `${model.title}: not on this machine`),
      el("p", {}, words),
      command ? el("code", {}, command) : "",
    ),
    fetching ? el("span", { class: "number", role: "status" }, state.fetching.words) : "",
    model.download ? fetchButton(model, fetching) : "",
    textButton("Check again", () => changeTable({ kind: "models" }), {
      "aria-label": `Check again for ${model.title}`,
    }),
  );
}
