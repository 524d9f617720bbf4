// How a face is drawn: steps, guidance, solver; and at the foot, who is drawn and how many.
import { button, group, groupHead, lockButton, seedField, setting, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { samplingOf } from "../shared/sampling.js";
import { term } from "../shared/term.js";
import { refresh, whenRefreshed } from "./refresh.js";
import { change, rerollFace, state } from "./state.js";

const { number, steps, guidance, solver } = samplingOf({ recipe: () => state.recipe, change, whenRefreshed });
const FEW = "few-step"; // the distilled network: its steps are fixed, and guidance is part of it
const percentOf = (share) => Math.round(100 * share);

function interval() {
  const make = (title) => el("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": title });
  const [low, high] = [make("Guidance starts"), make("Guidance ends")];
  const output = el("output", { class: "number" });
  const write = (moved, options) => {
    let [a, b] = [Number(low.value), Number(high.value)];
    if (a > b) [a, b] = moved === low ? [b, b] : [a, a];
    change({ guidance_interval: [a, b] }, options);
  };
  for (const input of [low, high]) {
    input.addEventListener("input", () => write(input, { live: true }));
    input.addEventListener("change", () => write(input, {}));
  }
  const range = el("div", { class: "range" }, low, high);
  whenRefreshed(() => {
    const [a, b] = state.recipe.guidance_interval;
    low.value = a;
    high.value = b;
    range.style.setProperty("--from", `${100 * a}%`);
    range.style.setProperty("--to", `${100 * b}%`);
    output.textContent = `${percentOf(a)}\u2013${percentOf(b)} %`;
  });
  const hint = "The part of the drawing in which guidance acts, from its first step to its last";
  return setting(term("guidance-interval", "Active"), [range, output], { hint });
}

function chooseSolver(key) {
  const { fewSteps, plain } = state.words;
  const steps = state.recipe.solver === FEW ? plain.steps : state.recipe.steps;
  change({ solver: key, steps: key === FEW ? fewSteps : steps });
}

/** Settings that the distilled network does not read are shown, and cannot be moved. */
function plainOnly(...settings) {
  whenRefreshed(() => {
    const few = state.recipe.solver === FEW;
    for (const node of settings) {
      for (const input of node.querySelectorAll("input")) input.disabled = few;
    }
  });
  return settings;
}

function fewNote() {
  const words = "Has learned where the guided solver goes: a few calls of the network, and guidance is part of it.";
  const note = el("p", { class: "hint" }, words);
  whenRefreshed(() => (note.hidden = state.recipe.solver !== FEW));
  return note;
}

function reset() {
  const { steps, guidance, guidance_interval, solver } = state.words.first;
  change({ steps, guidance, guidance_interval, solver });
}

export const sampling = () =>
  group(
    null,
    groupHead("Sampling", textButton("Reset", reset)),
    solver("faces:response", state.words.solvers, chooseSolver),
    fewNote(),
    plainOnly(steps(), guidance("attributes are"), interval()),
  );

function lock() {
  const toggle = () => {
    state.locked = !state.locked;
    refresh();
  };
  const words = ["Seed locked: Reroll and Surprise me keep this person", "Lock the seed"];
  const { node, refresh: show } = lockButton("lock", () => state.locked, toggle, words);
  whenRefreshed(show);
  return node;
}

export function foot() {
  const say = (words) => emit("faces:say", words);
  const { field, label, refresh: show } = seedField("seed", () => state.recipe.seed, (seed) => change({ seed }), say);
  const title = "Another person (R)";
  const reroll = button([icon("reroll"), el("span", {}, "Reroll")], rerollFace, {
    class: "primary",
    id: "reroll",
    title,
  });
  const count = number("count", "Pictures", { min: 1, max: 16, step: 1, hint: "How many faces are drawn: 1 to 16" });
  whenRefreshed(() => {
    show();
    reroll.disabled = state.locked;
    count.hidden = state.mode === "edit";
  });
  return el("footer", { class: "foot" }, count, el("div", { class: "seed-row" }, label, field, lock(), reroll));
}
