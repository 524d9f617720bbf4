// What the Styles tab requests from the server; the wall is drawn in the background.
import { state as faces } from "../faces/state.js";
import { emit, on } from "../shared/events.js";
import { carriesEdit, carriesRecipe, headOf } from "../shared/files.js";
import { RequestQueue } from "../shared/request_queue.js";
import { randomSeed, withSeed } from "../shared/seeds.js";
import { whose } from "../shared/visitor.js";
import { activeNow, bare, changeBase, isPrompt, keyOf, listStyles, plainTile, state, takenOver } from "./state.js";

/**
 * A request of the tab, as ui/styles/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} StylesRequest
 * @property {"open" | "draw" | "locate" | "photo" | "whole" | "grid" | "wall" | "add" | "fetch" | "remove"} kind
 * @property {object} [recipe] what is drawn, without its styles
 * @property {{weights: Record<string, number>, mode: "sum" | "normalised", parts: number[]}} [active] the active styles
 * @property {"faces" | "sd"} [base] the model that the styles are for, faces if it is left out
 * @property {boolean} [plain] whether the picture without a style is wanted, too
 * @property {string} [png] data URI of a picture that carries its recipe
 * @property {string} [photo] data URI of somebody's photo
 * @property {import("../shared/placement.js").Placement} [placement] the square of the whole photo that is styled
 * @property {"ddpm" | "ddim"} [method] how the photo is inverted
 * @property {number} [faithfulness] how closely the result keeps to the photo, 0..1
 * @property {string[]} [names] styles: rows of a grid, tiles of the wall, files
 * @property {number[]} [weights] strengths: columns of a grid
 * @property {string} [path] an uploaded style file
 * @property {string} [checkpoint] of Stable Diffusion, which that file has to fit
 */

export const requests = new RequestQueue(
  "styles",
  {
    open: {},
    file: { urgent: true, whole: true },
    photo: { urgent: true, whole: true },
    draw: { urgent: true },
    wall: { background: true },
  },
  { kept: "Your settings are kept", common: whose, take },
);

function take(message, request) {
  if (message.models) {
    state.models = message.models;
    emit("styles:models");
  }
  if (message.styles) listStyles(message.styles, request.content.base);
  if (message.restored && !request.restored) {
    request.restored = true;
    const { weights, parts } = message.restored.active;
    takeOver(message.restored.recipe, weights, parts);
    emit("styles:changed", {});
  }
}

// A recipe from elsewhere with its styles.
function takeOver(recipe, styles, parts) {
  enterBase(isPrompt(recipe) ? "sd" : "faces");
  Object.assign(state, takenOver(recipe, styles, parts));
}

export function enterBase(base) {
  if (base === state.base) return;
  changeBase(base);
  requests.request("open", { kind: "open", base });
}

function content() {
  const common = { recipe: state.recipe, active: activeNow() };
  if (state.mode === "photo") {
    return state.photo
      ? { kind: "photo", ...common, photo: state.photo, method: state.method, faithfulness: state.faithfulness }
      : null;
  }
  if (state.mode === "grid") return rows(common);
  if (state.mode === "prompt") return state.recipe.prompt ? { kind: "draw", ...common } : null;
  return state.mode === "face" ? { kind: "draw", ...common, plain: !plainTile() } : null;
}

// The rows that are missing; a row that comes or goes leaves the others as they are.
function rows(common) {
  const key = keyOf(state.recipe);
  if (state.gridOf !== key) Object.assign(state, { gridOf: key, gridRows: new Map() });
  const names = state.gridStyles.filter((name) => !state.gridRows.has(name));
  if (names.length) return { kind: "grid", ...common, names, weights: state.words.strengths };
  emit("styles:grid");
  return null;
}

// What the wall has drawn already is shown at once; everything else is requested.
export function draw({ live = false } = {}) {
  if (state.mode === "train" || (live && state.mode === "prompt")) return; // a large model follows no slider
  if (state.mode === "face") {
    const names = Object.keys(state.active);
    const usual = state.parts.every((part) => part === 1) &&
      (!names.length || (names.length === 1 && state.active[names[0]] === 1));
    const tile = usual && plainTile() && state.tiles.get(names[0] || "");
    if (tile) {
      requests.cancel("draw");
      if (requests.current?.slot === "draw") requests.interrupt();
      return emit("styles:known", { before: plainTile(), after: tile, live });
    }
  }
  requests.request("draw", content, { live });
}

// The tiles that are missing for the recipe as it stands, the plain one first.
export function drawWall() {
  const key = keyOf(state.recipe);
  if (state.tilesOf !== key) {
    Object.assign(state, { tilesOf: key, tiles: new Map(), problems: new Map() });
    emit("styles:tiles");
  }
  const names = ["", ...state.styles.map((one) => one.name)].filter((name) =>
    !state.tiles.has(name) && !state.problems.has(name)
  );
  if (names.length) {
    requests.request(
      "wall",
      () => (state.tilesOf === keyOf(state.recipe) ? { kind: "wall", recipe: state.recipe, names } : null),
      {
        key,
      },
    );
  }
}

// A change of anything that the picture depends on.
export function change(patch, options = {}) {
  Object.assign(state, patch);
  emit("styles:changed", options);
  draw(options);
}

export const changeRecipe = (patch, options) =>
  change({ recipe: bare({ ...state.recipe, ...withSeed(state.recipe, patch) }) }, options);

// A click on the wall: this style alone; with `more`, beside the active ones. In a grid it is one row more or less.
export function applyStyle(name, more = false) {
  const { [name]: had, ...others } = state.active;
  if (state.mode === "grid") return name && toggleRow(name);
  if (!name) return change({ active: {} });
  if (!more) return change({ active: { [name]: 1 } });
  if (had !== undefined) return change({ active: others });
  if (Object.keys(state.active).length >= state.words.mostActive) {
    return emit("styles:say", {
      text: `At most ${state.words.mostActive} styles can be applied at once; take one off first.`,
    });
  }
  change({ active: { ...state.active, [name]: 1 } });
}

function toggleRow(name) {
  const rows = state.gridStyles.includes(name)
    ? state.gridStyles.filter((one) => one !== name)
    : [...state.gridStyles, name];
  if (!rows.length) return emit("styles:say", { text: "A grid has at least one style." });
  if (rows.length > state.words.mostRows) {
    return emit("styles:say", { text: `A grid has at most ${state.words.mostRows} styles; take one out first.` });
  }
  change({ gridStyles: rows });
}

// A grid begins with the active styles, or with the first styles of the wall.
export function chooseMode(mode) {
  if (mode === state.mode) return;
  enterBase(mode === "prompt" ? "sd" : "faces");
  const rows = state.gridStyles.length ? state.gridStyles : Object.keys(state.active);
  const gridStyles = mode === "grid" && !rows.length ? state.styles.slice(0, 5).map((one) => one.name) : rows;
  change({ mode, gridStyles });
}

// Where somebody was when the page was loaded again.
export function goOn(kept) {
  if (kept.base === "sd" && !state.words.prompt) return change({});
  enterBase(kept.base);
  change(kept);
}

// The face that is on the canvas of the Faces tab.
export function fromFaces() {
  const entry = faces.shown?.kind === "draw" ? faces.shown : null;
  const face = entry?.faces[entry.selected] || entry?.faces[0];
  changeRecipe({ ...faces.recipe, ...(face ? { ...entry.recipe, seed: face.seed } : {}) });
}

// A picture from elsewhere: a face made here brings its recipe, anything else is a photo.
export async function enterPicture({ uri, recipe }) {
  if (!state.opened) return (state.entrance = { uri, recipe });
  if (recipe?.model === "faces" || (isPrompt(recipe) && state.words.prompt)) {
    takeOver(recipe, recipe.styles, recipe.style_parts);
    return change({});
  }
  const head = await headOf(await (await fetch(uri)).blob());
  if (carriesRecipe(head, state.words.pngKey) && !carriesEdit(head) && !/"model":"(?!faces)/.test(head)) {
    return requests.request("draw", { kind: "draw", png: uri, plain: true });
  }
  change({ mode: "photo", photo: uri, square: null });
  emit("styles:square");
}

on("styles:finished", ({ request, kind }) => {
  const drawing = requests.waiting.draw.length > 0;
  if (request.slot !== "wall" && !drawing && state.opened && kind !== "wall") emit("styles:calm");
});

/** Whether the mode draws from a seed. */
export const hasSeed = () => ["face", "prompt", "grid"].includes(state.mode);
export const rerollStyled = () => hasSeed() && changeRecipe({ seed: randomSeed() });
