// What figures of the map mean, in words.
const [WEAK, CLEAR] = [0.1, 0.25]; // silhouettes: below the first nothing is set apart

/** @param {number | null} silhouette -1..1, the mean over pictures */
export function silhouetteWords(silhouette) {
  if (silhouette === null || Number.isNaN(silhouette)) return "";
  const kind = silhouette < WEAK ? "no clear clusters" : silhouette < CLEAR ? "weak clusters" : "clear clusters";
  return `silhouette ${silhouette.toFixed(2)}: ${kind}`;
}

/**
 * The ends of a scale that holds all but the outermost hundredths of the values; an end beyond which there are more says so.
 * @param {Float32Array | number[]} values
 * @returns {{range: [number, number], beyond: [boolean, boolean]}}
 */
export function scaleOf(values) {
  const known = Float32Array.from(values).filter((value) => !Number.isNaN(value)).sort();
  if (!known.length) return { range: [0, 1], beyond: [false, false] };
  const [low, high] = [known[Math.floor(0.01 * (known.length - 1))], known[Math.ceil(0.99 * (known.length - 1))]];
  const range = high > low ? [low, high] : [low, low + 1];
  return { range, beyond: [known[0] < range[0], known.at(-1) > range[1]] };
}
