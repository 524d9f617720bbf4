// A prompt for Stable Diffusion, where the machine has it; its LoRAs are the styles of the wall meanwhile.
import { isEnter } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { changeRecipe } from "./requests.js";
import { state } from "./state.js";

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
  const node = el("section", { class: "group" }, el("h2", {}, "Prompt"), field, hint);
  const refresh = () => {
    node.hidden = state.mode !== "prompt";
    if (node.hidden) return;
    if (document.activeElement !== field) field.value = state.recipe.prompt;
    hint.textContent = state.styles.length
      ? "Enter draws it in the styles that are applied."
      : "No LoRA of Stable Diffusion is here yet: load a file below, or name a folder in LATENTSCAPE_LORAS.";
  };
  on("styles:changed", refresh);
  on("styles:listed", refresh);
  refresh();
  return node;
};
