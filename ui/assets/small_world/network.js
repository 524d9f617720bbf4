// A small multilayer perceptron with its gradients written by hand, and Adam (Kingma & Ba 2015, arXiv:1412.6980).
//
// A batch of N vectors is one Float32Array, row by row. Hidden layers end in SiLU, x * sigmoid(x); the last one is linear.
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** One linear layer: y = W x + b, W row by row (outputs x inputs). */
class Linear {
  /** @param {number} inputs @param {number} outputs @param {() => number} normal */
  constructor(inputs, outputs, normal) {
    Object.assign(this, { inputs, outputs });
    this.weights = Float32Array.from({ length: outputs * inputs }, () => normal() / Math.sqrt(inputs));
    this.bias = new Float32Array(outputs);
    this.gradients = [new Float32Array(outputs * inputs), new Float32Array(outputs)];
    this.moments = [this.weights, this.bias].map((one) => [new Float32Array(one.length), new Float32Array(one.length)]);
  }

  forward(x, count) {
    const { inputs, outputs, weights, bias } = this;
    const y = new Float32Array(count * outputs);
    for (let n = 0; n < count; n++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o];
        for (let i = 0; i < inputs; i++) sum += weights[o * inputs + i] * x[n * inputs + i];
        y[n * outputs + o] = sum;
      }
    }
    return y;
  }

  // The gradient of the outputs -> that of the inputs; those of weights and bias are added up.
  backward(x, dy, count) {
    const { inputs, outputs, weights, gradients: [dw, db] } = this;
    const dx = new Float32Array(count * inputs);
    for (let n = 0; n < count; n++) {
      for (let o = 0; o < outputs; o++) {
        const slope = dy[n * outputs + o];
        db[o] += slope;
        for (let i = 0; i < inputs; i++) {
          dw[o * inputs + i] += slope * x[n * inputs + i];
          dx[n * inputs + i] += slope * weights[o * inputs + i];
        }
      }
    }
    return dx;
  }

  update(rate, step) {
    const scale = rate * Math.sqrt(1 - BETA2 ** step) / (1 - BETA1 ** step);
    [this.weights, this.bias].forEach((values, which) => {
      const [first, second] = this.moments[which];
      const slopes = this.gradients[which];
      for (let i = 0; i < values.length; i++) {
        first[i] += (1 - BETA1) * (slopes[i] - first[i]);
        second[i] += (1 - BETA2) * (slopes[i] * slopes[i] - second[i]);
        values[i] -= scale * first[i] / (Math.sqrt(second[i]) + EPSILON);
      }
      slopes.fill(0);
    });
  }
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

export class Mlp {
  #inputs = []; // of each layer in the last forward pass
  #before = []; // SiLU
  #steps = 0;

  /** @param {number[]} sizes of the input, the hidden layers and the output @param {() => number} normal draws N(0, 1) */
  constructor(sizes, normal) {
    this.layers = sizes.slice(1).map((outputs, place) => new Linear(sizes[place], outputs, normal));
  }

  /** Inputs (N, sizes[0]) -> outputs (N, sizes.at(-1)). @param {Float32Array} x @param {number} count N */
  forward(x, count) {
    const last = this.layers.length - 1;
    this.layers.forEach((layer, place) => {
      this.#inputs[place] = x;
      const y = layer.forward(x, count);
      this.#before[place] = y;
      x = place < last ? y.map((value) => value * sigmoid(value)) : y;
    });
    return x;
  }

  /** The gradient of the last outputs -> that of their inputs, (N, sizes[0]). @param {Float32Array} slope @param {number} count */
  backward(slope, count) {
    for (let place = this.layers.length - 1; place >= 0; place--) {
      if (place < this.layers.length - 1) {
        const before = this.#before[place];
        slope = slope.map((value, i) => {
          const s = sigmoid(before[i]);
          return value * s * (1 + before[i] * (1 - s));
        });
      }
      slope = this.layers[place].backward(this.#inputs[place], slope, count);
    }
    return slope;
  }

  /** One step of Adam along the gradients, which are forgotten. @param {number} rate */
  update(rate) {
    this.#steps += 1;
    for (const layer of this.layers) layer.update(rate, this.#steps);
  }
}
