// What lies over the points: thumbnails when few are in sight, rings, the path, the place that is decoded, the lasso.
import { drawContours } from "./contours.js";
import { paintDrawings } from "./drawings.js";
import { drawThumbnail, state } from "./state.js";

const MOST_THUMBS = 240;
const FRAME = 3; // CSS pixels of a thumbnail's frame, in its point's colour
const PIN = 56; // CSS pixels of a picture from another tab

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const unitsOf = (plane, place) => place.map((value, axis) => (value - plane.data.centre[axis]) / plane.data.scale);

function pixelOf(plane, place) {
  const [x, y, z = 0] = unitsOf(plane, place);
  return plane.view.project(new Float32Array([x, y, z]));
}

const rowPixel = (plane, row) => [plane.pixels[2 * row], plane.pixels[2 * row + 1]];
const stopPixel = (
  plane,
  stop,
) => ("row" in stop ? rowPixel(plane, stop.row) : plane.slot === "first" ? pixelOf(plane, stop.place) : null);

function ring(context, [x, y], radius, colour, width = 2) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.lineWidth = width + 2;
  context.strokeStyle = token("--canvas");
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
}

// Pictures instead of points where they have room.
function thumbs(plane, context, side) {
  const { width, height } = plane.view.size;
  const chosen = state.rows && new Set(state.rows);
  const rows = [];
  let [left, right, top, bottom] = [width, 0, height, 0];
  for (let row = 0; row < plane.data.count; row++) {
    if (chosen && !chosen.has(row)) continue;
    const [x, y] = rowPixel(plane, row);
    if (x > -side && x < width + side && y > -side && y < height + side) {
      rows.push(row);
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    }
    if (rows.length > MOST_THUMBS) return;
  }
  const most = Math.min(MOST_THUMBS, (0.4 * (right - left) * (bottom - top)) / side ** 2);
  if (rows.length > most) return;
  context.globalAlpha = Math.max(0.25, Math.min(1, (4 * (most - rows.length)) / most));
  context.imageSmoothingQuality = "high";
  for (const row of rows) {
    const [x, y] = rowPixel(plane, row);
    const [left, top] = [x - side / 2, y - side / 2];
    if (!drawThumbnail(context, row, left, top, side)) continue;
    Object.assign(context, { lineWidth: FRAME, strokeStyle: plane.colourOf(row) });
    context.strokeRect(left, top, side, side);
  }
  context.globalAlpha = 1;
}

function trail(plane, context, accent) {
  if (!state.strip || plane.slot !== "first" || !state.strip.trail) return;
  const way = state.strip.trail.map((place) => pixelOf(plane, place));
  for (const [width, colour] of [[5, token("--canvas")], [2.5, accent]]) {
    context.beginPath();
    way.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    Object.assign(context, { lineWidth: width, strokeStyle: colour, lineJoin: "round" });
    context.stroke();
  }
  for (const [x, y] of way) {
    context.beginPath();
    context.arc(x, y, 2.5, 0, 2 * Math.PI);
    context.fillStyle = accent;
    context.fill();
  }
  const here = way[state.frame];
  if (here) {
    context.beginPath();
    context.arc(...here, 7, 0, 2 * Math.PI);
    context.fillStyle = accent;
    context.fill();
    ring(context, here, 7, token("--raised"), 2);
  }
}

function stops(plane, context, accent) {
  state.stops.forEach((stop, number) => {
    const pixel = stopPixel(plane, stop);
    if (!pixel) return;
    context.beginPath();
    context.arc(...pixel, 10, 0, 2 * Math.PI);
    context.fillStyle = accent;
    context.fill();
    context.fillStyle = token("--on-accent");
    context.font = "600 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(number + 1), pixel[0], pixel[1] + 0.5);
  });
}

function pickedPixel(plane) {
  const { row, place, plane: own, guest } = state.picked;
  if (guest) {
    const found = guest.spaces[plane.space]?.places[plane.projection];
    return found ? pixelOf(plane, found) : null;
  }
  if (!place) return rowPixel(plane, row);
  return own === plane ? pixelOf(plane, place) : null;
}

// A picture that is not one of the points stands over its place.
function pinned(context, [x, y], face, accent) {
  if (!face.naturalWidth) return;
  const [left, top] = [x - PIN / 2, y - PIN - 20];
  context.fillStyle = accent;
  context.beginPath();
  context.moveTo(x - 7, top + PIN);
  context.lineTo(x + 7, top + PIN);
  context.lineTo(x, y - 10);
  context.fill();
  context.fillRect(left - 2, top - 2, PIN + 4, PIN + 4);
  context.imageSmoothingQuality = "high";
  const side = Math.min(face.naturalWidth, face.naturalHeight);
  context.drawImage(
    face,
    (face.naturalWidth - side) / 2,
    (face.naturalHeight - side) / 2,
    side,
    side,
    left,
    top,
    PIN,
    PIN,
  );
}

function picked(plane, context, accent) {
  if (!state.picked) return;
  const pixel = pickedPixel(plane);
  for (const row of state.near[plane.space] || []) {
    if (pixel) {
      context.beginPath();
      context.moveTo(...pixel);
      context.lineTo(...rowPixel(plane, row));
      Object.assign(context, { lineWidth: 1, strokeStyle: token("--muted") });
      context.stroke();
    }
    ring(context, rowPixel(plane, row), 5, token("--muted"), 1.5);
  }
  if (!pixel) return;
  ring(context, pixel, 9, accent, 2.5);
  if (state.picked.guest) pinned(context, pixel, state.picked.guest.face, accent);
  if (!state.picked.place) return;
  const [x, y] = pixel;
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.beginPath();
    context.moveTo(x + 9 * dx, y + 9 * dy);
    context.lineTo(x + 17 * dx, y + 17 * dy);
    Object.assign(context, { lineWidth: 2.5, strokeStyle: accent });
    context.stroke();
  }
}

// A cross with an open middle, so that the point under it is seen.
function crosshair(context, [x, y]) {
  for (const [width, colour] of [[4, token("--canvas")], [1.5, token("--text")]]) {
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 5 * dx, y + 5 * dy);
      context.lineTo(x + 14 * dx, y + 14 * dy);
    }
    Object.assign(context, { lineWidth: width, strokeStyle: colour });
    context.stroke();
  }
}

function drawMarks(plane, context, ratio, { lasso, cursor, settled, thumb }) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, plane.view.size.width, plane.view.size.height);
  const accent = token("--accent");
  if (settled) {
    drawContours(plane, context, token("--muted"));
    if (!plane.view.deep) thumbs(plane, context, thumb);
    if (plane.slot === "first") paintDrawings(context, (place) => pixelOf(plane, place), token);
    trail(plane, context, accent);
    stops(plane, context, accent);
    picked(plane, context, accent);
    if (state.hover >= 0 && state.hover < plane.data.count) {
      ring(context, rowPixel(plane, state.hover), 7, token("--text"), 2);
    }
  }
  if (lasso) drawLasso(context, lasso, accent);
  if (cursor) crosshair(context, cursor);
}

function drawLasso(context, lasso, accent) {
  context.beginPath();
  lasso.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = accent;
  context.fill();
  context.globalAlpha = 1;
  Object.assign(context, { lineWidth: 1.5, strokeStyle: accent });
  context.stroke();
}

export { drawMarks, pixelOf, unitsOf };
