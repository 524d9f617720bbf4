// Both models on one drawing: trains them step by step and says how they stand. No page and no worker is needed.
import { Flow } from "./flow.js";
import { filled, normalFrom, uniformFrom } from "./random.js";
import { distance } from "./shapes.js";
import { Vae } from "./vae.js";

export const MOST_STEPS = 3000;
export const GRID = 15; // arrows along a side
const [BATCH, SHOWN] = [96, 300]; // points of a step, points that are shown
const [RATE, END] = [0.004, 0.1]; // learning rate, and the part of it that is left at the end

export const grid = filled(2 * GRID * GRID, () => 0).map((_, i) => {
  const place = i >> 1;
  return -1 + 2 * ((i % 2 ? Math.floor(place / GRID) : place % GRID) + 0.5) / GRID;
});

/** Every so many points that about SHOWN are left. */
function thinned(points) {
  const every = Math.max(1, Math.floor(points.length / 2 / SHOWN));
  return points.filter((_, i) => (i >> 1) % every === 0);
}

export class Learner {
  step = 0;
  losses = { flow: 0, vae: 0 }; // smoothed over some steps

  /** @param {Float32Array} points (N, 2) @param {{numbers?: number, seed?: number, width?: number}} [settings] */
  constructor(points, { numbers = 2, seed = 7, width = 64 } = {}) {
    this.points = points;
    this.uniform = uniformFrom(seed);
    const normal = normalFrom(this.uniform);
    this.flow = new Flow(this.uniform, normal, width);
    this.vae = new Vae(numbers, normal, width);
    this.noise = this.flow.noise(SHOWN);
    this.codes = filled(SHOWN * numbers, normal);
    this.given = thinned(points);
  }

  get done() {
    return this.step >= MOST_STEPS;
  }

  train() {
    const count = this.points.length / 2;
    const chosen = Int32Array.from({ length: BATCH }, () => Math.floor(this.uniform() * count));
    const batch = new Float32Array(2 * BATCH).map((_, i) => this.points[2 * chosen[i >> 1] + (i % 2)]);
    const rate = RATE * (END + (1 - END) * (1 + Math.cos(Math.PI * this.step / MOST_STEPS)) / 2);
    const found = { flow: this.flow.train(batch, BATCH, rate), vae: this.vae.train(batch, BATCH, rate) };
    for (const name of ["flow", "vae"]) {
      this.losses[name] = this.step ? 0.97 * this.losses[name] + 0.03 * found[name] : found[name];
    }
    this.step += 1;
  }

  /** Everything that the page shows, at a time of the flow from 0, noise, to 1, the drawing. @param {number} time */
  state(time) {
    const given = this.given.length / 2;
    const prior = this.vae.decode(this.codes, SHOWN);
    const end = this.flow.carry(this.noise, SHOWN, 1);
    return {
      step: this.step,
      done: this.done,
      losses: { ...this.losses },
      time,
      samples: time === 1 ? end : this.flow.carry(this.noise, SHOWN, time),
      field: this.flow.velocity(grid, GRID * GRID, time),
      given: this.given,
      rebuilt: this.vae.reconstruct(this.given, given),
      prior,
      distances: { flow: distance(end, this.points), vae: distance(prior, this.points) },
    };
  }
}
