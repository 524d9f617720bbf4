// Pictures on canvases: decoded once, enlarged once, painted at any size, or pixel by pixel when somebody wants to see.
import { enlarge } from "./enlarge.js";

const FACTOR = 4;
const LARGE = 200; // CSS pixels from which the careful enlargement is worth its time
const KEEP = 160;
const decoded = new Map(); // data URI -> Promise<{small, large}>
let raw = false; // true: the model's own pixels, unsmoothed

async function load(src) {
  const image = new Image();
  image.src = src;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  const context = small.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return { small, large: null };
}

function enlarged(picture) {
  const { width, height } = picture.small;
  if (width > 128) return picture.small;
  if (!picture.large) {
    const pixels = picture.small.getContext("2d").getImageData(0, 0, width, height).data;
    const large = enlarge(pixels, width, height, FACTOR);
    picture.large = document.createElement("canvas");
    picture.large.width = large.width;
    picture.large.height = large.height;
    picture.large.getContext("2d").putImageData(large, 0, 0);
  }
  return picture.large;
}

function fetched(src) {
  if (!decoded.has(src)) {
    if (decoded.size >= KEEP) decoded.delete(decoded.keys().next().value);
    decoded.set(src, load(src));
  }
  return decoded.get(src);
}

// Paints a picture into a canvas of the given CSS size; a later call for the same canvas wins.
async function paint(canvas, src, size) {
  const wanted = `${src.length}:${src.slice(-48)}:${size}:${raw}`;
  if (canvas.dataset.painted === wanted) return;
  canvas.pending = wanted;
  const picture = await fetched(src);
  if (canvas.pending !== wanted) return;
  const pixels = Math.max(1, Math.round(size * Math.min(2, devicePixelRatio || 1)));
  if (canvas.width !== pixels) canvas.width = pixels;
  if (canvas.height !== pixels) canvas.height = pixels;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = !raw;
  context.imageSmoothingQuality = "high";
  context.drawImage(raw || size < LARGE ? picture.small : enlarged(picture), 0, 0, pixels, pixels);
  canvas.dataset.painted = wanted;
}

/** A picture as it is shown large, as a PNG file: {blob, side}. */
async function enlargedFile(src) {
  const canvas = enlarged(await fetched(src));
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return { blob, side: canvas.width };
}

export const showRaw = (on) => (raw = on);
export { enlargedFile, paint };

/** The smallest stored size of a picture that fills this many CSS pixels, else its largest. */
export function viewOf(views, side) {
  const sizes = Object.keys(views).map(Number).sort((a, b) => a - b);
  return views[sizes.find((size) => size >= side) ?? sizes.at(-1)];
}
