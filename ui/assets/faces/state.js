// What this visitor has set and drawn. One recipe is current; everything else on the page follows it.
import { emit, on } from "../shared/events.js";
import { randomSeed, withSeed } from "../shared/seeds.js";
import { draw } from "./requests.js";
import { surprising } from "./surprise.js";

const state = {
  words: null, // the vocabulary of the server, once the controls are there
  recipe: null,
  locked: false,
  dragging: false,
  mode: "draw", // or "edit"
  photo: null, // {source, placement, base, achieved} while a photo is edited
  awaited: null, // a recipe that edits a photo, until somebody adds the photo
  method: "ddpm",
  faithfulness: 0.6,
  shown: null, // the history entry on the canvas
  sweepAttribute: "Smiling",
};

function value(name) {
  return state.recipe.attributes[name] || 0;
}

// Sets attributes one after the other; of two that exclude each other the newer one stays.
function assign(values, { replace = false } = {}) {
  const next = replace ? {} : { ...state.recipe.attributes };
  const notes = [];
  for (const [name, strength] of Object.entries(values)) {
    if (strength) next[name] = strength;
    else delete next[name];
    if (!(strength > 0)) continue;
    for (const group of state.words.exclusive) {
      if (!group.includes(name)) continue;
      for (const other of group) {
        if (other === name || !(next[other] > 0)) continue;
        delete next[other];
        notes.push({ name: other, by: name });
      }
    }
  }
  return { attributes: next, notes };
}

// A change of the recipe. While a control moves it is live: drawn at once, remembered when it comes to rest.
function change(patch, { live = false, quiet = false } = {}) {
  state.recipe = { ...state.recipe, ...withSeed(state.recipe, patch) };
  state.dragging = live;
  emit("faces:recipe", { live });
  draw({ live, quiet });
}

function setAttributes(values, options = {}) {
  const { attributes, notes } = assign(values, options);
  if (notes.length) emit("faces:contradiction", notes);
  const names = Object.keys(values);
  if (names.length === 1 && !options.replace) state.sweepAttribute = names[0];
  change({ attributes }, options);
}

// Of a recipe that edits a photo everything comes at once but what needs the photo (`edit`).
function setRecipe({ edit: _, ...recipe }) {
  state.recipe = { ...state.recipe, nearby: [0, 0], ...recipe };
  state.dragging = false;
  emit("faces:recipe", { live: false });
}

function reroll() {
  if (state.locked) {
    return emit("faces:say", { text: "The seed is locked. Unlock it to meet somebody else.", brief: true });
  }
  change({ seed: randomSeed() });
}

function surprise() {
  const values = surprising(state.words.surprise, state.words.main);
  const { attributes } = assign(values, { replace: true });
  change(state.locked ? { attributes } : { attributes, seed: randomSeed() });
}

// The page's address always holds the recipe on the canvas, so that a reload keeps it.
function address(link) {
  const url = new URL(location.href);
  if (link) url.searchParams.set("r", link);
  else url.searchParams.delete("r");
  if (url.href !== location.href) history.replaceState(history.state, "", url);
  return url.href;
}

on("faces:response", ({ restored: recipe, last, request }) => {
  if (!recipe) return;
  setRecipe(recipe);
  if (recipe.edit && last) emit("faces:awaited", { recipe, link: request.content.link });
});

export { address as writeAddress, change, reroll as rerollFace, setAttributes, setRecipe, state, surprise, value };
