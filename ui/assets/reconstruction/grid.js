// The light table: a row for each picture, a column for each autoencoder, one reconstruction in each cell.
import { after, el, emit, icon, on, part } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { detailView } from "./detail.js";
import { endFetch, fetchModel } from "./fetch.js";
import { heatLegend, paintHeat } from "./heat.js";
import {
  ask,
  cellOf,
  chooseCell,
  presentModels,
  receive,
  removePicture,
  retryCell,
  showErrors,
  shownModels,
  state,
} from "./wire.js";

const ABSENT = 120; // CSS pixels of the column of a model that is not here
const [GAP, CAPTION, HEAD, PAD] = [16, 56, 52, 16];
const [LEAST, MOST] = [136, 420]; // of a picture
const FINE = 200; // painted at least this large: from here on pictures are enlarged with care

let stage, scroller, grid, message, progress, empty, errors, plain;
const nodes = new Map(); // key -> element, so that nothing flickers when one cell arrives

const node = (key, make) => {
  if (!nodes.has(key)) nodes.set(key, make());
  return nodes.get(key);
};
const place = (element, row, column, span = 1) => {
  element.style.gridArea = `${row} / ${column} / span ${span} / auto`;
  return element;
};

// --- size -------------------------------------------------------------------------------------------------------

// As large as all columns fit beside each other; few rows may fill the height, many scroll.
function measure(present, absent, rows) {
  const narrow = scroller.clientWidth < 560;
  const width = scroller.clientWidth - 2 * PAD - (narrow ? 0 : absent * (ABSENT + GAP));
  const across = Math.floor((width - present * GAP) / (present + 1));
  const down = Math.floor((scroller.clientHeight - HEAD - PAD) / Math.max(1, Math.min(rows, 2))) - CAPTION - GAP;
  return Math.round(Math.max(narrow ? 148 : LEAST, Math.min(across, Math.max(down, 200), MOST)));
}

// --- words ------------------------------------------------------------------------------------------------------

const decibels = (psnr) => (psnr === null ? "exact" : `${psnr.toFixed(1)} dB`);
const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const count = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n.toLocaleString("en"));

function figures(cell) {
  const rank = cell.percentile === null || cell.percentile === undefined
    ? ""
    : `better than ${cell.percentile} % of tests`;
  const more = [cell.distance === null ? "" : `distance ${cell.distance.toFixed(3)}`, time(cell.milliseconds)].filter(
    Boolean,
  );
  return [
    el("span", { class: "lab-figure" }, el("strong", {}, decibels(cell.psnr)), ` SSIM ${cell.ssim.toFixed(3)}`),
    el("span", {
      title: "Embedding distance: 1 \u2212 cosine in the classifier\u2019s embedding. Time: encoding and decoding",
    }, more.join(", ")),
    el("span", { title: "Share of the held-out test pictures whose PSNR is lower" }, rank),
  ];
}

// --- the pieces -------------------------------------------------------------------------------------------------

function head(model, column) {
  const made = node(`head ${model.key}`, () => el("header", { class: "lab-head" }));
  made.dataset.model = model.key;
  made.dataset.present = String(model.present);
  const size = model.values ? `${model.shape} \u2192 ${model.ratio}:1` : "";
  made.title = model.present
    ? `${count(model.values)} numbers for ${count(3 * model.size ** 2)}; ${count(model.parameters)} parameters`
    : "";
  made.replaceChildren(el("strong", {}, model.title), model.present ? el("span", { class: "number" }, size) : "");
  return place(made, 1, column);
}

// As large as the page has it.
const sent = (row) => ({ uri: Object.entries(row.views).sort(([a], [b]) => b - a)[0][1], name: row.name });

function original(row, at, side, top) {
  const made = node(
    `row ${row.id}`,
    () =>
      el(
        "div",
        { class: "lab-original", "data-row": row.id },
        el("canvas", { role: "img" }),
        el("div", { class: "lab-caption" }),
        el(
          "div",
          { class: "lab-row-actions" },
          sendButtons("lab", () => sent(row)),
          el("button", {
            type: "button",
            class: "icon-button",
            "aria-label": `Remove ${row.name}`,
            title: "Remove",
            onclick: () => removePicture(row.id),
          }, icon("close")),
        ),
      ),
  );
  const canvas = made.firstChild;
  canvas.setAttribute("aria-label", row.name);
  paint(canvas, row.views[64], Math.max(FINE, side));
  const words = state.errors && top ? heatLegend(top) : el("span", {}, `${row.width} \u00d7 ${row.height} px`);
  made.querySelector(".lab-caption").replaceChildren(el("strong", { title: row.name }, row.name), words);
  return place(made, at, 1);
}

function cellNode(row, model, at, column, side, top) {
  const key = `cell ${row.id} ${model.key}`;
  const made = node(
    key,
    () =>
      el(
        "div",
        { class: "lab-cell" },
        el(
          "button",
          { type: "button", class: "tile lab-picture", onclick: () => pick(row.id, model.key) },
          el("canvas", { role: "img" }),
        ),
        el("div", { class: "lab-caption number" }),
      ),
  );
  const cell = cellOf(row.id, model.key);
  const [button, caption] = made.children;
  Object.assign(made.dataset, {
    row: row.id,
    model: model.key,
    state: !cell ? "waiting" : cell.problem ? "problem" : "done",
  });
  button.setAttribute(
    "aria-label",
    `${row.name} through ${model.title}${cell?.after ? `, ${decibels(cell.psnr)}. Open` : ""}`,
  );
  button.classList.toggle("waiting", !cell?.after);
  if (cell?.after) {
    if (state.errors) paintHeat(button.firstChild, cell.error, side, top);
    else paint(button.firstChild, cell.after, Math.max(FINE, side));
    caption.replaceChildren(...figures(cell));
  } else if (cell) {
    caption.replaceChildren(
      el("span", { class: "lab-trouble" }, cell.problem),
      el("button", { type: "button", class: "text-button", onclick: () => retryCell(row.id, model.key) }, "Try again"),
    );
  } else caption.replaceChildren();
  return place(made, at, column);
}

function pick(id, model) {
  if (cellOf(id, model)?.after) chooseCell({ id, model });
}

function absent(model, column, rows) {
  const made = node(`absent ${model.key}`, () => el("div", { class: "lab-absent" }));
  const at = model.problem.indexOf("python ");
  const [words, command] = at > 0 ? [model.problem.slice(0, at), model.problem.slice(at)] : [model.problem, ""];
  const fetching = state.fetching?.key === model.key;
  made.dataset.model = model.key;
  made.replaceChildren(
    el("p", {}, words),
    command ? el("code", {}, command) : "",
    fetching ? el("p", { class: "number", role: "status" }, state.fetching.words) : "",
    model.download
      ? el(
        "button",
        {
          type: "button",
          class: "button small",
          title: model.download,
          disabled: Boolean(state.fetching) && !fetching,
          onclick: () => (fetching ? endFetch() : fetchModel(model.key)),
        },
        icon(fetching ? "stop" : "download"),
        fetching ? "Stop" : "Download",
      )
      : "",
    el("button", { type: "button", class: "text-button", onclick: () => ask({ kind: "models" }) }, "Check again"),
  );
  return place(made, 2, column, Math.max(1, rows));
}

// --- the whole table --------------------------------------------------------------------------------------------

// One scale for a row: the largest of its errors, rounded up to whole tens of levels.
function rowTop(row) {
  const peaks = presentModels().map((model) => cellOf(row.id, model.key)?.peak || 0);
  return Math.max(10, 10 * Math.ceil(Math.max(0, ...peaks) / 10));
}

function render() {
  if (!grid) return;
  stage.hidden = Boolean(state.chosen);
  if (!scroller.clientWidth) return; // under the loupe, or another tab is open
  const shown = [...presentModels(), ...shownModels().filter((model) => !model.present)];
  const present = presentModels().length;
  const side = measure(present, shown.length - present, state.rows.length);
  grid.style.gridTemplateColumns = [`${side}px`, ...shown.map((model) => `${model.present ? side : ABSENT}px`)].join(
    " ",
  );
  grid.style.setProperty("--side", `${side}px`);
  const kept = [
    place(
      node("corner", () =>
        el(
          "header",
          { class: "lab-head lab-corner" },
          el("strong", {}, "Picture"),
          el("span", {}, "as the models see it"),
        )),
      1,
      1,
    ),
    ...shown.map((model, index) => head(model, index + 2)),
  ];
  state.rows.forEach((row, index) => {
    const top = rowTop(row);
    kept.push(original(row, index + 2, side, top));
    shown.forEach((model, column) =>
      model.present && kept.push(cellNode(row, model, index + 2, column + 2, side, top))
    );
  });
  shown.forEach((model, column) => model.present || kept.push(absent(model, column + 2, state.rows.length)));
  for (const [key, element] of nodes) {
    if (kept.includes(element)) continue;
    element.remove();
    nodes.delete(key);
  }
  for (const element of kept) if (!element.parentNode) grid.append(element);
  empty.hidden = state.rows.length > 0 || !state.opened;
  grid.hidden = !state.rows.length && state.opened;
  plain.setAttribute("aria-checked", String(!state.errors));
  errors.setAttribute("aria-checked", String(state.errors));
  tell();
}

// Several answers in one frame are one rendering.
let planned = 0;
function soon() {
  cancelAnimationFrame(planned);
  planned = requestAnimationFrame(render);
}

function tell() {
  const all = state.rows.length * presentModels().length;
  const done = state.rows.reduce(
    (sum, row) => sum + presentModels().filter((model) => cellOf(row.id, model.key)).length,
    0,
  );
  const words = !state.opened ? "Opening the models" : done < all ? `${done} of ${all} reconstructions` : "";
  progress.textContent = words || (all ? "Click a reconstruction to compare and to operate on its latents" : "");
  stage.toggleAttribute("data-busy", Boolean(words));
  stage.style.setProperty("--done", all ? `${Math.round((100 * done) / all)}%` : "0%");
}

function say({ text, error = false }) {
  message.hidden = !text;
  message.dataset.kind = error ? "error" : "note";
  message.replaceChildren(
    error ? icon("warning") : "",
    el("span", {}, text),
    el("button", {
      type: "button",
      class: "icon-button",
      "aria-label": "Close this message",
      onclick: () => (message.hidden = true),
    }, icon("close")),
  );
  clearTimeout(message.timer);
  if (!error) message.timer = setTimeout(() => (message.hidden = true), 5000);
}

function toolbar() {
  const button = (id, words, on) =>
    el("button", { type: "button", role: "radio", class: "state", id, onclick: () => showErrors(on) }, words);
  plain = button("lab-pictures", "Pictures", false);
  errors = button("lab-errors", "Errors", true);
  progress = el("p", { class: "hint number lab-progress", role: "status" });
  const radios = el(
    "div",
    { class: "states lab-mode", role: "radiogroup", "aria-label": "What the cells show" },
    plain,
    errors,
  );
  radios.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    showErrors(!state.errors);
    (state.errors ? errors : plain).focus();
  });
  return el("div", { class: "lab-bar" }, radios, progress);
}

part("lab-canvas", ({ root, props, watch }) => {
  grid = el("div", { class: "lab-grid" });
  empty = el(
    "button",
    {
      type: "button",
      class: "empty-photo",
      hidden: true,
      onclick: () => document.getElementById("lab-file").click(),
    },
    icon("upload"),
    el("strong", {}, "Drop pictures here, paste one, or click to choose"),
    el("span", {}, "Each is sent through every model and comes back beside itself."),
  );
  scroller = el(
    "div",
    { class: "lab-scroll", tabindex: 0, "aria-label": "Pictures and their reconstructions" },
    grid,
    empty,
  );
  message = el("div", { class: "message", role: "alert", hidden: true });
  stage = el("section", { class: "lab-stage", "aria-label": "Reconstructions" }, toolbar(), scroller);
  root.classList.add("lab-canvas");
  root.append(stage, detailView(), message);
  new ResizeObserver(soon).observe(scroller);
  watch("value", () => receive(props.value));
});

for (const name of ["lab:rows", "lab:models", "lab:cells", "lab:chosen", "lab:idle"]) on(name, soon);
on("lab:say", say);
after(["lab-controls", "lab-canvas"], () => emit("lab:mounted"));
export { decibels, rowTop, time as duration };
