// How a 64 px picture is shown at ten times its size: a Lanczos enlargement, then smoothing along the edges that the
// structure tensor finds (line integrals, as in coherence-enhancing filtering: Kang et al. 2009), which removes the
// stairs of slanted edges, and a little sharpening. For the eye alone: files keep the model's own pixels.
const LOBES = 3;
const ROUNDS = 2;
const REACH = 4; // samples to either side along an edge
const RADIUS = 3; // of the two box blurs over the structure tensor
const SHARPEN = 0.55;

function lanczos(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const p = Math.PI * x;
  return (LOBES * Math.sin(p) * Math.sin(p / LOBES)) / (p * p);
}

// Taps of every output position: [first source index, weights]; edges repeat their last pixel.
function taps(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.floor(centre) - LOBES + 1;
    const weights = Array.from({ length: 2 * LOBES }, (_, k) => lanczos(centre - first - k));
    const sum = weights.reduce((a, b) => a + b, 0);
    return [first, weights.map((w) => w / sum)];
  });
}

// One pixel of the result: a weighted sum along a line of the source, whose `count` pixels begin at `base` and lie
// `stride` apart; beyond its ends the outermost pixel goes on.
function weigh(source, [first, weights], [base, stride, count], target, to) {
  let [r, g, b] = [0, 0, 0];
  for (let k = 0; k < weights.length; k++) {
    const at = base + stride * Math.min(count - 1, Math.max(0, first + k));
    r += weights[k] * source[at];
    g += weights[k] * source[at + 1];
    b += weights[k] * source[at + 2];
  }
  target[to] = r;
  target[to + 1] = g;
  target[to + 2] = b;
}

// RGBA bytes -> RGB floats, factor times as large.
function resample(source, width, height, factor) {
  const [W, H] = [width * factor, height * factor];
  const [columns, rows] = [taps(width, W), taps(height, H)];
  const middle = new Float32Array(W * height * 3);
  for (let y = 0; y < height; y++) {
    const line = [4 * y * width, 4, width];
    for (let x = 0; x < W; x++) weigh(source, columns[x], line, middle, 3 * (y * W + x));
  }
  const result = new Float32Array(W * H * 3);
  for (let x = 0; x < W; x++) {
    const line = [3 * x, 3 * W, height];
    for (let y = 0; y < H; y++) weigh(middle, rows[y], line, result, 3 * (y * W + x));
  }
  return result;
}

// A box blur along rows and columns, by running sums; edges repeat.
function blur(field, width, height, radius) {
  const weight = 1 / (2 * radius + 1);
  const pass = (from, to, lines, length, stride, step) => {
    for (let line = 0; line < lines; line++) {
      const start = line * stride;
      const last = start + (length - 1) * step;
      let sum = from[start] * (radius + 1);
      for (let k = 1; k <= radius; k++) sum += from[start + Math.min(k, length - 1) * step];
      for (let i = 0; i < length; i++) {
        to[start + i * step] = sum * weight;
        const enters = i + radius + 1 < length ? from[start + (i + radius + 1) * step] : from[last];
        const leaves = i - radius >= 0 ? from[start + (i - radius) * step] : from[start];
        sum += enters - leaves;
      }
    }
  };
  const other = new Float32Array(field.length);
  for (let round = 0; round < 2; round++) {
    pass(field, other, height, width, width, 1);
    pass(other, field, width, height, 1, width);
  }
  return field;
}

// The direction of the edge at every pixel, and how sure it is: three fields (x, y, 0..1).
function edges(rgb, width, height) {
  const n = width * height;
  const grey = new Float32Array(n);
  for (let i = 0; i < n; i++) grey[i] = 0.3 * rgb[3 * i] + 0.59 * rgb[3 * i + 1] + 0.11 * rgb[3 * i + 2];
  const [xx, xy, yy] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  for (let y = 0; y < height; y++) {
    const up = width * Math.max(0, y - 1), down = width * Math.min(height - 1, y + 1);
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - 1), right = Math.min(width - 1, x + 1);
      const dx = (grey[y * width + right] - grey[y * width + left]) / 2;
      const dy = (grey[down + x] - grey[up + x]) / 2;
      const i = y * width + x;
      xx[i] = dx * dx;
      xy[i] = dx * dy;
      yy[i] = dy * dy;
    }
  }
  for (const field of [xx, xy, yy]) blur(field, width, height, RADIUS);
  for (let i = 0; i < n; i++) {
    const difference = xx[i] - yy[i];
    const angle = 0.5 * Math.atan2(2 * xy[i], difference) + Math.PI / 2;
    const sure = Math.min(1, (1.3 * Math.sqrt(difference * difference + 4 * xy[i] * xy[i])) / (xx[i] + yy[i] + 1));
    xx[i] = Math.cos(angle);
    yy[i] = Math.sin(angle);
    xy[i] = sure;
  }
  return [xx, yy, xy];
}

// Replaces every pixel by the mean along its edge, as far as the edge is sure.
function smooth(rgb, width, height) {
  const [alongX, alongY, sure] = edges(rgb, width, height);
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, k) => Math.exp(-2 * ((k - REACH) / REACH) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  const result = new Float32Array(rgb.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let r = 0, g = 0, b = 0;
      for (let k = -REACH; k <= REACH; k++) {
        const px = Math.min(width - 1.001, Math.max(0, x + k * alongX[i]));
        const py = Math.min(height - 1.001, Math.max(0, y + k * alongY[i]));
        const x0 = px | 0, y0 = py | 0, fx = px - x0, fy = py - y0;
        const a = 3 * (y0 * width + x0), c = a + 3 * width;
        const w = weights[k + REACH], w00 = w * (1 - fx) * (1 - fy), w10 = w * fx * (1 - fy);
        const w01 = w * (1 - fx) * fy, w11 = w * fx * fy;
        r += w00 * rgb[a] + w10 * rgb[a + 3] + w01 * rgb[c] + w11 * rgb[c + 3];
        g += w00 * rgb[a + 1] + w10 * rgb[a + 4] + w01 * rgb[c + 1] + w11 * rgb[c + 4];
        b += w00 * rgb[a + 2] + w10 * rgb[a + 5] + w01 * rgb[c + 2] + w11 * rgb[c + 5];
      }
      const mix = sure[i] / total, keep = 1 - sure[i];
      result[3 * i] = keep * rgb[3 * i] + mix * r;
      result[3 * i + 1] = keep * rgb[3 * i + 1] + mix * g;
      result[3 * i + 2] = keep * rgb[3 * i + 2] + mix * b;
    }
  }
  return result;
}

// Unsharp masking into bytes.
function sharpened(rgb, width, height) {
  const n = width * height;
  const bytes = new Uint8ClampedArray(4 * n);
  for (let channel = 0; channel < 3; channel++) {
    const soft = new Float32Array(n);
    for (let i = 0; i < n; i++) soft[i] = rgb[3 * i + channel];
    blur(soft, width, height, 2);
    for (let i = 0; i < n; i++) {
      const value = rgb[3 * i + channel];
      bytes[4 * i + channel] = value + SHARPEN * (value - soft[i]);
    }
  }
  for (let i = 0; i < n; i++) bytes[4 * i + 3] = 255;
  return bytes;
}

export const enlarge = (source, width, height, factor) => {
  const [W, H] = [width * factor, height * factor];
  let rgb = resample(source, width, height, factor);
  for (let round = 0; round < ROUNDS; round++) rgb = smooth(rgb, W, H);
  return new ImageData(sharpened(rgb, W, H), W, H);
};
