// The Stable Diffusion model that this visitor draws with, in Text prompts and in Styles alike. It is named in every
// recipe, so what another visitor draws with is never changed by it.
import { emit } from "./events.js";

/** @type {{usual: object | null}} the settings of a recipe that suit the model, its name as `checkpoint` among them */
export const chosen = { usual: null };

export function chooseModel(usual) {
  if (!usual?.checkpoint || usual.checkpoint === chosen.usual?.checkpoint) return;
  chosen.usual = usual;
  emit("model:chosen", usual);
}
