// What the Styles tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { eventually } from "../shared/eventually.js";
import { change, chooseMode } from "./requests.js";
import { bare, state } from "./state.js";

/**
 * @typedef {object} StylesAction
 * @property {"face" | "grid" | "train"} [mode]
 * @property {Record<string, number>} [active] style -> strength
 * @property {"sum" | "normalised"} [blend]
 * @property {number} [seed]
 * @property {Record<string, number>} [attributes] all that are requested
 */

const MODES = ["face", "grid", "train"];
let stop = () => {};

function tell({ mode = "face", active = {}, blend = state.blend, ...recipe }) {
  const known = new Set(state.styles.map(({ name }) => name));
  const usable = ([name, strength]) => known.has(name) && Number.isFinite(strength); // an address can say anything
  chooseMode(MODES.includes(mode) ? mode : "face");
  change({
    active: Object.fromEntries(Object.entries(active || {}).filter(usable).slice(0, state.words.mostActive)),
    blend,
    recipe: bare({ ...state.recipe, ...recipe }),
  });
}

// A tab that has just opened draws the face of the Faces tab first: it is told afterwards.
acts("styles", (/** @type {StylesAction} */ action) => {
  stop();
  stop = eventually(["styles:listed"], () => state.opened, () => setTimeout(() => tell(action)));
}, {
  read: () => (state.opened && state.base === "faces" ? { mode: state.mode, active: state.active } : null),
  changes: ["styles:changed"],
});
