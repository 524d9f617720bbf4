// The map's mathematics: from places to units to pixels and back, and which pixels a polygon holds.
import assert from "node:assert/strict";
import { contours } from "../../ui/assets/latent_map/contours.js";
import { nextPoint, stepped } from "../../ui/assets/latent_map/cursor.js";
import { scaleOf, silhouetteWords } from "../../ui/assets/latent_map/quality.js";
import { inside, normalise, View } from "../../ui/assets/latent_map/view.js";

const near = (a, b, by = 1e-3) => assert(Math.abs(a - b) < by, `${a} is not ${b}`);

function view(settings = {}) {
  const made = new View();
  made.size = { width: 900, height: 600, right: 200 };
  return Object.assign(made, settings);
}

Deno.test("places of any range become units within -1 and 1, and their centre and scale lead back", () => {
  const places = Float32Array.from([10, 0, 30, 4, 20, 2]);
  const { units, centre, scale, count, extent } = normalise(places, 2);
  assert.equal(count, 3);
  assert.deepEqual([...units], [-1, -0.2, 0, 1, 0.2, 0, 0, 0, 0].map(Math.fround));
  assert.deepEqual(centre, [20, 2, 0]);
  assert.equal(scale, 10);
  near(extent[0], 1);
  near(extent[1], 0.2);
});

Deno.test("one place alone is a point in the middle, not a division by zero", () => {
  assert.deepEqual([...normalise(Float32Array.from([5, 7]), 2).units], [0, 0, 0]);
});

for (const deep of [false, true]) {
  Deno.test(`a pixel leads to the place that is drawn there, ${deep ? "3-D" : "flat"}`, () => {
    const made = view({ deep, zoom: 2.5, x: 0.2, y: -0.1, yaw: 0.9, pitch: -0.4 });
    for (const [px, py, depth] of [[10, 20, 0], [350, 300, 0], [690, 555, deep ? 0.3 : 0]]) {
      const [x, y, z = 0] = made.unproject(px, py, depth);
      const pixel = made.project(Float32Array.from([x, y, z]));
      near(pixel[0], px, 0.05);
      near(pixel[1], py, 0.05);
      if (deep) near(made.depthOf([x, y, z]), depth);
    }
  });
}

Deno.test("the quick way to a pixel of a flat map agrees with the matrix", () => {
  const made = view({ zoom: 1.7, x: -0.3, y: 0.4 });
  const [x, y] = made.pixel(0.25, -0.5);
  const pixel = made.project(Float32Array.from([0.25, -0.5, 0]));
  near(pixel[0], x);
  near(pixel[1], y);
});

Deno.test("all points fit beside the panel", () => {
  for (const deep of [false, true]) {
    const made = view({ deep });
    made.fit([1, 0.3, 1]);
    const corners = made.project(Float32Array.from([-1, -0.3, 0, 1, 0.3, 0]));
    for (const x of [corners[0], corners[2]]) assert(x > 0 && x < 700);
    for (const y of [corners[1], corners[3]]) assert(y > 0 && y < 600);
  }
});

Deno.test("zooming keeps the place under the pointer, and stays within its bounds", () => {
  const made = view({ x: 0.1, y: 0.2 });
  const before = made.unproject(120, 450);
  made.zoomAt(3, 120, 450);
  const after = made.unproject(120, 450);
  near(after[0], before[0]);
  near(after[1], before[1]);
  made.zoomAt(1e6, 0, 0);
  assert.equal(made.zoom, 60);
});

Deno.test("dragging moves a flat map with the hand and turns a 3-D one", () => {
  const flat = view();
  const [x, y] = flat.pixel(0, 0);
  flat.pan(30, -12);
  const moved = flat.pixel(0, 0);
  near(moved[0] - x, 30);
  near(moved[1] - y, -12);
  const deep = view({ deep: true });
  deep.pan(0, 1e6);
  assert.equal(deep.pitch, 1.5);
});

Deno.test("a lasso holds what lies within it, also where it is bent inwards", () => {
  const pixels = Float32Array.from([5, 5, 50, 5, 50, 55, 5, 55, 30, 20]);
  assert.deepEqual(inside(pixels, [[0, 0], [60, 0], [60, 60], [0, 60]]), [0, 1, 2, 3, 4]);
  assert.deepEqual(inside(pixels, [[0, 0], [60, 0], [10, 30], [60, 60], [0, 60]]), [0, 1, 2, 3]);
});

Deno.test("contours close around a group of points: the innermost line is the smallest", () => {
  const units = new Float32Array(3 * 400);
  for (let i = 0; i < 400; i++) units.set([0.6 * Math.sin(i) * (i / 400), 0.6 * Math.cos(i) * (i / 400), 0], 3 * i);
  const lines = contours({ units, count: 400 }, null);
  const reach = lines.map((segments) => Math.max(...segments.map(Math.abs)));
  assert.equal(lines.length, 4);
  assert(lines.every((segments) => segments.length > 20 && segments.length % 4 === 0));
  assert(reach[0] < reach[3]);
});

Deno.test("keys move a cursor, and the map once the cursor is at its border or under the panel", () => {
  const size = { width: 400, height: 300, right: 100 };
  assert.deepEqual(stepped([100, 100], "ArrowUp", size), { cursor: [100, 92], pan: [0, 0] });
  assert.deepEqual(stepped([270, 100], "ArrowRight", size), { cursor: [276, 100], pan: [-2, 0] });
  assert.deepEqual(stepped([24, 100], "ArrowLeft", size), { cursor: [24, 100], pan: [8, 0] });
  assert.equal(stepped([24, 100], "Enter", size), null);
});

Deno.test("with shift the cursor goes to the nearest picture that way", () => {
  const pixels = Float32Array.from([100, 100, 140, 110, 120, 160, 60, 100]);
  assert.deepEqual(nextPoint([100, 100], "ArrowRight", pixels), [140, 110]);
  assert.deepEqual(nextPoint([100, 100], "ArrowLeft", pixels), [60, 100]);
  assert.deepEqual(nextPoint([100, 100], "ArrowDown", pixels), [120, 160]);
  assert.equal(nextPoint([100, 100], "ArrowUp", pixels), null);
  assert.equal(nextPoint([100, 100], "ArrowRight", pixels, (row) => row !== 1), null);
});

Deno.test("the ends of a legend say where values go beyond them", () => {
  const values = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(scaleOf(values), { range: [1, 198], beyond: [true, true] });
  assert.deepEqual(scaleOf([3, 5]), { range: [3, 5], beyond: [false, false] });
  assert.deepEqual(scaleOf([NaN, 2, 2]), { range: [2, 3], beyond: [false, false] });
  assert.deepEqual(scaleOf([]), { range: [0, 1], beyond: [false, false] });
});

Deno.test("a silhouette near zero means no clear clusters", () => {
  assert.equal(silhouetteWords(0.03), "silhouette 0.03: no clear clusters");
  assert.equal(silhouetteWords(0.2), "silhouette 0.20: weak clusters");
  assert.equal(silhouetteWords(0.4), "silhouette 0.40: clear clusters");
  assert.equal(silhouetteWords(null), "");
});
