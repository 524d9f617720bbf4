// From units of the map to pixels and back. Points are held within -1..1; a view is a window on them, flat or turned.
const DEPTH = 0.3; // how much nearer points of a 3-D map are larger
const FILL = 0.92;

// Places of any range -> {units: Float32Array (N, 3), centre, scale, count, extent}.
function normalise(places, dimensions) {
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

// A window of `size` {width, height, right}: `right` pixels at the right are covered by a panel.
function makeView() {
  const view = { x: 0, y: 0, zoom: 1, yaw: 0.5, pitch: 0.35, deep: false, size: { width: 1, height: 1, right: 0 } };
  const room = () => Math.max(80, view.size.width - view.size.right);
  const half = () => (Math.min(room(), view.size.height) / 2) * view.zoom;

  function rotation() {
    if (!view.deep) return [1, 0, 0, 0, 1, 0, 0, 0, 0];
    const [cy, sy, cp, sp] = [Math.cos(view.yaw), Math.sin(view.yaw), Math.cos(view.pitch), Math.sin(view.pitch)];
    return [cy, 0, sy, sp * sy, cp, -sp * cy, -cp * sy, sp, cp * cy];
  }

  // Column-major, for the graphics card.
  function matrix() {
    const { width, height } = view.size;
    const [r, h] = [rotation(), half()];
    const [ox, oy] = [room() / width - 1, 0];
    const depth = view.deep ? [-DEPTH * r[6], -DEPTH * r[7], -DEPTH * r[8]] : [0, 0, 0];
    const [sx, sy] = [(2 * h) / width, (2 * h) / height];
    const out = new Float32Array(16);
    for (let axis = 0; axis < 3; axis++) {
      out.set([sx * r[axis] + ox * depth[axis], sy * r[3 + axis] + oy * depth[axis], 0, depth[axis]], 4 * axis);
    }
    out.set([ox - (view.deep ? 0 : sx * view.x), oy - (view.deep ? 0 : sy * view.y), 0, 1], 12);
    return out;
  }

  // Units (N, 3) -> CSS pixels (N, 2).
  function project(units, out = new Float32Array((units.length / 3) * 2)) {
    const m = matrix();
    const { width, height } = view.size;
    for (let i = 0, j = 0; i < units.length; i += 3, j += 2) {
      const [x, y, z] = [units[i], units[i + 1], units[i + 2]];
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      out[j] = (((m[0] * x + m[4] * y + m[8] * z + m[12]) / w + 1) * width) / 2;
      out[j + 1] = ((1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w) * height) / 2;
    }
    return out;
  }

  // CSS pixels -> units. Of a 3-D map the place lies `depth` in front of the middle, on a plane that faces the eye.
  function unproject(px, py, depth = 0) {
    const [x, y] = [(px - room() / 2) / half(), (view.size.height / 2 - py) / half()];
    if (!view.deep) return [x + view.x, y + view.y];
    const r = rotation();
    const w = 1 - DEPTH * depth;
    return [0, 1, 2].map((axis) => w * (x * r[axis] + y * r[3 + axis]) + depth * r[6 + axis]);
  }

  // How far before the middle a place (units) lies.
  const depthOf = ([x, y, z = 0]) => {
    const r = rotation();
    return r[6] * x + r[7] * y + r[8] * z;
  };

  // Units -> CSS pixels; only of a flat map.
  const pixel = (x, y) => [(x - view.x) * half() + room() / 2, view.size.height / 2 - (y - view.y) * half()];

  function fit(extent) {
    const base = Math.min(room(), view.size.height) / 2;
    const [across, down] = view.deep ? [1.25, 1.25] : [Math.max(extent[0], 0.05), Math.max(extent[1], 0.05)];
    view.zoom = FILL * Math.min(room() / 2 / across, view.size.height / 2 / down) / base;
    view.x = view.y = 0;
  }

  function pan(dx, dy) {
    if (view.deep) {
      view.yaw += dx * 0.008;
      view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + dy * 0.008));
      return;
    }
    view.x -= dx / half();
    view.y += dy / half();
  }

  // Around a pixel, which stays where it is.
  function zoomAt(factor, px, py) {
    const before = unproject(px, py);
    view.zoom = Math.max(0.2, Math.min(60, view.zoom * factor));
    if (view.deep) return; // about the middle
    const after = unproject(px, py);
    view.x += before[0] - after[0];
    view.y += before[1] - after[1];
  }

  return Object.assign(view, { matrix, project, unproject, depthOf, pixel, fit, pan, zoomAt });
}

// Which of the pixels (N, 2) lie inside a polygon of pixels.
function inside(pixels, polygon) {
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

export { inside, makeView, normalise };
