// How a face is drawn: steps, guidance, solver; and at the foot, who is drawn and how many.
import {
  button,
  group,
  groupHead,
  lockButton,
  numberSetting,
  seedField,
  select,
  setting,
  textButton,
} from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { refresh, whenRefreshed } from "./refresh.js";
import { change, rerollFace, state } from "./state.js";

function number(key, title, range) {
  const write = (value, live) => change({ [key]: value }, { live });
  const { node, refresh: show } = numberSetting(title, range, () => state.recipe[key], write);
  whenRefreshed(show);
  return node;
}

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

function solver() {
  const field = select("Solver", Object.entries(state.words.solvers));
  field.addEventListener("change", () => change({ solver: field.value }));
  whenRefreshed(() => (field.value = state.recipe.solver));
  on("faces:response", ({ drawn }) => {
    if (!drawn) return;
    for (const option of field.options) option.hidden = option.disabled = !drawn.solvers.includes(option.value);
  });
  return setting(term("solver", "Solver"), field, { tag: "label" });
}

function reset() {
  const { steps, guidance, guidance_interval, solver: first } = state.words.first;
  change({ steps, guidance, guidance_interval, solver: first });
}

export const sampling = () =>
  group(
    null,
    groupHead("Sampling", textButton("Reset", reset)),
    number("steps", "Steps", {
      min: 1,
      max: 50,
      limit: 250,
      step: 1,
      hint: "Denoising steps: more is slower and finer",
      explained: "step",
    }),
    number("guidance", "Guidance", {
      min: 1,
      max: 15,
      step: 0.1,
      hint: "How strongly the attributes are followed; 1 is off",
      explained: "guidance",
    }),
    interval(),
    solver(),
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
