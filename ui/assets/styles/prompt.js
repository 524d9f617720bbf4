// A prompt for Stable Diffusion, where the machine has it; its LoRAs are the styles of the wall meanwhile.
import { chooseModel, chosen } from "../shared/chosen_model.js";
import { isEnter, select, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { changeRecipe } from "./requests.js";
import { state } from "./state.js";

// Another model: this prompt goes on with the settings that suit it.
function useModel({ usual }) {
  const { model: _, count: __, ...own } = usual;
  state.words.prompt = { ...state.words.prompt, ...own };
  if (state.elsewhere.sd?.recipe) state.elsewhere.sd.recipe = { ...state.elsewhere.sd.recipe, ...own };
  if (state.base === "sd" && state.recipe.checkpoint !== own.checkpoint) changeRecipe(own);
}
on("model:chosen", (usual) => state.words?.prompt && useModel({ usual }));

function modelView() {
  const field = select("Model", [], { id: "styles-model" });
  field.addEventListener("change", () => {
    const model = state.models.find(({ key }) => key === field.value);
    if (model) chooseModel(model.usual);
  });
  const row = setting("Model", field, { tag: "label" });
  const refresh = () => {
    row.hidden = state.models.length < 2;
    field.replaceChildren(...state.models.map(({ key, title }) => el("option", { value: key }, title)));
    field.value = state.models.find(({ usual }) => usual.checkpoint === state.recipe.checkpoint)?.key || "";
  };
  return { row, refresh };
}

export const promptView = () => {
  const field = el("textarea", {
    class: "field",
    id: "styles-prompt",
    rows: 3,
    maxlength: 2000,
    spellcheck: "false",
    "aria-label": "Prompt",
    placeholder: "What Stable Diffusion is to draw",
  });
  const draw = () => field.value.trim() !== state.recipe.prompt && changeRecipe({ prompt: field.value.trim() });
  field.addEventListener("change", draw);
  field.addEventListener("keydown", (event) => {
    if (!isEnter(event) || event.shiftKey) return;
    event.preventDefault();
    draw();
  });
  const hint = el("p", { class: "hint", id: "styles-prompt-hint" });
  const { row, refresh: showModels } = modelView();
  const node = el("section", { class: "group" }, el("h2", {}, "Prompt"), field, hint, row);
  const refresh = () => {
    node.hidden = state.mode !== "prompt";
    if (node.hidden) return;
    showModels();
    if (document.activeElement !== field) field.value = state.recipe.prompt;
    hint.textContent = state.styles.length
      ? "Enter draws it in the styles that are applied."
      : "No LoRA of Stable Diffusion is here yet: load a file below, or name a folder in LATENTSCAPE_LORAS.";
  };
  on("styles:changed", refresh);
  on("styles:listed", refresh);
  on("styles:models", refresh);
  if (chosen.usual && state.words.prompt) useModel(chosen);
  refresh();
  return node;
};
