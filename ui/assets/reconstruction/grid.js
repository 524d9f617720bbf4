// The table: a row for each picture, a column for each autoencoder, one reconstruction in each cell.
import { after, register } from "../shared/components.js";
import { checkRadio, emptyPlace, radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { makeNotice } from "../shared/notice.js";
import { term } from "../shared/term.js";
import { absent, cellNode, corner, head, keepOnly, original } from "./cells.js";
import { detailView } from "./detail.js";
import { requests } from "./requests.js";
import { cellOf, presentModels, rowTop, showErrors, shownModels, state } from "./state.js";

const [GAP, HEAD, PAD] = [16, 52, 16];
const [CAPTION, LINE, ROOMY] = [56, 16, 240]; // of a cell; below that width its last line becomes two
const [LEAST, MOST] = [136, 420]; // of a picture

let stage, scroller, grid, progress, empty, missing;
let modes = []; // pictures, errors
const notice = makeNotice();

// As large as all columns fit beside each other; few rows may fill the height, many scroll.
function measure(present, rows) {
  const narrow = scroller.clientWidth < 560;
  const width = scroller.clientWidth - 2 * PAD;
  const across = Math.floor((width - present * GAP) / (present + 1));
  const down = Math.floor((scroller.clientHeight - HEAD - PAD) / Math.max(1, Math.min(rows, 2))) - CAPTION - GAP;
  return Math.round(Math.max(narrow ? 148 : LEAST, Math.min(across, Math.max(down, 200), MOST)));
}

function pieces(shown, side) {
  const wanted = [corner(), ...shown.map((model, index) => head(model, index + 2))];
  state.rows.forEach((row, index) => {
    const top = rowTop(row);
    wanted.push(original(row, index + 2, side, top));
    shown.forEach((model, column) => {
      wanted.push(cellNode(row, model, index + 2, column + 2, side, top));
    });
  });
  return wanted;
}

function render() {
  if (!grid) return;
  stage.hidden = Boolean(state.chosen);
  if (!scroller.clientWidth) return; // one cell is enlarged, or another tab is open
  const shown = presentModels();
  const side = measure(shown.length, state.rows.length);
  grid.style.gridTemplateColumns = `repeat(${shown.length + 1}, ${side}px)`;
  grid.style.setProperty("--side", `${side}px`);
  grid.style.setProperty("--caption", `${side < ROOMY ? CAPTION + LINE : CAPTION}px`);
  const lacking = shownModels().filter((model) => !model.present);
  missing.hidden = !lacking.length;
  missing.replaceChildren(...lacking.map(absent));
  const wanted = pieces(shown, side);
  keepOnly(wanted);
  wanted.forEach((element, at) =>
    grid.children[at] !== element && grid.insertBefore(element, grid.children[at] || null)
  );
  empty.hidden = state.rows.length > 0 || !state.opened;
  grid.hidden = !state.rows.length && state.opened;
  checkRadio(modes, (_, place) => state.errors === Boolean(place));
  tell();
}

// Several responses in one frame are one rendering.
let planned = 0;
function soon() {
  cancelAnimationFrame(planned);
  planned = requestAnimationFrame(render);
}

function tell() {
  const models = presentModels();
  const all = state.rows.length * models.length;
  const cellsOf = (row) => models.filter((model) => cellOf(row.id, model.key)).length;
  const done = state.rows.reduce((sum, row) => sum + cellsOf(row), 0);
  const words = !state.opened ? "Opening the models" : done < all ? `${done} of ${all} reconstructions` : "";
  progress.textContent = words || (all ? "Click a reconstruction to compare and to operate on its latents" : "");
  stage.toggleAttribute("data-busy", Boolean(words));
  stage.style.setProperty("--done", all ? `${Math.round((100 * done) / all)}%` : "0%");
}

function toolbar() {
  modes = [
    radio("Pictures", () => showErrors(false), { id: "reconstruction-pictures" }),
    radio("Errors", () => showErrors(true), { id: "reconstruction-errors" }),
  ];
  progress = el("p", { class: "hint number reconstruction-progress", role: "status" });
  const radios = radioGroup("What the cells show", modes, { class: "states reconstruction-mode" });
  radios.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    showErrors(!state.errors);
    modes[Number(state.errors)].focus();
  });
  const explained = el(
    "span",
    { class: "hint reconstruction-terms" },
    term("psnr", "PSNR"),
    term("ssim", "SSIM"),
    term("embedding-distance", "Distance"),
  );
  return el("div", { class: "reconstruction-bar" }, radios, explained, progress);
}

register("reconstruction-canvas", ({ root, props, watch }) => {
  grid = el("div", { class: "reconstruction-grid" });
  const detail = "Each is sent through every model and comes back beside itself.";
  empty = emptyPlace("reconstruction-file", "Drop pictures here, paste one, or click to choose", detail, {
    hidden: true,
  });
  missing = el("section", { class: "reconstruction-missing", "aria-label": "Models that are not on this machine" });
  const named = { tabindex: 0, "aria-label": "Pictures and their reconstructions" };
  scroller = el("div", { class: "reconstruction-scroll", ...named }, grid, empty);
  stage = el(
    "section",
    { class: "reconstruction-stage", "aria-label": "Reconstructions" },
    toolbar(),
    scroller,
    missing,
  );
  root.classList.add("reconstruction-canvas");
  root.append(stage, detailView(), notice.node);
  new ResizeObserver(soon).observe(scroller);
  watch("value", () => requests.receive(props.value));
});

for (
  const name of [
    "reconstruction:rows",
    "reconstruction:models",
    "reconstruction:cells",
    "reconstruction:chosen",
    "reconstruction:idle",
  ]
) on(name, soon);
on("reconstruction:say", notice.say);
on("reconstruction:added", () => requestAnimationFrame(() => (scroller.scrollTop = 0)));
after(["reconstruction-controls", "reconstruction-canvas"], () => emit("reconstruction:mounted"));
