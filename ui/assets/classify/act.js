// What the Classify tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { eventually } from "../shared/eventually.js";
import { choose, chooseMode, chooseModel } from "./requests.js";
import { sameTarget, state, USUAL } from "./state.js";

/**
 * @typedef {object} ClassifyAction
 * @property {string} [model] name of the classifier
 * @property {string} [attribute] whose heat map is shown
 * @property {string} [class] whose heat map is shown
 * @property {"picture" | "variations" | "figures"} [view]
 */

const known = (model) => state.models.some((one) => one.name === model && !one.problem);

// What an address named is not forgotten before there is a picture that it can be shown for.
function settingsNow() {
  if (!state.opened || (!state.classified && state.mode === "picture")) return null;
  const { model, mode, chosen } = state;
  return {
    ...(model !== USUAL && { model }),
    ...(chosen && { [chosen.of_class ? "class" : "attribute"]: chosen.name }),
    ...(mode !== "picture" && { view: mode }),
  };
}

function act({ model, attribute, class: named, view = "picture" }) {
  if (model && model !== state.model && known(model)) chooseModel(model);
  const target = { name: attribute || named, of_class: !attribute };
  if (target.name && !sameTarget(target, state.chosen)) choose(target);
  if (["picture", "variations", "figures"].includes(view) && view !== state.mode) chooseMode(view);
}

let stop = () => {};
acts("classify", (/** @type {ClassifyAction} */ action) => {
  stop();
  stop = eventually(["classify:changed"], () => state.opened, () => act(action));
}, { read: settingsNow, changes: ["classify:changed"] });
