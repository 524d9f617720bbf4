// A variational autoencoder of the plane (Kingma & Welling 2013, arXiv:1312.6114): a point is encoded as a normal
// distribution over one or two numbers, and a sample of it is decoded.
import { Mlp } from "./network.js";
import { filled } from "./random.js";

const VARIANCE = 0.01; // of a decoded coordinate around its point
const [LOWEST, HIGHEST] = [-10, 4]; // logarithm of a variance

export class Vae {
  /** @param {number} numbers of the latent, 1 or 2 @param {() => number} normal @param {number} [width] */
  constructor(numbers, normal, width = 64) {
    Object.assign(this, { numbers, normal });
    this.encoder = new Mlp([2, width, width, 2 * numbers], normal);
    this.decoder = new Mlp([numbers, width, width, 2], normal);
  }

  #encode(points, count) {
    const { numbers } = this;
    const output = this.encoder.forward(points, count);
    const mean = filled(count * numbers, () => 0);
    const logarithm = filled(count * numbers, () => 0);
    for (let n = 0; n < count; n++) {
      for (let k = 0; k < numbers; k++) {
        mean[n * numbers + k] = output[n * 2 * numbers + k];
        const raw = output[n * 2 * numbers + numbers + k];
        logarithm[n * numbers + k] = Math.max(LOWEST, Math.min(HIGHEST, raw));
      }
    }
    return { mean, logarithm };
  }

  /** One step on points (N, 2) -> the loss: squared error over twice its variance, plus the KL divergence. */
  train(points, count, rate) {
    const { mean, logarithm } = this.#encode(points, count);
    const noise = filled(mean.length, this.normal);
    const latent = mean.map((value, i) => value + Math.exp(logarithm[i] / 2) * noise[i]);
    const decoded = this.decoder.forward(latent, count);
    let loss = 0;
    const slope = decoded.map((value, i) => {
      const error = value - points[i];
      loss += error * error / (2 * VARIANCE);
      return error / count; // all gradients are scaled by the variance
    });
    const dLatent = this.decoder.backward(slope, count);
    const output = new Float32Array(count * 2 * this.numbers);
    for (let i = 0; i < mean.length; i++) {
      const variance = Math.exp(logarithm[i]);
      loss += (mean[i] * mean[i] + variance - 1 - logarithm[i]) / 2;
      const [n, k] = [Math.floor(i / this.numbers), i % this.numbers];
      output[n * 2 * this.numbers + k] = dLatent[i] + VARIANCE * mean[i] / count;
      output[n * 2 * this.numbers + this.numbers + k] = dLatent[i] * noise[i] * Math.sqrt(variance) / 2 +
        VARIANCE * (variance - 1) / 2 / count;
    }
    this.encoder.backward(output, count);
    this.encoder.update(rate);
    this.decoder.update(rate);
    return loss / count;
  }

  /** Points (N, 2) -> decoded from the means of their codes. */
  reconstruct(points, count) {
    return this.decoder.forward(this.#encode(points, count).mean, count);
  }

  /** Codes (N, numbers) from N(0, 1) -> decoded. */
  decode(codes, count) {
    return this.decoder.forward(codes, count);
  }
}
