// The canvas of the Styles tab: the face before and after, a photo before and after, or styles by strengths.
import { makeCompare } from "../shared/compare.js";
import { register } from "../shared/components.js";
import { emptyPlace } from "../shared/controls.js";
import { emit, on } from "../shared/events.js";
import { duration, withMinus } from "../shared/format.js";
import { roomOf } from "../shared/layout.js";
import { paint } from "../shared/pictures.js";
import { QUICK, Stage } from "../shared/stage.js";
import { whereItGoes } from "../shared/where.js";
import { toolbar } from "./actions.js";
import { fillGrid, gridView } from "./grid.js";
import { requests } from "./requests.js";
import { isPrompt, keyOf, plainTile, state, titleOf } from "./state.js";
import { trainView } from "./training.js";
import { wallView } from "./wall.js";

const LARGEST = 720; // CSS pixels of one picture

let stage, wall, compare, grid, empty, actions;
let entry = null; // what is on the canvas

const strengths = (active) => Object.entries(active).map(([name, x]) => `${titleOf(name)} ${withMinus(x)}`).join(", ");

function showCompare(before, after, words) {
  compare.node.hidden = false;
  grid.hidden = true;
  stage.node.removeAttribute("data-grid");
  const side = Math.floor(Math.min(...roomOf(stage.node), LARGEST));
  compare.resize(side);
  const [first, second] = compare.canvases;
  paint(first, before, side);
  paint(second, after || before, side);
  compare.node.toggleAttribute("data-single", !after || after === before);
  compare.tags[0].textContent = entry?.kind === "photo" ? "Photo" : "No style";
  compare.tags[1].textContent = words || "Styled";
}

// `stale`: it is of a former face, until the first picture of the new one comes.
function showGrid(names, weights, rows, stale = false) {
  grid.toggleAttribute("data-stale", stale);
  compare.node.hidden = true;
  grid.hidden = false;
  stage.node.toggleAttribute("data-grid", true);
  fillGrid(grid, roomOf(stage.node), { names, weights, rows });
}

function render() {
  if (!entry || !stage.node.clientWidth) return;
  const { kind, names, weights, rows, recipe, active, before, after, milliseconds } = entry;
  if (kind === "grid") showGrid(names, weights, rows, keyOf(recipe) !== keyOf(state.recipe));
  else showCompare(before, after.picture, Object.keys(active).map(titleOf).join(" + "));
  const what = kind === "grid"
    ? `${names.length} styles, ${weights.length} strengths`
    : strengths(active) || "No style";
  const time = milliseconds ? duration(milliseconds) : "";
  stage.tell([kind === "photo" ? "Your photo" : `Seed ${recipe.seed}`, what, time]);
  actions.hidden = kind === "grid";
  actions.querySelector("#styles-link").hidden = !["face", "prompt"].includes(kind);
}

export function display(next) {
  entry = state.shown = next;
  empty.hidden = true;
  stage.node.removeAttribute("data-empty");
  render();
  emit("styles:shown", entry);
}

// --- responses ----------------------------------------------------------------------------------------------------

function remember(live) {
  entry.live = live;
  if (!live) emit("styles:remember", entry);
}

const settings = () => ({
  recipe: state.recipe,
  active: { ...state.active },
  blend: state.blend,
  parts: [...state.parts],
});

// The settings that a request was sent with; one that opens a picture has restored the picture's own.
function settingsOf({ content, blend }) {
  if (!content.recipe) return settings();
  const { weights, parts } = content.active;
  return { recipe: content.recipe, active: { ...weights }, blend, parts: [...parts] };
}

function takeDrawn(response) {
  const { request, kind } = response;
  // A large model draws no plain picture beside: that would take as long again.
  const { picture: before } = response.before || request.before || response.drawn.after;
  display({
    kind: kind === "photo" ? "photo" : isPrompt(request.content.recipe) ? "prompt" : "face",
    ...settingsOf(request),
    photo: request.content.photo,
    before,
    after: response.drawn.after,
    milliseconds: response.drawn.milliseconds,
  });
  remember(request.live);
}

function takeGrid(response) {
  const { request, grid: result } = response;
  if (state.gridOf === keyOf(request.content.recipe)) {
    result.styles.forEach((name, place) => state.gridRows.set(name, result.rows[place]));
  }
  if (response.superseded) return;
  displayGrid(result.milliseconds, !result.cancelled);
  if (result.cancelled) stage.say({ text: "Stopped. The rows that were finished are kept." });
}

// The rows that are there, in the order in which they were chosen.
function displayGrid(milliseconds = 0, whole = true) {
  const names = state.gridStyles.filter((name) => state.gridRows.has(name));
  if (!names.length) return render();
  const plain = { recipe: state.recipe, active: {}, blend: "sum", parts: [1, 1, 1] };
  const rows = names.map((name) => state.gridRows.get(name));
  display({ kind: "grid", ...plain, names, weights: state.words.strengths, rows, milliseconds });
  if (whole) remember(false);
}

function showPreviews({ progress, rows, request, before }) {
  if (entry && performance.now() - request.sent < QUICK) return;
  stage.done(progress.step / progress.steps);
  stage.busy(true, `${progress.unit} ${progress.step} of ${progress.steps}`);
  const { names, weights } = request.content;
  const rowOf = (name) => state.gridRows.get(name) || rows[names.indexOf(name)];
  if (rows) showGrid(state.gridStyles, weights, state.gridStyles.map(rowOf));
  else if (progress.preview) {
    showCompare((before || request.before)?.picture || progress.preview, progress.preview, "On its way");
  }
}

function takeResult(response) {
  response.request.done = true;
  if (stage.notice.isError()) stage.notice.close(); // it was about an earlier try
  if (response.drawn) takeDrawn(response);
  else takeGrid(response);
}

function receive(response) {
  const { request, before } = response;
  if (before && request.content.kind === "draw" && state.tilesOf === keyOf(before.recipe)) state.tiles.set("", before);
  if (request.slot !== "wall") {
    if (response.progress) showPreviews(response);
    if ((response.drawn || response.grid) && !request.done) takeResult(response);
    if (response.error && !response.superseded) stage.say({ text: response.error, error: true });
    if (response.last) {
      stage.busy(false);
      if (!request.done) render();
    }
  }
  if (response.missing) stage.missing("No weights to draw with yet", response.missing);
  else if (response.last && stage.lacks) stage.lack(false);
}

// --- the canvas ---------------------------------------------------------------------------------------------------

function emptyPhoto() {
  const title = "Drop a photo here, paste one, or click to choose";
  const detail = `A portrait works best: one face, looking at the camera. ${whereItGoes()}`;
  return emptyPlace("styles-photo-file", title, detail, { hidden: true });
}

function compareView() {
  const words = {
    slider: "Before and after: how much of the plain picture is shown",
    labels: ["Without a style", "In the active styles"],
  };
  return makeCompare(words, { id: "styles-compare", hidden: true }, { id: "styles-split" });
}

register("styles-canvas", ({ root, props, watch }) => {
  compare = compareView();
  grid = gridView();
  actions = toolbar();
  empty = emptyPhoto();
  stage = new Stage({
    actions,
    content: [compare.node, grid, empty],
    kind: "style-stage",
    stopId: "styles-stop",
    stopTitle: "Stop (Esc)",
    stop: () => requests.stop(),
  });
  wall = wallView();
  root.classList.add("canvas");
  root.append(stage.node, wall, trainView());
  new ResizeObserver(() => stage.node.clientWidth && render()).observe(stage.node);
  watch("value", () => requests.receive(props.value));
});

on("styles:response", receive);
on("styles:known", ({ before, after, live }) => {
  display({ kind: "face", ...settings(), before: before.picture, after, milliseconds: 0 });
  remember(live);
});
on("styles:grid", () => displayGrid());
on("styles:requested", (request) => {
  if (request.slot === "wall") return;
  const before = request.content.kind === "draw" ? plainTile() : null; // a photo comes with its own
  Object.assign(request, { before, blend: state.blend });
  setTimeout(() => {
    const waits = requests.current?.request_id === request.request_id && !request.done && !stage.isBusy;
    if (waits && request.kind === "locate") stage.busy(true, "Looking for faces");
    else if (waits && request.slot === "draw") stage.busy(true, entry ? "Drawing" : "Drawing the first face");
  }, QUICK);
});
on("styles:changed", () => {
  const training = state.mode === "train";
  stage.node.hidden = wall.hidden = training;
  const bare = state.mode === "photo" && !state.photo;
  empty.hidden = !bare;
  stage.node.toggleAttribute("data-empty", bare);
  if (!training && stage.node.clientWidth) requestAnimationFrame(render);
});
on("styles:say", (words) => stage.say(words));
