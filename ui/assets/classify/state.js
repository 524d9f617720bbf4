// The picture of this visitor, and what the classifier says of it.
import { emit } from "../shared/events.js";

export const USUAL = "classifier";

/**
 * One row of the results, as ui/classify/responses.py sends it.
 * @typedef {{name: string, words: string, probability: number}} Score
 * @typedef {{name: string, of_class: boolean}} Target what a heat map is about
 * @typedef {{source: string, name: string, align?: boolean}} Photo with `align` a whole photo that no browser shows
 */

export const state = {
  models: [], // the classifiers that there are
  model: USUAL,
  mode: "picture", // or "variations", "figures"
  /** @type {Photo | null} */
  photo: null, // the square that was sent
  classified: null, // what the classifier says of it
  chosen: null, // Target whose heat map is shown
  heat: null, // the map of `chosen`, once it is there
  figures: {}, // model -> view
  opened: false,
  missing: "", // a sentence where there is no classifier
  lacking: "", // a sentence where there are no variations
};

/** What is set in the mode Variations. */
export const vary = {
  /** @type {Photo | null} */
  other: null, // the second picture
  slot: "first", // where a picture goes that comes in
  how: "mix", // or "borrow", "walk"
  share: 0.5,
  groups: ["Hair"], // what is borrowed, by its name in `names`
  strength: "strong",
  count: 4,
  seed: 0,
  drawn: null, // {variations, photo, other, milliseconds}
  selected: 0,
  /** @type {Record<string, string[]>} */
  names: {}, // what can be borrowed -> its attributes
};

export const modelNow = () => state.models.find((one) => one.name === state.model);
export const visible = () => Boolean(document.getElementById("classify-canvas")?.offsetParent);
export const sameTarget = (one, other) => one?.name === other?.name && one?.of_class === other?.of_class;

/** The row of a target; undefined where the classifier does not know it. @param {Target | null} target */
export const scoreOf = (target) =>
  target && state.classified?.[target.of_class ? "classes" : "attributes"].find(({ name }) => name === target.name);

export const changed = () => emit("classify:changed");
