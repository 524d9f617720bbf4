// How a prompt is drawn: model, steps, guidance, solver, and what it starts from.
import { checkRadio, group, groupHead, radio, radioGroup, select, setting, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { samplingOf } from "../shared/sampling.js";
import { term } from "../shared/term.js";
import { whenRefreshed } from "./refresh.js";
import { change, settingsOf, useModel } from "./requests.js";
import { currentModel, isLarge, state } from "./state.js";

const FEW = 8; // steps that a distilled model needs at most
const USUAL = 6;

const { number, steps, guidance, solver } = samplingOf({ recipe: () => state.recipe, change, whenRefreshed });
export { number };

const makeNote = (words = "") => el("p", { class: "hint prompt-note" }, words);

function solverSetting() {
  const choose = (key) => {
    const many = key === "lcm" && state.recipe.steps > FEW;
    change(many ? { solver: key, steps: USUAL } : { solver: key });
  };
  const note = makeNote("LCM is for models distilled for it; others come out soft.");
  whenRefreshed(() => (note.hidden = state.recipe.solver !== "lcm"));
  return [solver("prompts:response", state.words.solvers, choose), note];
}

const STARTS = [["noise", "Noise"], ["prior", "Draft"]];

// From noise, or from a draft that the variational start makes of the sentence.
function start() {
  const buttons = STARTS.map(([key, words]) => radio(words, () => change({ start: key }), { "data-start": key }));
  const hint = "How much of the noise is put on the draft; as much of the steps is done";
  const level = number("level", "Noise on it", { min: 0.05, max: 1, step: 0.05, hint });
  const note = makeNote();
  const row = setting(term("prior", "Start"), radioGroup("Start from", buttons), { class: "setting prompt-start" });
  whenRefreshed(() => {
    const { start: from, steps, level: share } = state.recipe;
    const can = state.prior && !isLarge();
    const draft = from === "prior";
    checkRadio(buttons, (one) => one.dataset.start === from);
    buttons[1].disabled = !can;
    buttons[1].title = can
      ? "A draft made from the sentence, then fewer steps"
      : "This model has no draft to start from";
    level.hidden = !draft;
    const done = Math.max(1, steps - Math.round(steps * (1 - share)));
    note.textContent = draft ? `A draft is made from the sentence; ${done} of ${steps} steps sharpen it.` : "";
  });
  return [row, level, note];
}

function models() {
  const field = select("Model", [], { id: "prompt-model" });
  const note = makeNote();
  field.addEventListener("change", () => useModel(field.value));
  whenRefreshed(() => {
    const here = currentModel();
    const absent = here || !state.opened ? [] : [{ key: "", title: `${state.recipe.checkpoint}, not here` }];
    const listed = [...state.models, ...absent];
    if ([...field.options].map((one) => one.text).join("\n") !== listed.map(({ title }) => title).join("\n")) {
      field.replaceChildren(...listed.map(({ key, title }) => el("option", { value: key }, title)));
    }
    field.value = here?.key || "";
    note.textContent = isLarge()
      ? "Draws anything, slowly: press Draw, or Enter in the prompt."
      : "Faces and twenty foods, drawn while you type.";
  });
  return [setting("Model", field, { tag: "label" }), note];
}

function reset() {
  const usual = currentModel() || { usual: state.recipe };
  const { steps, guidance, guidance_interval, solver: own, start: from, level } = settingsOf(usual);
  change({ steps, guidance, guidance_interval, solver: own, start: from, level });
}

export const sampling = () =>
  group(
    null,
    groupHead("Sampling", textButton("Reset", reset)),
    ...models(),
    steps(),
    guidance("prompt is"),
    ...solverSetting(),
    ...start(),
  );
