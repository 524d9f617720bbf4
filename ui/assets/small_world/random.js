// Random numbers from a seed: the same drawing learns the same way.

/** Uniform numbers in [0, 1) (mulberry32, by Tommy Ettinger). @param {number} seed @returns {() => number} */
export function uniformFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers from N(0, 1) (Box and Muller 1958). @param {() => number} uniform @returns {() => number} */
export const normalFrom = (uniform) => () =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/** @param {number} length @param {() => number} draw */
export const filled = (length, draw) => Float32Array.from({ length }, draw);
