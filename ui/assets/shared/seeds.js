// Seeds: whole numbers of 32 bits, each a picture.
export const SEEDS = 2 ** 32;

export const randomSeed = () => crypto.getRandomValues(new Uint32Array(1))[0];

/** @param {string} text @returns {number | null} the seed that it names */
export function parseSeed(text) {
  const trimmed = text.trim();
  return /^\d{1,10}$/.test(trimmed) && Number(trimmed) < SEEDS ? Number(trimmed) : null;
}

/** A change of a recipe: another seed begins in the middle of the plane around it. */
export const withSeed = (recipe, patch) =>
  "seed" in patch && patch.seed !== recipe.seed ? { nearby: [0, 0], ...patch } : patch;

export const SEED_HINT = `A seed is a whole number from 0 to ${SEEDS - 1}.`;
