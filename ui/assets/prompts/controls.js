// The control column of the Text prompts tab: what to do, the prompt, words to choose, sampling, and the seed.
import { after, register } from "../shared/components.js";
import { button, checkRadio, lockButton, radio, radioGroup, seedField } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { keep } from "../shared/kept.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { builderView, examplesView } from "./builder.js";
import { refresh, whenRefreshed } from "./refresh.js";
import { change, readPrompt, requests, rerollPicture } from "./requests.js";
import { number, sampling } from "./sampling.js";
import { state } from "./state.js";
import { promptView } from "./words.js";

const MODES = {
  draw: ["Draw", "One prompt"],
  compare: ["Compare", "Two prompts, one seed"],
  morph: ["Morph", "One prompt turns into another"],
};

function modes() {
  const buttons = Object.entries(MODES).map(([mode, [words, title]]) =>
    radio(words, () => choose(mode), { "data-mode": mode, title })
  );
  whenRefreshed(() => checkRadio(buttons, (one) => one.dataset.mode === state.mode));
  return radioGroup("What to do", buttons, { class: "states modes" });
}

function choose(mode) {
  if (mode === state.mode) return;
  const example = () => state.words.examples.find((text) => text !== state.recipe.prompt);
  change({}, { mode, other: state.other || (mode === "draw" ? "" : example()) });
}

// --- the foot ---------------------------------------------------------------------------------------------------

function bestWords() {
  if (state.clip) return "Needs checkpoints/clip";
  return state.best ? `Best of ${state.recipe.count} by CLIP score` : "";
}

// The pictures that fit the prompt best come first, by CLIP.
function best() {
  const input = el("input", { type: "checkbox", role: "switch", id: "prompt-best", "aria-label": "Best first" });
  input.addEventListener("change", () => {
    state.best = input.checked;
    if (state.best && state.recipe.count < 2) return change({ count: 4 });
    refresh();
    emit("prompts:order");
  });
  const hint = el("span", { class: "hint" });
  const title = "CLIP compares every picture with the prompt; the best one comes first";
  const name = el("span", { class: "setting-name" }, term("clip-score", "Best first"));
  const row = el("label", { class: "prompt-best", title }, name, hint, input);
  whenRefreshed(() => {
    input.checked = state.best;
    input.disabled = Boolean(state.clip);
    row.hidden = state.mode !== "draw";
    hint.textContent = bestWords();
    if (state.clip) row.title = state.clip;
  });
  return row;
}

function lock() {
  const toggle = () => {
    state.locked = !state.locked;
    refresh();
  };
  const words = ["Seed locked: Reroll and Surprise me keep it", "Lock the seed"];
  const { node, refresh: show } = lockButton("prompt-lock", () => state.locked, toggle, words);
  whenRefreshed(show);
  return node;
}

function foot() {
  const say = (words) => emit("prompts:say", words);
  const write = (seed) => change({ seed });
  const { field, label, refresh: show } = seedField("prompt-seed", () => state.recipe.seed, write, say);
  const named = { class: "primary", id: "prompt-reroll", title: "Another picture of the same words (R)" };
  const reroll = button([icon("reroll"), el("span", {}, "Reroll")], rerollPicture, named);
  const count = number("count", "Pictures", { min: 1, max: 16, step: 1, hint: "How many pictures are drawn: 1 to 16" });
  whenRefreshed(() => {
    show();
    reroll.disabled = state.locked;
    count.hidden = state.mode !== "draw";
  });
  const row = el("div", { class: "seed-row" }, label, field, lock(), reroll);
  return el("footer", { class: "foot" }, count, best(), row);
}

const set = () => {
  const { recipe, mode, other, best, locked } = state;
  return { recipe, mode, other, best, locked };
};

register("prompts-controls", ({ root, props, trigger }) => {
  state.words = props.config;
  state.recipe = { ...props.config.first };
  const kept = keep("prompts", set);
  if (kept?.recipe.version === state.recipe.version) Object.assign(state, kept, { entrance: null });
  state.models = [{ key: state.recipe.model, title: "Built in", usual: props.config.first }];
  root.append(
    el("div", { class: "column-body" }, modes(), promptView(), examplesView(), builderView(), sampling()),
    foot(),
  );
  root.classList.add("column", "prompt-column");
  on("prompts:recipe", refresh);
  on("prompts:models", refresh);
  emit("prompts:recipe", {});
  refresh();
  requests.connect({ props, trigger });
});

after(["prompts-controls", "prompts-canvas", "prompts-history"], () => {
  emit("prompts:ready");
  readPrompt();
});
