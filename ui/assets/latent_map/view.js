// From units of the map to pixels and back. Points are held within -1..1; a view is a window on them, flat or turned.
const DEPTH = 0.3; // how much nearer points of a 3-D map are larger
const FILL = 0.92;

// Places of any range -> {units: Float32Array (N, 3), centre, scale, count, extent}.
export function normalise(places, dimensions) {
  const count = places.length / dimensions;
  const low = [0, 0, 0];
  const high = [0, 0, 0];
  for (let axis = 0; axis < dimensions; axis++) {
    low[axis] = Infinity;
    high[axis] = -Infinity;
    for (let row = 0; row < count; row++) {
      const value = places[row * dimensions + axis];
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  }
  const centre = low.map((value, axis) => (value + high[axis]) / 2);
  const scale = Math.max(1e-6, ...high.map((value, axis) => (value - low[axis]) / 2));
  const units = new Float32Array(3 * count);
  for (let row = 0; row < count; row++) {
    for (let axis = 0; axis < dimensions; axis++) {
      units[3 * row + axis] = (places[row * dimensions + axis] - centre[axis]) / scale;
    }
  }
  return {
    units,
    centre,
    scale,
    count,
    dimensions,
    extent: high.map((value, axis) => (value - low[axis]) / 2 / scale),
  };
}

/** A window on the units of a map, flat or turned. */
export class View {
  x = 0; // units in the middle of a flat map
  y = 0;
  zoom = 1;
  yaw = 0.5; // radians, of a 3-D map
  pitch = 0.35;
  deep = false; // 3-D

  /** CSS pixels; `right` of them, at the right, are covered by a panel. */
  size = { width: 1, height: 1, right: 0 };

  #room() {
    return Math.max(80, this.size.width - this.size.right);
  }

  // CSS pixels of one unit.
  #half() {
    return (Math.min(this.#room(), this.size.height) / 2) * this.zoom;
  }

  // Rows one after the other.
  #rotation() {
    if (!this.deep) return [1, 0, 0, 0, 1, 0, 0, 0, 0];
    const [cy, sy, cp, sp] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    return [cy, 0, sy, sp * sy, cp, -sp * cy, -cp * sy, sp, cp * cy];
  }

  /** Units -> clip space, column-major, for the graphics card. @returns {Float32Array} 16 */
  matrix() {
    const { width, height } = this.size;
    const [r, h] = [this.#rotation(), this.#half()];
    const [ox, oy] = [this.#room() / width - 1, 0];
    const depth = this.deep ? [-DEPTH * r[6], -DEPTH * r[7], -DEPTH * r[8]] : [0, 0, 0];
    const [sx, sy] = [(2 * h) / width, (2 * h) / height];
    const out = new Float32Array(16);
    for (let axis = 0; axis < 3; axis++) {
      out.set([sx * r[axis] + ox * depth[axis], sy * r[3 + axis] + oy * depth[axis], 0, depth[axis]], 4 * axis);
    }
    out.set([ox - (this.deep ? 0 : sx * this.x), oy - (this.deep ? 0 : sy * this.y), 0, 1], 12);
    return out;
  }

  /** Units (N, 3) -> CSS pixels (N, 2). @param {Float32Array} units @param {Float32Array} [out] */
  project(units, out = new Float32Array((units.length / 3) * 2)) {
    const m = this.matrix();
    const { width, height } = this.size;
    for (let i = 0, j = 0; i < units.length; i += 3, j += 2) {
      const [x, y, z] = [units[i], units[i + 1], units[i + 2]];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      out[j] = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * width) / 2;
      out[j + 1] = ((1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * height) / 2;
    }
    return out;
  }

  /** CSS pixels -> units. Of a 3-D map the place lies `depth` before the middle, on a plane that faces the eye. */
  unproject(px, py, depth = 0) {
    const half = this.#half();
    const [x, y] = [(px - this.#room() / 2) / half, (this.size.height / 2 - py) / half];
    if (!this.deep) return [x + this.x, y + this.y];
    const r = this.#rotation();
    const w = 1 - DEPTH * depth;
    return [0, 1, 2].map((axis) => w * (x * r[axis] + y * r[3 + axis]) + depth * r[6 + axis]);
  }

  /** How far before the middle a place (units) lies. */
  depthOf([x, y, z = 0]) {
    const r = this.#rotation();
    return r[6] * x + r[7] * y + r[8] * z;
  }

  /** Units -> CSS pixels; only of a flat map. */
  pixel(x, y) {
    const half = this.#half();
    return [(x - this.x) * half + this.#room() / 2, this.size.height / 2 - (y - this.y) * half];
  }

  /** Shows all points. @param {number[]} extent half the width and height of the points, in units */
  fit(extent) {
    const { height } = this.size;
    const base = Math.min(this.#room(), height) / 2;
    const [across, down] = this.deep ? [1.25, 1.25] : [Math.max(extent[0], 0.05), Math.max(extent[1], 0.05)];
    this.zoom = (FILL * Math.min(this.#room() / 2 / across, height / 2 / down)) / base;
    this.x = this.y = 0;
  }

  pan(dx, dy) {
    if (this.deep) {
      this.yaw += dx * 0.008;
      this.pitch = Math.max(-1.5, Math.min(1.5, this.pitch + dy * 0.008));
      return;
    }
    this.x -= dx / this.#half();
    this.y += dy / this.#half();
  }

  /** Zooms around a pixel, which stays where it is; a 3-D map zooms around its middle. */
  zoomAt(factor, px, py) {
    const before = this.unproject(px, py);
    this.zoom = Math.max(0.2, Math.min(60, this.zoom * factor));
    if (this.deep) return;
    const after = this.unproject(px, py);
    this.x += before[0] - after[0];
    this.y += before[1] - after[1];
  }
}

// Which of the pixels (N, 2) lie inside a polygon of pixels.
export function inside(pixels, polygon) {
  const rows = [];
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  for (let row = 0; row < pixels.length / 2; row++) {
    const [x, y] = [pixels[2 * row], pixels[2 * row + 1]];
    if (x < left || x > right || y < top || y > bottom) continue;
    let odd = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) odd = !odd;
    }
    if (odd) rows.push(row);
  }
  return rows;
}
