// What this visitor has set and drawn in the Styles tab.
import { emit } from "../shared/events.js";

export const state = {
  words: null, // names, bounds and the first recipe, from the server
  styles: [], // {name, title, own, rank, trigger}
  recipe: null, // what is drawn, without its styles
  active: {}, // style -> strength, in the order in which they were applied
  blend: "sum", // or "normalised"
  parts: [1, 1, 1], // early, middle and late blocks
  mode: "face", // or "prompt", "photo", "grid", "train"
  models: [], // of Stable Diffusion: {key, title, missing, usual}
  base: "faces", // what the listed styles are for; "sd" while the mode is "prompt"
  elsewhere: {}, // base -> what was set there
  gridStyles: [], // rows of the grid
  gridRows: new Map(), // style -> its pictures, for the recipe of `gridOf`
  gridOf: "",
  photo: null, // data URI of somebody's photo, or of the square of a face in it
  square: null, // {photo, placement, whole} of that square, and what identifies the whole photo
  faithfulness: 0.6,
  method: "ddpm",
  tiles: new Map(), // style -> tile of the wall, for the recipe of `tilesOf`
  tilesOf: "",
  problems: new Map(), // style -> why it cannot be applied
  shown: null, // the history entry on the canvas
  opened: false,
  entrance: null, // a picture that came before the tab was opened
  upload: null, // File -> {path}, kept by the server for this visitor
  paths: [], // uploaded pictures and zips of a style that is trained
  checked: null, // {crops, side, same, problems, refused}
  sending: "", // what is on its way to the server
  job: null, // the training as it stands
};

export const bare = (recipe) => ({ ...recipe, styles: {}, style_parts: [1, 1, 1], count: 1 });
export const keyOf = (recipe) =>
  JSON.stringify({ ...bare(recipe), attributes: Object.entries(recipe.attributes).sort() });
export const activeNow = () => ({
  weights: state.active,
  mode: Object.keys(state.active).length > 1 ? state.blend : "sum",
  parts: state.parts,
});
export const titleOf = (name) => state.styles.find((one) => one.name === name)?.title || name;
export const plainTile = () => (state.tilesOf === keyOf(state.recipe) ? state.tiles.get("") : null);
export const visible = () => Boolean(document.getElementById("styles")?.offsetParent);

/** What a recipe from elsewhere sets, with its styles: a face, or a prompt for Stable Diffusion. */
export const takenOver = (recipe, styles, parts = [1, 1, 1]) => ({
  recipe: bare(recipe),
  active: { ...styles },
  parts: [...parts],
  blend: "sum",
  mode: isPrompt(recipe) ? "prompt" : "face",
});

export const isPrompt = (recipe) => recipe?.model === "stable-diffusion";

/** Faces and Stable Diffusion have styles, a recipe and strengths of their own; those of the other one wait. */
export function changeBase(base) {
  const { recipe, active, blend, parts, gridStyles, styles } = state;
  state.elsewhere[state.base] = { recipe, active, blend, parts, gridStyles, styles };
  const fresh = { recipe: state.words.prompt, active: {}, blend: "sum", parts: [1, 1, 1], gridStyles: [], styles: [] };
  const undrawn = { tiles: new Map(), tilesOf: "", problems: new Map() };
  Object.assign(state, { base, ...fresh, ...state.elsewhere[base], ...undrawn });
  emit("styles:listed");
}

export function listStyles(styles, base = "faces") {
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

/** What is kept for a reload: all but pictures and what belongs to them, so that it begins with a drawing. */
export const settings = () => {
  if (state.job && !state.job.over) return null; // it is found again, beside the face of the Faces tab
  const { active, blend, parts, mode, base, gridStyles } = state;
  const typed = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("styles-prompt"))?.value;
  const recipe = mode === "prompt" && typed ? { ...state.recipe, prompt: typed } : state.recipe;
  return { recipe, active, blend, parts, base, gridStyles, mode: ["photo", "train"].includes(mode) ? "face" : mode };
};
