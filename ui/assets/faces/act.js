// What the Faces tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { emit } from "../shared/events.js";
import { change, state } from "./state.js";

/**
 * @typedef {object} FacesAction
 * @property {Record<string, number>} [attributes] all that are requested
 * @property {string} [sweep] the attribute of the strip
 * @property {number} [seed]
 * @property {[number, number]} [nearby] the place on the plane around the seed
 * @property {number} [steps]
 * @property {number} [guidance]
 * @property {[number, number]} [guidance_interval]
 * @property {string} [solver]
 * @property {number} [count] pictures
 * @property {boolean} [inside] whether the panel with the steps of the drawing is open
 */

acts("faces", (/** @type {FacesAction} */ { sweep, inside, ...recipe }) => {
  if (state.mode !== "draw") emit("faces:mode", "draw");
  if (sweep) state.sweepAttribute = sweep;
  if (inside !== undefined) emit("faces:look-inside", inside);
  const sampled = "steps" in recipe || "guidance" in recipe; // what the distilled network does not read
  change({
    ...(sampled && { solver: state.words.plain.solver }),
    ...("seed" in recipe && { nearby: [0, 0] }),
    ...recipe,
  });
});
