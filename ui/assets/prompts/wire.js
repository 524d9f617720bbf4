// The state of the Text prompts tab, and what it asks of the server.
import { emit, on, onFailure, part } from "../shared/core.js";
import { wire } from "../shared/wire.js";
import { ask } from "../faces/ask.js";

const PATIENCE = 300000; // without a word from the server: large models take minutes
const TYPING = 140; // between the last key and the marks on the words
const SLOTS = { open: {}, draw: { urgent: true }, gif: { urgent: true }, explain: { background: true } };
const TAB = "Text prompts";

const state = {
  words: null, // chips, examples and first settings, from the server
  recipe: null,
  other: "", // the second prompt of a comparison or a morph
  mode: "draw", // or "compare", "morph"
  best: false, // the pictures that fit the prompt best come first
  locked: false,
  models: [], // {key, title, missing}
  prior: false,
  clip: "", // what to do for a CLIP that is not here
  opened: false,
  shown: null, // the history entry on the canvas
  entrance: null, // a link or a PNG that came before the tab was opened
};

let reader = null;
let readTicket = 0;
let readText = "";
const line = wire("prompts", SLOTS, { patience: PATIENCE, kept: "Your prompt is kept", take });

function take(message, request) {
  if (message.models) {
    Object.assign(state, { models: message.models, prior: message.prior, clip: message.clip, opened: true });
    emit("prompts:models");
  }
  if (message.adopt && !request.adopted) {
    request.adopted = true;
    Object.assign(state, { recipe: { ...state.recipe, ...message.adopt }, mode: "draw" });
    emit("prompts:recipe", {});
    read();
  }
}

// --- what is asked ----------------------------------------------------------------------------------------------

const large = () => state.recipe.model !== state.words.first.model;
const model = () => state.models.find((one) => one.key === state.recipe.model);
const body = () => ({ kind: state.mode, recipe: state.recipe, other: state.other });

// What explains the last drawing is not wanted any more once another one is asked for.
function askDrawing(content, options) {
  delete line.waiting.explain;
  line.ask("draw", content, options);
}

function draw(options = {}) {
  if (state.mode === "morph" && !state.other.trim()) {
    return options.live
      ? null
      : emit("prompts:say", { text: "Write the second prompt: the picture goes from the first one to it." });
  }
  askDrawing(body, options);
}

// A change of the recipe or of what goes with it. The built-in model draws at once, a large one when told to.
function change(patch, { live = false, ...extra } = {}) {
  for (const key of ["other", "mode", "best"]) if (key in extra) state[key] = extra[key];
  state.recipe = { ...state.recipe, ...patch };
  emit("prompts:recipe", { live });
  if (!large() && !(state.mode === "morph" && live)) draw({ live });
  else emit("prompts:stale", true);
}

// What a prompt means is asked beside the drawings, on a line of its own.
function read({ now = true } = {}) {
  clearTimeout(read.timer);
  read.timer = setTimeout(() => {
    if (!reader) return;
    readText = [...state.recipe.prompt].slice(0, 4000).join("");
    reader.props.value = { text: readText, model: state.recipe.model, ticket: ++readTicket };
    reader.trigger("read");
  }, now ? 0 : TYPING);
}

const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0];

function reroll() {
  if (state.locked) return emit("prompts:say", { text: "The seed is locked. Unlock it for another picture." });
  change({ seed: randomSeed() });
  if (large()) draw();
}

const visible = () => Boolean(document.getElementById("prompts")?.offsetParent);
const show = () =>
  [...document.querySelectorAll("#tabs > .tab-wrapper button[role=tab]")].find((tab) => tab.textContent.trim() === TAB)
    ?.click();

// --- pictures and links from elsewhere --------------------------------------------------------------------------

function enter(content) {
  show();
  if (!state.opened) return (state.entrance = content);
  askDrawing({ kind: "draw", ...content });
}

// Whether a link's recipe is one of this tab's; then the tab opens with it.
function open(link) {
  try {
    const bytes = Uint8Array.from(
      atob(link.replaceAll("-", "+").replaceAll("_", "/")),
      (letter) => letter.charCodeAt(0),
    );
    if (!["text", "stable-diffusion"].includes(JSON.parse(new TextDecoder().decode(bytes)).model)) return false;
  } catch {
    return false; // the server says what is wrong with it
  }
  ask.draw();
  enter({ link });
  return true;
}

// Whether a file is a picture that was drawn from a prompt; then it is drawn again.
async function restore(file) {
  const bytes = await file.slice(0, 65536).arrayBuffer().catch(() => new ArrayBuffer(0)); // a folder, say
  const head = new TextDecoder("latin1").decode(bytes);
  if (head.slice(1, 4) !== "PNG" || !/"model":"(text|stable-diffusion)"/.test(head)) return false;
  const uri = await new Promise((resolve, reject) => {
    const reading = new FileReader();
    reading.onload = () => resolve(reading.result);
    reading.onerror = () => reject(reading.error);
    reading.readAsDataURL(file);
  });
  enter({ png: uri });
  return true;
}

part("prompts-reader", (handle) => {
  reader = handle;
  handle.watch("value", () => {
    const answer = handle.props.value;
    if (answer?.ticket === readTicket && answer.known) emit("prompts:read", { ...answer, text: readText });
  });
  if (state.recipe) read();
});

on(
  "prompts:ready",
  () => line.ask("open", { kind: "open" }, { then: () => (state.entrance ? enter(state.entrance) : draw()) }),
);
on("prompts:finished", ({ request }) => request.then?.());

onFailure("prompts", () => line.failed());

export {
  change,
  draw,
  large as isLarge,
  line as requests,
  model as currentModel,
  open as openPromptLink,
  randomSeed,
  read as readPrompt,
  reroll as rerollPicture,
  restore as restorePrompt,
  state,
  visible,
};
