// Distributions to learn: presets, and what somebody paints. Points are x, y, x, y ... from -1 to 1, y upwards.
import { normalFrom, uniformFrom } from "./random.js";

export const COUNT = 600; // points of a preset
export const MOST = 3000; // points of a drawing
const JITTER = 0.035; // deviation around a line

const ring = (radius) => (along) => [radius * Math.cos(2 * Math.PI * along), radius * Math.sin(2 * Math.PI * along)];
const between = ([ax, ay], [bx, by]) => (along) => [ax + (bx - ax) * along, ay + (by - ay) * along];

const upper = (along) => [-0.28 + 0.55 * Math.cos(Math.PI * along), -0.14 + 0.55 * Math.sin(Math.PI * along)];
const lower = (along) => [0.28 - 0.55 * Math.cos(Math.PI * along), 0.14 - 0.55 * Math.sin(Math.PI * along)];

// A square root spreads the points of a spiral evenly over its length.
function spiral(along) {
  const way = Math.sqrt(along);
  return [0.85 * way * Math.cos(4 * Math.PI * way), 0.85 * way * Math.sin(4 * Math.PI * way)];
}

const LETTERS = [
  [[-0.8, 0.6], [-0.8, -0.6]],
  [[-0.8, -0.6], [-0.15, -0.6]],
  [[0.75, 0.6], [0.2, 0.6]],
  [[0.2, 0.6], [0.2, 0.05]],
  [[0.2, 0.05], [0.75, 0.05]],
  [[0.75, 0.05], [0.75, -0.6]],
  [[0.75, -0.6], [0.2, -0.6]],
].map(([from, to]) => between(from, to));

/** Name -> its title and lines; a point lies on each with the same probability. */
export const PRESETS = {
  moons: { title: "Two moons", lines: [upper, lower] },
  rings: { title: "Rings", lines: [ring(0.35), ring(0.8), ring(0.8)] },
  spiral: { title: "Spiral", lines: [spiral] },
  letters: { title: "Letters", lines: LETTERS },
};

/** @param {keyof typeof PRESETS} name @param {number} [seed] @returns {Float32Array} */
export function preset(name, seed = 1) {
  const uniform = uniformFrom(seed);
  const normal = normalFrom(uniform);
  const { lines } = PRESETS[name];
  const points = new Float32Array(2 * COUNT);
  for (let n = 0; n < COUNT; n++) {
    const [x, y] = lines[Math.floor(uniform() * lines.length)](uniform());
    points.set([x + JITTER * normal(), y + JITTER * normal()], 2 * n);
  }
  return points;
}

/** A spot of paint: points around (x, y), inside of the pad. @param {() => number} normal */
export const spot = (x, y, normal, count = 6) =>
  Array.from({ length: count }, () => [x, y].map((middle) => Math.max(-1, Math.min(1, middle + JITTER * normal()))))
    .flat();

/** How far points are from the nearest of a drawing, as a mean. @param {Float32Array} points @param {Float32Array} drawing */
export function distance(points, drawing) {
  let sum = 0;
  for (let n = 0; n < points.length; n += 2) {
    let least = Infinity;
    for (let m = 0; m < drawing.length; m += 2) {
      const [dx, dy] = [points[n] - drawing[m], points[n + 1] - drawing[m + 1]];
      least = Math.min(least, dx * dx + dy * dy);
    }
    sum += Math.sqrt(least);
  }
  return sum / Math.max(1, points.length / 2);
}
