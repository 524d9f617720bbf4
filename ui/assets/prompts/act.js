// What the Text prompts tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { emit } from "../shared/events.js";
import { eventually } from "../shared/eventually.js";
import { change, readPrompt } from "./requests.js";
import { state } from "./state.js";

/**
 * @typedef {object} PromptsAction
 * @property {string} [prompt]
 * @property {string} [other] the second prompt
 * @property {"draw" | "compare" | "morph"} [mode]
 * @property {boolean} [best] the pictures that fit the prompt best come first
 * @property {number} [seed]
 * @property {number} [steps]
 * @property {number} [guidance]
 * @property {"noise" | "prior"} [start]
 * @property {number} [count] pictures
 * @property {boolean} [inside] whether the panel with the steps of the drawing is open
 */

let stop = () => {};

acts(
  "prompts",
  (/** @type {PromptsAction} */ { other = state.other, mode = "draw", best = false, inside, ...recipe }) => {
    stop();
    stop = eventually(["prompts:models"], () => state.opened, () => {
      change({ model: state.words.first.model, ...recipe }, { other, mode, best });
      readPrompt();
      if (inside !== undefined) emit("prompts:look-inside", inside);
    });
  },
);
