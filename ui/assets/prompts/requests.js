// What the Text prompts tab requests from the server.
import { chooseModel } from "../shared/chosen_model.js";
import { register } from "../shared/components.js";
import { emit, on } from "../shared/events.js";
import { RequestQueue } from "../shared/request_queue.js";
import { randomSeed } from "../shared/seeds.js";
import { isLarge, state } from "./state.js";

const PATIENCE = 300_000; // milliseconds without a word from the server: large models take minutes
const TYPING = 140; // milliseconds between the last key and the marks on the words
const LONGEST = 4000; // characters of a prompt that are read

/**
 * A request of the tab, as ui/prompts/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} PromptsRequest
 * @property {"open" | "draw" | "compare" | "morph" | "gif" | "explain" | "inside"} kind
 * @property {object} [recipe] what is drawn
 * @property {string} [other] the second prompt of a comparison or a morph
 * @property {number} [frames] of a GIF
 * @property {string} [link] a recipe as a link, instead of `recipe`
 * @property {string} [png] data URI of a picture that carries its recipe
 */

export const requests = new RequestQueue(
  "prompts",
  {
    open: {},
    draw: { urgent: true },
    gif: { urgent: true },
    inside: { background: true },
    explain: { background: true },
  },
  { patience: PATIENCE, kept: "Your prompt is kept", take },
);

function take(message, request) {
  if (message.models) {
    Object.assign(state, { models: message.models, prior: message.prior, clip: message.clip, opened: true });
    emit("prompts:models");
  }
  if (message.restored && !request.restored) {
    request.restored = true;
    Object.assign(state, { recipe: { ...state.recipe, ...message.restored }, mode: "draw" });
    emit("prompts:recipe", {});
    readPrompt();
  }
}

/** @returns {PromptsRequest} */
const drawing = () => ({ kind: state.mode, recipe: state.recipe, other: state.other });

// An explanation of the last drawing is no longer wanted once another drawing is requested.
export function requestDrawing(content, options) {
  requests.cancel("explain");
  requests.request("draw", content, options);
}

export function draw(options = {}) {
  if (state.mode !== "morph" || state.other.trim()) return requestDrawing(drawing, options);
  if (options.live) return;
  emit("prompts:say", { text: "Write the second prompt: the picture goes from the first one to it." });
}

// A change of the recipe or of what goes with it. The built-in model draws at once, a large one when told to.
export function change(patch, { live = false, ...extra } = {}) {
  for (const key of ["other", "mode", "best"]) if (key in extra) state[key] = extra[key];
  state.recipe = { ...state.recipe, ...patch };
  emit("prompts:recipe", { live });
  if (!isLarge() && !(state.mode === "morph" && live)) draw({ live });
  else emit("prompts:stale", true);
}

export function rerollPicture() {
  if (state.locked) return emit("prompts:say", { text: "The seed is locked. Unlock it for another picture." });
  change({ seed: randomSeed() });
  if (isLarge()) draw();
}

// What a model begins with: the settings that suit it.
export function settingsOf({ usual }) {
  const { steps, guidance, guidance_interval, count, start, level, solver } = state.words.first;
  const own = { checkpoint: "", steps, guidance, guidance_interval, count, start, level, solver };
  return usual.model === state.words.first.model
    ? { ...own, model: usual.model }
    : { ...own, ...usual, start: "noise" };
}

export function useModel(key) {
  const model = state.models.find((one) => one.key === key);
  if (!model?.usual) return;
  change(settingsOf(model));
  chooseModel(model.usual);
  readPrompt();
  if (model.missing) draw(); // says what to do
}

// Another model was chosen in the Models tab or in Styles.
on("model:chosen", (usual) => {
  if (!state.recipe || !isLarge() || state.recipe.checkpoint === usual.checkpoint) return;
  change(settingsOf({ usual }));
});

// --- what the words mean, beside the drawings ---------------------------------------------------------------------

let reader = null;
let lastRequestId = 0;
let sentText = "";
let timer = 0;

// Only the newest text is answered for.
export function readPrompt({ now = true } = {}) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!reader) return;
    sentText = [...state.recipe.prompt].slice(0, LONGEST).join("");
    reader.props.value = { text: sentText, model: state.recipe.model, request_id: ++lastRequestId };
    reader.trigger("read");
  }, now ? 0 : TYPING);
}

register("prompts-reader", (handle) => {
  reader = handle;
  handle.watch("value", () => {
    const response = handle.props.value;
    if (response?.request_id === lastRequestId && response.known) emit("prompts:read", { ...response, text: sentText });
  });
  if (state.recipe) readPrompt();
});

// Another model was found or loaded in the Models tab.
document.addEventListener("latentscape-models", () => state.opened && requests.request("open", { kind: "open" }));

on("prompts:enter", () => requestDrawing({ kind: "draw", ...state.entrance }));
on(
  "prompts:ready",
  () => requests.request("open", { kind: "open" }, { onLast: () => (state.entrance ? emit("prompts:enter") : draw()) }),
);
