// The state of the Styles tab, and what it asks of the server; the wall is drawn in the background.
import { emit, on, onFailure } from "../shared/core.js";
import { wire } from "../shared/wire.js";
import { session } from "../faces/session.js";

const PATIENCE = 120000; // without a word from the server
const SLOTS = { open: {}, file: { urgent: true, whole: true }, draw: { urgent: true }, wall: { background: true } };

const state = {
  words: null, // names, bounds and the first recipe, from the server
  styles: [], // {name, title, own, rank, trigger}
  recipe: null, // what is drawn, without its styles
  active: {}, // style -> strength, in the order in which they were put on
  blend: "sum", // or "normalised"
  parts: [1, 1, 1], // early, middle and late blocks
  mode: "face", // or "prompt", "photo", "grid", "train"
  base: "faces", // what the listed styles are for; "sd" while the mode is "prompt"
  elsewhere: {}, // base -> what was set there
  gridStyles: [], // rows of the grid
  gridRows: new Map(), // style -> its pictures, for the recipe of `gridOf`
  gridOf: "",
  photo: null, // data URI of somebody's photo
  faithfulness: 0.6,
  method: "ddpm",
  tiles: new Map(), // style -> tile of the wall, for the recipe of `tilesOf`
  tilesOf: "",
  problems: new Map(), // style -> why it cannot be applied
  shown: null, // the history entry on the canvas
  opened: false,
  entrance: null, // a picture that came before the tab was opened
  upload: null, // File -> {path}, kept by the server for this visitor
};

const line = wire("styles", SLOTS, { patience: PATIENCE, kept: "Your settings are kept", take });
const { waiting } = line;
const ask = (...request) => line.ask(...request);

function take(message, request) {
  if (message.styles) list(message.styles, request.content.base);
  if (message.adopt && !request.adopted) {
    request.adopted = true;
    const { weights, parts } = message.adopt.active;
    takeOver(message.adopt.recipe, weights, parts);
    emit("styles:changed", {});
  }
}

// A recipe from elsewhere with its styles: a face, or a prompt for Stable Diffusion.
function takeOver(recipe, styles, parts = [1, 1, 1]) {
  const prompt = recipe.model === "stable-diffusion";
  enterBase(prompt ? "sd" : "faces");
  const mode = prompt ? "prompt" : "face";
  Object.assign(state, { recipe: bare(recipe), active: { ...styles }, parts: [...parts], blend: "sum", mode });
}

// Faces and Stable Diffusion have styles, a recipe and strengths of their own; those of the other one wait.
function enterBase(base) {
  if (base === state.base) return;
  const { recipe, active, blend, parts, gridStyles, styles } = state;
  state.elsewhere[state.base] = { recipe, active, blend, parts, gridStyles, styles };
  const fresh = { recipe: state.words.prompt, active: {}, blend: "sum", parts: [1, 1, 1], gridStyles: [], styles: [] };
  Object.assign(state, {
    base,
    ...fresh,
    ...state.elsewhere[base],
    tiles: new Map(),
    tilesOf: "",
    problems: new Map(),
  });
  emit("styles:listed");
  ask("open", { kind: "open", base });
}

function list(styles, base = "faces") {
  if (base !== state.base) { // it came after the other model was chosen
    if (state.elsewhere[base]) state.elsewhere[base].styles = styles;
    return;
  }
  state.styles = [...styles.filter((one) => one.own), ...styles.filter((one) => !one.own)]; // one's own where one looks first
  state.opened = true;
  const there = new Set(styles.map((one) => one.name));
  state.active = Object.fromEntries(Object.entries(state.active).filter(([name]) => there.has(name)));
  state.gridStyles = state.gridStyles.filter((name) => there.has(name));
  emit("styles:listed");
}

// --- what is asked ----------------------------------------------------------------------------------------------

const bare = (recipe) => ({ ...recipe, styles: {}, style_parts: [1, 1, 1], count: 1 });
const keyOf = (recipe) => JSON.stringify({ ...bare(recipe), attributes: Object.entries(recipe.attributes).sort() });
const activeNow = () => ({
  weights: state.active,
  mode: Object.keys(state.active).length > 1 ? state.blend : "sum",
  parts: state.parts,
});
const titleOf = (name) => state.styles.find((one) => one.name === name)?.title || name;
const plainTile = () => (state.tilesOf === keyOf(state.recipe) ? state.tiles.get("") : null);

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

// What the wall has drawn already is shown at once; everything else is asked for.
function draw({ live = false } = {}) {
  if (state.mode === "train" || (live && state.mode === "prompt")) return; // a large model follows no slider
  if (state.mode === "face") {
    const names = Object.keys(state.active);
    const usual = state.parts.every((part) => part === 1) &&
      (!names.length || (names.length === 1 && state.active[names[0]] === 1));
    const tile = usual && plainTile() && state.tiles.get(names[0] || "");
    if (tile) {
      delete waiting.draw;
      if (line.busy?.slot === "draw") line.interrupt();
      return emit("styles:known", { before: plainTile(), after: tile, live });
    }
  }
  ask("draw", content, { live });
}

// The tiles that are missing for the recipe as it stands, the plain one first.
function wall() {
  const key = keyOf(state.recipe);
  if (state.tilesOf !== key) {
    Object.assign(state, { tilesOf: key, tiles: new Map(), problems: new Map() });
    emit("styles:tiles");
  }
  const names = ["", ...state.styles.map((one) => one.name)].filter((name) =>
    !state.tiles.has(name) && !state.problems.has(name)
  );
  if (names.length) {
    ask("wall", () => (state.tilesOf === keyOf(state.recipe) ? { kind: "wall", recipe: state.recipe, names } : null), {
      key,
    });
  }
}

// A change of anything that the picture depends on.
function change(patch, options = {}) {
  Object.assign(state, patch);
  emit("styles:changed", options);
  draw(options);
}

const changeRecipe = (patch, options) => change({ recipe: bare({ ...state.recipe, ...patch }) }, options);

// A click on the wall: this style alone; with `more`, beside the active ones. In a grid it is one row more or less.
function applyStyle(name, more = false) {
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
function choose(mode) {
  if (mode === state.mode) return;
  enterBase(mode === "prompt" ? "sd" : "faces");
  const rows = state.gridStyles.length ? state.gridStyles : Object.keys(state.active);
  const gridStyles = mode === "grid" && !rows.length ? state.styles.slice(0, 5).map((one) => one.name) : rows;
  change({ mode, gridStyles });
}

const visible = () => Boolean(document.getElementById("styles")?.offsetParent);

// The face that is on the canvas of the Faces tab.
function fromFaces() {
  const entry = session.shown?.kind === "draw" ? session.shown : null;
  const face = entry?.faces[entry.selected] || entry?.faces[0];
  changeRecipe({ ...session.recipe, ...(face ? { ...entry.recipe, seed: face.seed } : {}) });
}

// A picture from elsewhere: a face made here brings its recipe, anything else is a photo.
async function enter({ uri, recipe }) {
  if (!state.opened) return (state.entrance = { uri, recipe });
  if (recipe?.model === "faces" || (recipe?.model === "stable-diffusion" && state.words.prompt)) {
    takeOver(recipe, recipe.styles, recipe.style_parts);
    return change({});
  }
  const bytes = await (await fetch(uri)).arrayBuffer();
  const head = new TextDecoder("latin1").decode(bytes.slice(0, 65536));
  if (head.slice(1, 4) === "PNG" && head.includes(`Xt${state.words.pngKey}\0`) && !/"model":"(?!faces)/.test(head)) {
    return ask("draw", { kind: "draw", png: uri, plain: true });
  }
  change({ mode: "photo", photo: uri });
}

on("styles:finished", ({ request, kind }) => {
  request.then?.();
  if (request.slot !== "wall" && !waiting.draw && state.opened && kind !== "wall") emit("styles:calm");
});

onFailure("styles", () => line.failed());

export {
  activeNow,
  applyStyle,
  change,
  changeRecipe,
  choose as chooseMode,
  draw,
  enter as enterPicture,
  enterBase,
  fromFaces,
  keyOf,
  line as requests,
  list as listStyles,
  plainTile,
  state,
  titleOf,
  visible,
  wall as drawWall,
};
