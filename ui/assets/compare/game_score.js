// Scores of the blind game: a share with its interval, and who was taken for whom over many plays.

/**
 * Who was taken for whom: `counts[maker][answer]` is how often a picture of `maker` was said to be one of `answer`.
 * @typedef {{plays: number, counts: Record<string, Record<string, number>>}} Confusion
 */

export const REAL = "real";
const Z = 1.959964; // standard deviations of 95 %

/**
 * The Wilson score interval of a share (Wilson 1927) at 95 %: [least, most].
 * @param {number} right @param {number} count
 */
export function wilson(right, count) {
  if (!count) return [0, 1];
  const share = right / count;
  const square = Z * Z / count;
  const middle = share + square / 2;
  const reach = Z * Math.sqrt(share * (1 - share) / count + square / (4 * count));
  return [(middle - reach) / (1 + square), (middle + reach) / (1 + square)].map((x) => Math.min(1, Math.max(0, x)));
}

/** @returns {Confusion} */
export const nothingPlayed = () => ({ plays: 0, counts: {} });

/** What was stored, without anything that is no count. @param {any} found @returns {Confusion} */
export function readConfusion(found) {
  const isCount = (value) => Number.isInteger(value) && value > 0;
  const counts = /** @type {Record<string, Record<string, number>>} */ ({});
  for (const [maker, answers] of Object.entries(found?.counts || {})) {
    const kept = Object.entries(answers || {}).filter(([, count]) => isCount(count));
    if (kept.length) counts[maker] = Object.fromEntries(kept);
  }
  return { plays: isCount(found?.plays) ? found.plays : 0, counts };
}

/** With one answer more. @param {Confusion} confusion @param {string} maker @param {string} answer @returns {Confusion} */
export function withAnswer({ plays, counts }, maker, answer) {
  const row = counts[maker] || {};
  return { plays, counts: { ...counts, [maker]: { ...row, [answer]: (row[answer] || 0) + 1 } } };
}

/** All names of a matrix, those of `order` first. @param {Confusion} confusion @param {string[]} order */
export function namesIn({ counts }, order) {
  const found = new Set([...Object.keys(counts), ...Object.values(counts).flatMap((row) => Object.keys(row))]);
  return [...order.filter((name) => found.has(name)), ...[...found].filter((name) => !order.includes(name))];
}

/** Right answers and all: {right, count}, of one maker or of all. @param {Confusion} confusion */
export function tally({ counts }) {
  const rows = Object.entries(counts);
  const sum = (row) => Object.values(row).reduce((total, count) => total + count, 0);
  return {
    right: rows.reduce((total, [maker, row]) => total + (row[maker] || 0), 0),
    count: rows.reduce((total, [, row]) => total + sum(row), 0),
  };
}

/** A table of text: makers in rows, answers in columns. @param {Confusion} confusion @param {string[]} order */
export function confusionCsv(confusion, order) {
  const names = namesIn(confusion, order);
  const rows = names.map((maker) => [maker, ...names.map((answer) => confusion.counts[maker]?.[answer] || 0)]);
  return `${[["made by \\ said to be", ...names], ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

/**
 * The score of one game.
 * @param {{maker: string, answer: string}[]} answers
 * @param {number} choices how many answers there were to choose from
 */
export function scoreOf(answers, choices) {
  const right = answers.filter(({ maker, answer }) => maker === answer).length;
  const told = answers.filter(({ maker, answer }) => (maker === REAL) === (answer === REAL)).length;
  return { right, told, count: answers.length, interval: wilson(right, answers.length), chance: 1 / choices };
}
