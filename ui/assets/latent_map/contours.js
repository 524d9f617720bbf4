// Lines of equal density over a flat map: points spread over a grid, smoothed, and cut at even shares of all points.
import { state } from "./state.js";

const CELLS = 128; // along a side
const MARGIN = 0.3; // around the outermost points
const SHARES = [0.2, 0.45, 0.7, 0.9]; // of the points that lie inside a line

// Edges of a cell that a line crosses, by which corners lie inside; corners and edges count clockwise from top left.
const CROSSINGS = [
  [],
  [3, 0],
  [0, 1],
  [3, 1],
  [1, 2],
  [3, 0, 1, 2],
  [0, 2],
  [3, 2],
  [2, 3],
  [2, 0],
  [0, 1, 2, 3],
  [2, 1],
  [1, 3],
  [1, 0],
  [0, 3],
  [],
];

// Three box blurs are nearly a Gaussian; its width falls with the number of points (Scott 1979).
const radiusOf = (count) => Math.max(2, Math.min(8, Math.round(20 * count ** (-1 / 6))));

function blurred(grid, radius) {
  const other = new Float32Array(grid.length);
  const pass = (from, to, along, across) => {
    for (let line = 0; line < CELLS; line++) {
      let sum = 0;
      for (let i = -radius; i < CELLS; i++) {
        if (i + radius < CELLS) sum += from[line * across + (i + radius) * along];
        if (i - radius - 1 >= 0) sum -= from[line * across + (i - radius - 1) * along];
        if (i >= 0) to[line * across + i * along] = sum / (2 * radius + 1);
      }
    }
  };
  for (let round = 0; round < 3; round++) {
    pass(grid, other, 1, CELLS);
    pass(other, grid, CELLS, 1);
  }
  return grid;
}

// Line segments [x, y, x, y, ...] in units of the map, one array per share.
function contours({ units, count }, rows) {
  const side = 2 * (1 + MARGIN);
  const cell = (value) => Math.min(CELLS - 1, Math.max(0, Math.floor(((value + 1 + MARGIN) / side) * CELLS)));
  const grid = new Float32Array(CELLS * CELLS);
  const chosen = rows || Array.from({ length: count }, (_, row) => row);
  const places = Int32Array.from(chosen, (row) => cell(units[3 * row + 1]) * CELLS + cell(units[3 * row]));
  for (const place of places) grid[place]++;
  blurred(grid, radiusOf(places.length));
  const found = Float32Array.from(places, (place) => grid[place]).sort().reverse();
  const at = (index) => ((index + 0.5) / CELLS) * side - 1 - MARGIN;
  return SHARES.map((share) =>
    lines(grid, Math.max(1e-9, found[Math.min(found.length - 1, Math.floor(share * found.length))]), at)
  );
}

function lines(grid, level, at) {
  const segments = [];
  for (let y = 0; y + 1 < CELLS; y++) {
    for (let x = 0; x + 1 < CELLS; x++) {
      const place = y * CELLS + x;
      const corners = [grid[place], grid[place + 1], grid[place + CELLS + 1], grid[place + CELLS]];
      const inside = corners.reduce((bits, value, corner) => bits | ((value >= level) << corner), 0);
      for (const edge of CROSSINGS[inside]) {
        const [a, b] = [corners[edge], corners[(edge + 1) % 4]];
        const part = (level - a) / (b - a);
        const [dx, dy] = [[part, 0], [1, part], [1 - part, 1], [0, 1 - part]][edge];
        segments.push(at(x + dx), at(y + dy));
      }
    }
  }
  return segments;
}

// Drawn under the marks; worked out again only for other points.
function drawContours(plane, context, colour) {
  if (!state.contours || plane.view.deep) return;
  const known = plane.contours;
  if (known?.data !== plane.data || known.rows !== state.rows) {
    plane.contours = { data: plane.data, rows: state.rows, levels: contours(plane.data, state.rows) };
  }
  Object.assign(context, { strokeStyle: colour, lineWidth: 1 });
  plane.contours.levels.forEach((segments, index) => {
    context.globalAlpha = 0.8 - 0.15 * index;
    context.beginPath();
    for (let i = 0; i < segments.length; i += 4) {
      context.moveTo(...plane.view.pixel(segments[i], segments[i + 1]));
      context.lineTo(...plane.view.pixel(segments[i + 2], segments[i + 3]));
    }
    context.stroke();
  });
  context.globalAlpha = 1;
}

export { contours, drawContours };
