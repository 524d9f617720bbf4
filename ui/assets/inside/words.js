// What the panel says of a step: the formula of guidance with its numbers, and of what the network predicts.

/**
 * One step as ui/components/inside.py sends it; pictures are data URIs.
 * @typedef {object} InsideStep
 * @property {number} number
 * @property {number} timestep 0 is clean, 999 is noise
 * @property {number} signal the share of the picture in the latents
 * @property {number} noise the share of the noise
 * @property {number} guidance the scale in effect; 1: the network was called once
 * @property {string} noisy
 * @property {string} conditional
 * @property {string | null} unconditional
 * @property {string | null} change
 * @property {string} clean
 */

/**
 * @typedef {object} InsideView
 * @property {InsideStep[]} steps
 * @property {number} count of all steps
 * @property {"epsilon" | "v_prediction" | "flow"} prediction
 * @property {number} guidance as it was set
 * @property {[number, number]} interval
 * @property {boolean} negative
 * @property {import("../shared/chart_data.js").Figure} chart
 */

const KINDS = {
  epsilon: ["the noise \u03b5", (a, s) => `x\u0302\u2080 = (x\u209c \u2212 ${s}\u00b7\u03b5\u0302) / ${a}`],
  v_prediction: ["the velocity v", (a, s) => `x\u0302\u2080 = ${a}\u00b7x\u209c \u2212 ${s}\u00b7v\u0302`],
  flow: ["the flow v", (_, s) => `x\u0302\u2080 = x\u209c \u2212 ${s}\u00b7v\u0302`],
};
const short = (value) => value.toFixed(2);

/** Where a step is. @param {InsideView} view @param {InsideStep} step */
export const placeWords = ({ count }, { number, noise, timestep }) =>
  `Step ${number} of ${count}, t = ${timestep}, noise ${short(noise)}`;

/** How the clean picture follows from what the network predicts. @param {InsideView} view @param {InsideStep} step */
export function predictionWords({ prediction }, { signal, noise }) {
  const [kind, formula] = KINDS[prediction];
  return `The network predicts ${kind}: ${formula(short(signal), short(noise))}`;
}

/** The formula of guidance with the numbers of this step. @param {InsideView} view @param {InsideStep} step */
export function guidanceFormula({ negative }, { guidance, unconditional }) {
  if (!unconditional) return "x\u0302\u2080 = x\u0302\u2080(c)";
  const other = negative ? "neg" : "\u2205";
  return `x\u0302\u2080 = x\u0302\u2080(${other}) + ${
    short(guidance)
  } \u00b7 (x\u0302\u2080(c) \u2212 x\u0302\u2080(${other}))`;
}

/** Why the scale of this step is what it is. @param {InsideView} view @param {InsideStep} step */
export function guidanceWords(view, step) {
  const { guidance, interval } = view;
  if (step.unconditional) {
    const less = Math.abs(step.guidance - guidance) > 0.005;
    return less ? `Guidance is set to ${guidance}: the more is requested, the less of it is needed.` : "";
  }
  if (guidance === 1) return "Guidance is off: the network is asked once.";
  const [from, to] = interval.map((share) => Math.round(100 * share));
  const place = view.count > 1 ? (step.number - 1) / (view.count - 1) : 0;
  const outside = place < interval[0] || place > interval[1];
  if (!outside) return "Nothing is requested, or the model was trained to guide itself: the network is asked once.";
  return `Guidance is active from ${from} to ${to} % of the steps, so the network is asked once here.`;
}
