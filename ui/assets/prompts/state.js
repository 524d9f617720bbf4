// What this visitor has set and drawn in the Text prompts tab.
export const state = {
  words: null, // chips, examples and first settings, from the server
  recipe: null,
  other: "", // the second prompt of a comparison or a morph
  mode: "draw", // or "compare", "morph"
  best: false, // the pictures that fit the prompt best come first
  locked: false,
  models: [], // {key, title, missing, usual}
  prior: false,
  clip: "", // what to do for a CLIP that is not here
  opened: false,
  shown: null, // the history entry on the canvas
  entrance: null, // a link or a PNG that came before the tab was opened
};

// Not the built-in model: it is slow, and draws when it is told to.
export const isLarge = () => state.recipe.model !== state.words.first.model;
/** The entry of the model that the recipe names; none where it is not on the server. */
export const currentModel = () => {
  const { model, checkpoint } = state.recipe;
  const alike = state.models.filter(({ usual }) => usual?.model === model);
  return alike.find(({ usual }) => usual.checkpoint === checkpoint) || (checkpoint ? undefined : alike[0]);
};
export const visible = () => Boolean(document.getElementById("prompts")?.offsetParent);
export const chosenPicture = () => state.shown?.pictures[state.shown.selected] || state.shown?.pictures[0];

/** The link of an entry: of several pictures the recipe that draws them all; a comparison has none. */
export const linkOf = (entry) => {
  const all = entry.kind === "draw" && entry.pictures.length > 1;
  return all ? entry.link : entry.pictures[entry.selected]?.link || entry.link;
};
