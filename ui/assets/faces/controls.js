// The control column of the Faces tab: mode, main attributes, looks, the other attributes, sampling, and the seed.
import { openPromptLink } from "../prompts/entrance.js";
import { after, register } from "../shared/components.js";
import { button, checkRadio, group, groupHead, radio, radioGroup, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { keep } from "../shared/kept.js";
import { mainAttribute, moreAttributes } from "./attributes.js";
import { nearbySeeds } from "./nearby.js";
import { photoPanel } from "./photo.js";
import { refresh, whenRefreshed } from "./refresh.js";
import { draw, requests, send } from "./requests.js";
import { foot, sampling } from "./sampling.js";
import { change, setAttributes, state, surprise } from "./state.js";

function looks() {
  const presets = Object.entries(state.words.presets);
  const chips = presets.map(([name, values]) => button(name, () => setAttributes(values), { class: "chip preset" }));
  const clearing = textButton("", clear, { id: "clear-all" });
  whenRefreshed(() => (clearing.textContent = state.mode === "edit" ? "Back to photo" : "Clear all"));
  const buttons = el("span", { class: "text-buttons" }, textButton("Surprise me", surprise), clearing);
  return group(null, groupHead("Looks", buttons), el("div", { class: "chips" }, chips));
}

function clear() {
  const attributes = state.mode === "edit" && state.photo?.base ? { ...state.photo.base } : {};
  change({ attributes });
}

function modes() {
  const make = (mode, words) => radio(words, () => emit("faces:mode", mode), { id: `mode-${mode}`, "data-mode": mode });
  const buttons = [make("draw", "Draw a face"), make("edit", "Edit a photo")];
  whenRefreshed(() => checkRadio(buttons, (one) => one.dataset.mode === state.mode));
  return radioGroup("What to do", buttons, { class: "states modes" });
}

register("faces-controls", ({ root, props, trigger }) => {
  state.words = props.config;
  state.recipe = { ...props.config.first };
  const body = el(
    "div",
    { class: "column-body" },
    modes(),
    photoPanel(),
    group(null, state.words.main.map(mainAttribute)),
    looks(),
    moreAttributes(),
    sampling(),
    nearbySeeds(),
  );
  root.append(body, foot());
  root.classList.add("column");
  on("faces:recipe", refresh);
  on("faces:mode", refresh);
  on("faces:missing", (missing) => root.toggleAttribute("inert", missing));
  refresh();
  requests.connect({ props, trigger });
});

// What had been asked for and was not drawn yet, when the page was loaded again.
const unfinished = () => state.shown && state.mode === "draw" && !requests.calm ? { recipe: state.recipe } : null;

// The first picture: the recipe of the link, or the face that everybody meets.
function start() {
  const kept = keep("faces", unfinished);
  if (kept) return change(kept.recipe);
  const link = new URL(location.href).searchParams.get("r");
  if (link && !openPromptLink(link)) send({ kind: "draw", link, settle: true }, { fromLink: true });
  else draw();
}

after(["faces-controls", "faces-canvas", "faces-history"], () => {
  emit("faces:ready");
  start();
});
