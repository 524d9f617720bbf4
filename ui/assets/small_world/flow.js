// Flow matching in the plane (Lipman et al. 2022, arXiv:2210.02747): a network learns the velocity on straight lines from
// noise, t = 0, to points of the drawing, t = 1. Followed from noise, its field carries samples to the drawing.
import { Mlp } from "./network.js";
import { filled } from "./random.js";

const FEATURES = 7; // x, y, t, and two waves of t
const SCALE = 4; // of the places as the network sees them: it learns fine shapes sooner
const SPREAD = 0.7; // deviation of the noise, in units of the pad

function features(x, times, count) {
  const input = new Float32Array(count * FEATURES);
  for (let n = 0; n < count; n++) {
    const t = times[n];
    const [slow, fast] = [2 * Math.PI * t, 4 * Math.PI * t];
    const waves = [Math.sin(slow), Math.cos(slow), Math.sin(fast), Math.cos(fast)];
    input.set([SCALE * x[2 * n], SCALE * x[2 * n + 1], t, ...waves], n * FEATURES);
  }
  return input;
}

export class Flow {
  /** @param {() => number} uniform @param {() => number} normal @param {number} [width] of the hidden layers */
  constructor(uniform, normal, width = 64) {
    Object.assign(this, { uniform, normal });
    this.network = new Mlp([FEATURES, width, width, 2], normal);
  }

  /** Noise to begin at, (N, 2). */
  noise(count) {
    return filled(2 * count, () => SPREAD * this.normal());
  }

  /** One step on points (N, 2) of the drawing -> the mean squared error of the velocity. */
  train(points, count, rate) {
    const [noise, times] = [this.noise(count), filled(count, this.uniform)];
    const x = points.map((value, i) => (1 - times[i >> 1]) * noise[i] + times[i >> 1] * value);
    const found = this.network.forward(features(x, times, count), count);
    let loss = 0;
    const slope = found.map((value, i) => {
      const error = value - (points[i] - noise[i]);
      loss += error * error;
      return 2 * error / count;
    });
    this.network.backward(slope, count);
    this.network.update(rate);
    return loss / count;
  }

  /** The velocity (N, 2) at places (N, 2) and one time. */
  velocity(x, count, time) {
    return this.network.forward(features(x, new Float32Array(count).fill(time), count), count);
  }

  /** Places (N, 2) at t = 0 -> where the field has carried them at `time`, by Heun's method. */
  carry(x, count, time, steps = 10) {
    const taken = Math.max(1, Math.round(steps * time));
    const size = time / taken;
    for (let step = 0; step < taken && time > 0; step++) {
      const first = this.velocity(x, count, step * size);
      const ahead = x.map((value, i) => value + size * first[i]);
      const second = this.velocity(ahead, count, (step + 1) * size);
      x = x.map((value, i) => value + size * (first[i] + second[i]) / 2);
    }
    return x;
  }
}
