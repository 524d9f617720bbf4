// Error maps: the server sends a grey picture, half a level per step; here it takes the colours of one common scale.
import { el } from "./dom.js";

const STEPS = 2; // per 8-bit level, as the server encodes it
// Dark to light through violet and orange: even steps for the eye, and readable without colour (after "inferno").
const STOPS = [
  "#000004",
  "#1b0c41",
  "#4a0c6b",
  "#781c6d",
  "#a52c60",
  "#cf4446",
  "#ed6925",
  "#fb9b06",
  "#f7d13d",
  "#fcffa4",
];
const table = new Uint8ClampedArray(256 * 3);
const grey = new Map(); // data URI -> Promise<{width, height, levels}>

const parsed = STOPS.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
for (let i = 0; i < 256; i++) {
  const at = (i / 255) * (STOPS.length - 1);
  const [from, to] = [parsed[Math.floor(at)], parsed[Math.min(STOPS.length - 1, Math.floor(at) + 1)]];
  for (let c = 0; c < 3; c++) table[3 * i + c] = from[c] + (at % 1) * (to[c] - from[c]);
}

async function load(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  const canvas = el("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return { canvas, context, bytes: context.getImageData(0, 0, canvas.width, canvas.height) };
}

// Paints an error picture so that ``top`` levels and more take the lightest colour.
async function paintHeat(canvas, src, size, top) {
  const wanted = `heat:${src.length}:${src.slice(-32)}:${size}:${top}`;
  if (canvas.dataset.painted === wanted) return;
  canvas.pending = wanted;
  if (!grey.has(src)) {
    if (grey.size > 160) grey.delete(grey.keys().next().value);
    grey.set(src, load(src));
  }
  const { bytes } = await grey.get(src);
  if (canvas.pending !== wanted) return;
  const coloured = new ImageData(bytes.width, bytes.height);
  for (let i = 0; i < bytes.data.length; i += 4) {
    const level = Math.min(255, Math.round((255 * bytes.data[i]) / (STEPS * top)));
    coloured.data.set([table[3 * level], table[3 * level + 1], table[3 * level + 2], 255], i);
  }
  const small = el("canvas", { width: bytes.width, height: bytes.height });
  small.getContext("2d").putImageData(coloured, 0, 0);
  const pixels = Math.max(1, Math.round(size * Math.min(2, devicePixelRatio || 1)));
  canvas.width = canvas.height = pixels;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, pixels, pixels);
  canvas.dataset.painted = wanted;
}

const gradient = `linear-gradient(to right, ${STOPS.join(", ")})`;

function legend(top) {
  return el(
    "span",
    { class: "heat-legend", title: "Root mean square error over the colours, of 255 levels. One scale for the row" },
    el("span", {}, "0"),
    el("span", { class: "heat-bar", style: `background: ${gradient}` }),
    el("span", {}, `${Math.round(top)} levels`),
  );
}

export { legend as heatLegend, paintHeat };
