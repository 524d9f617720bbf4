// The control column of the Text prompts tab: what to do, the prompt, words to choose, sampling, and the seed at its foot.
import { after, el, emit, icon, on, part } from "../shared/core.js";
import { SEEDS } from "../faces/session.js";
import { builderView, examplesView } from "./builder.js";
import { change, currentModel, draw, isLarge, readPrompt, requests, rerollPicture, state } from "./wire.js";
import { promptView } from "./words.js";

const MODES = {
  draw: ["Draw", "One prompt"],
  compare: ["Compare", "Two prompts, one seed"],
  morph: ["Morph", "One prompt turns into another"],
};
const refreshers = [];

const section = (title, ...content) => el("section", { class: "group" }, title && el("h2", {}, title), ...content);
const refresh = () => refreshers.forEach((refresher) => refresher());

function modes() {
  const buttons = Object.entries(MODES).map(([mode, [words, hint]]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-mode": mode,
      title: hint,
      onclick: () => choose(mode),
    }, words)
  );
  refreshers.push(() =>
    buttons.forEach((button) => button.setAttribute("aria-checked", String(button.dataset.mode === state.mode)))
  );
  return el("div", { class: "states modes", role: "radiogroup", "aria-label": "What to do" }, buttons);
}

function choose(mode) {
  if (mode === state.mode) return;
  const other = state.other ||
    (mode === "draw" ? "" : state.words.examples.find((text) => text !== state.recipe.prompt));
  change({}, { mode, other });
}

// A slider with an exact field beside it.
function number(key, title, { min, max, limit = max, step, hint }) {
  const slider = el("input", { type: "range", min, max, step, class: "plain", "aria-label": title, title: hint });
  const field = el("input", {
    type: "number",
    min,
    max: limit,
    step,
    class: "field number",
    "aria-label": `${title}, exact`,
  });
  slider.addEventListener("input", () => change({ [key]: Number(slider.value) }, { live: true }));
  slider.addEventListener("change", () => change({}));
  field.addEventListener("change", () => {
    const wanted = Number(field.value);
    const usable = field.value !== "" && Number.isFinite(wanted);
    const whole = step === 1 ? Math.round(wanted) : wanted;
    change({ [key]: usable ? Math.min(limit, Math.max(min, whole)) : state.recipe[key] });
  });
  refreshers.push(() => {
    const now = state.recipe[key];
    slider.value = now;
    slider.style.setProperty("--from", "0%");
    slider.style.setProperty("--to", `${(100 * (Math.min(now, max) - min)) / (max - min)}%`);
    if (document.activeElement !== field) field.value = now;
  });
  return el("div", { class: "setting" }, el("span", { class: "setting-name", title: hint }, title), slider, field);
}

function solver() {
  const select = el(
    "select",
    { class: "field", "aria-label": "Solver" },
    Object.entries(state.words.solvers).map(([name, words]) => el("option", { value: name }, words)),
  );
  select.addEventListener("change", () => {
    const { steps } = state.recipe;
    change(select.value === "lcm" && steps > 8 ? { solver: "lcm", steps: 6 } : { solver: select.value });
  });
  refreshers.push(() => (select.value = state.recipe.solver));
  on("prompts:answer", ({ drawn }) => {
    if (drawn) {
      for (const option of select.options) option.hidden = option.disabled = !drawn.solvers.includes(option.value);
    }
  });
  const note = el("p", { class: "hint prompt-note" }, "LCM is for models distilled for it; others come out soft.");
  refreshers.push(() => (note.hidden = state.recipe.solver !== "lcm"));
  return [el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Solver"), select), note];
}

// From noise, or from a draft that the variational start makes of the sentence.
function start() {
  const buttons = [["noise", "Noise"], ["prior", "Draft"]].map(([key, words]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-start": key,
      onclick: () => change({ start: key }),
    }, words)
  );
  const level = number("level", "Noise on it", {
    min: 0.05,
    max: 1,
    step: 0.05,
    hint: "How much of the noise is put on the draft; as much of the steps is done",
  });
  const note = el("p", { class: "hint prompt-note" });
  const row = el(
    "div",
    { class: "setting prompt-start" },
    el("span", { class: "setting-name" }, "Start"),
    el("div", { class: "states", role: "radiogroup", "aria-label": "Start from" }, buttons),
  );
  refreshers.push(() => {
    const can = state.prior && !isLarge();
    buttons.forEach((button) =>
      button.setAttribute("aria-checked", String(button.dataset.start === state.recipe.start))
    );
    buttons[1].disabled = !can;
    level.hidden = state.recipe.start !== "prior";
    const done = Math.max(1, state.recipe.steps - Math.round(state.recipe.steps * (1 - state.recipe.level)));
    note.textContent = state.recipe.start === "prior"
      ? `A draft is made from the sentence; ${done} of ${state.recipe.steps} steps sharpen it.`
      : "";
    buttons[1].title = can
      ? "A draft made from the sentence, then fewer steps"
      : "This model has no draft to start from";
  });
  return [row, level, note];
}

// Each model begins with the settings that suit it.
function useModel(key) {
  const { model, steps, guidance, guidance_interval, count, start: begin, level, solver: usual } = state.words.first;
  const settings = key === model
    ? { model, steps, guidance, guidance_interval, count, start: begin, level }
    : { ...state.words.large, start: "noise" };
  change({ ...settings, solver: usual });
  readPrompt();
  if (currentModel()?.missing) draw(); // says what to do
}

function models() {
  const select = el("select", { class: "field", "aria-label": "Model", id: "prompt-model" });
  const note = el("p", { class: "hint prompt-note" });
  select.addEventListener("change", () => useModel(select.value));
  refreshers.push(() => {
    if (select.options.length !== state.models.length) {
      select.replaceChildren(...state.models.map(({ key, title }) => el("option", { value: key }, title)));
    }
    select.value = state.recipe.model;
    note.textContent = isLarge()
      ? "Draws anything, slowly: press Draw, or Enter in the prompt."
      : "Faces and twenty foods, 64 pixels, drawn while you type.";
  });
  return [el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Model"), select), note];
}

function sampling() {
  const reset = () => {
    const from = isLarge() ? { ...state.words.first, ...state.words.large, start: "noise" } : state.words.first;
    const { steps, guidance, guidance_interval, solver: usual, start: begin, level } = from;
    change({ steps, guidance, guidance_interval, solver: usual, start: begin, level });
  };
  return section(
    null,
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Sampling"),
      el("button", { type: "button", class: "text-button", onclick: reset }, "Reset"),
    ),
    ...models(),
    number("steps", "Steps", {
      min: 1,
      max: 50,
      limit: 250,
      step: 1,
      hint: "Denoising steps: more is slower and finer",
    }),
    number("guidance", "Guidance", {
      min: 1,
      max: 15,
      step: 0.1,
      hint: "How strongly the prompt is followed; 1 is off",
    }),
    ...solver(),
    ...start(),
  );
}

// --- the foot ---------------------------------------------------------------------------------------------------

// The pictures that fit the prompt best come first, by CLIP.
function best() {
  const input = el("input", { type: "checkbox", role: "switch", id: "prompt-best", "aria-label": "Best first" });
  input.addEventListener("change", () => {
    state.best = input.checked;
    if (state.best && state.recipe.count < 2) return change({ count: 4 });
    refresh();
    emit("prompts:order");
  });
  const row = el(
    "label",
    { class: "prompt-best", title: "CLIP compares every picture with the prompt; the best one comes first" },
    el("span", { class: "setting-name" }, "Best first"),
    el("span", { class: "hint" }),
    input,
  );
  refreshers.push(() => {
    input.checked = state.best;
    input.disabled = Boolean(state.clip);
    row.hidden = state.mode !== "draw";
    row.children[1].textContent = state.clip
      ? "Needs checkpoints/clip"
      : state.best
      ? `Best of ${state.recipe.count} by CLIP score`
      : "";
    if (state.clip) row.title = state.clip;
  });
  return row;
}

function foot() {
  const field = el("input", {
    type: "text",
    inputmode: "numeric",
    class: "field",
    id: "prompt-seed",
    "aria-label": "Seed",
    autocomplete: "off",
    spellcheck: "false",
  });
  field.addEventListener("change", () => {
    const text = field.value.trim();
    if (/^\d{1,10}$/.test(text) && Number(text) < SEEDS) return change({ seed: Number(text) });
    field.value = state.recipe.seed;
    emit("prompts:say", { text: "A seed is a whole number from 0 to 4294967295.", error: true });
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && field.blur());
  const lock = el("button", { type: "button", class: "icon-button", id: "prompt-lock" });
  const reroll = el(
    "button",
    {
      type: "button",
      class: "primary",
      id: "prompt-reroll",
      title: "Another picture of the same words (R)",
      onclick: () => rerollPicture(),
    },
    icon("reroll"),
    el("span", {}, "Reroll"),
  );
  lock.addEventListener("click", () => {
    state.locked = !state.locked;
    refresh();
  });
  refreshers.push(() => {
    if (document.activeElement !== field) field.value = state.recipe.seed;
    lock.setAttribute("aria-pressed", String(state.locked));
    lock.title = state.locked ? "Seed locked: Reroll and Surprise me keep it" : "Lock the seed";
    lock.setAttribute("aria-label", lock.title);
    lock.replaceChildren(icon(state.locked ? "lock" : "unlock"));
    reroll.disabled = state.locked;
  });
  const count = number("count", "Pictures", { min: 1, max: 16, step: 1, hint: "How many pictures are drawn: 1 to 16" });
  refreshers.push(() => (count.hidden = state.mode !== "draw"));
  return el(
    "footer",
    { class: "foot" },
    count,
    best(),
    el(
      "div",
      { class: "seed-row" },
      el("label", { for: "prompt-seed", class: "setting-name" }, "Seed"),
      field,
      lock,
      reroll,
    ),
  );
}

part("prompts-controls", ({ root, props, trigger }) => {
  refreshers.length = 0;
  state.words = props.config;
  state.recipe = { ...props.config.first };
  state.models = [{ key: state.recipe.model, title: "Built in" }];
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

export { useModel };
