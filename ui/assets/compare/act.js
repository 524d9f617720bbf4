// What the Compare tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { change } from "./requests.js";
import { KINDS, openView, state, VIEWS } from "./state.js";

/**
 * @typedef {object} CompareAction
 * @property {keyof typeof VIEWS} [view]
 * @property {"nothing" | "attributes" | "sentence"} [kind] what is requested
 * @property {Record<string, number>} [attributes] name -> -1 or 1
 * @property {string} [prompt]
 * @property {number} [seed]
 * @property {number} [count] pictures of each generator
 */

const whole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

// An address can say anything: what is no value of a setting is passed over.
function usable({ kind, attributes, prompt, seed, count }) {
  const patch = {};
  if (KINDS.includes(kind) && kind !== "photo") patch.kind = kind;
  if (attributes && typeof attributes === "object") {
    const known = Object.entries(attributes).filter(([name, value]) =>
      name in state.words.labels && Math.abs(value) <= 1
    );
    patch.attributes = Object.fromEntries(known);
  }
  if (typeof prompt === "string") patch.prompt = prompt;
  if (whole(seed, 0, 2 ** 32 - 1)) patch.seed = seed;
  if (whole(count, 1, state.words.most)) patch.count = count;
  return patch;
}

// A visitor's photo is in no address: it goes with the page.
function read() {
  if (!state.opened) return null;
  const { view, kind, attributes, prompt, seed, count } = state;
  const said = { attributes: { attributes }, sentence: { prompt } }[kind] || {};
  return { view, kind: kind === "photo" ? "nothing" : kind, ...said, seed, count };
}

acts("compare", (/** @type {CompareAction} */ { view, ...settings }) => {
  const patch = usable(settings);
  if (Object.keys(patch).length) change(patch);
  if (view in VIEWS) openView(view);
}, { read, changes: ["compare:changed", "compare:view", "compare:makers"] });
