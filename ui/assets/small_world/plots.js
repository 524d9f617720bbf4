// The squares of the page: points, paint and arrows, in the page's colours.
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const DOT = 1.6; // CSS pixels

/** Clears a canvas and returns its context with the middle of the pad at 0 and y upwards, -1 to 1. */
function plane(canvas) {
  const side = canvas.clientWidth || 240;
  const sharp = devicePixelRatio || 1;
  if (canvas.width !== Math.round(side * sharp)) canvas.width = canvas.height = Math.round(side * sharp);
  const context = canvas.getContext("2d");
  context.setTransform(sharp, 0, 0, sharp, 0, 0);
  context.clearRect(0, 0, side, side);
  return { context, side, at: (x, y) => [side * (x + 1) / 2, side * (1 - y) / 2] };
}

function dots({ context, at }, points, colour, alpha = 0.8) {
  context.globalAlpha = alpha;
  context.fillStyle = token(colour);
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = at(points[i], points[i + 1]);
    context.beginPath();
    context.arc(x, y, DOT, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

function arrows({ context, side, at }, places, field) {
  const cell = side / Math.sqrt(places.length / 2);
  const most = Math.max(0.5, ...field.map(Math.abs));
  context.strokeStyle = token("--muted");
  context.globalAlpha = 0.6;
  context.beginPath();
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = at(places[i], places[i + 1]);
    const [dx, dy] = [cell * field[i] / most, -cell * field[i + 1] / most];
    context.moveTo(x - dx / 2, y - dy / 2);
    context.lineTo(x + dx / 2, y + dy / 2);
    context.arc(x + dx / 2, y + dy / 2, 1, 0, 2 * Math.PI);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** @param {HTMLCanvasElement} canvas @param {{points?: Float32Array | number[], under?: Float32Array, places?: Float32Array, field?: Float32Array, brush?: [number, number] | null}} content */
export function drawPlot(canvas, { points = [], under, places, field, brush }) {
  const view = plane(canvas);
  if (under) dots(view, under, "--line-strong", 0.9);
  if (field) arrows(view, places, field);
  dots(view, points, "--accent");
  if (!brush) return;
  const [x, y] = view.at(...brush);
  view.context.strokeStyle = token("--text");
  view.context.beginPath();
  view.context.arc(x, y, 7, 0, 2 * Math.PI);
  view.context.stroke();
}
