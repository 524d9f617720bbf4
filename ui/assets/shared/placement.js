// A square laid over a photo, as core/photos/alignment.py has it: its centre and side in the photo's pixels, and how far
// it is turned clockwise.

/** @typedef {{x: number, y: number, side: number, degrees: number}} Placement */

const SMALLEST = 8; // pixels of the photo
const SENT = 256; // pixels of the square that is sent

/**
 * The largest square in the middle of a photo.
 * @returns {Placement}
 */
function middle({ width, height }) {
  return { x: width / 2, y: height / 2, side: Math.min(width, height), degrees: 0 };
}

/**
 * The square, moved by (dx, dy) in pixels of the photo as the square shows it, its centre held inside of the photo.
 * @param {Placement} placement
 * @param {{width: number, height: number}} photo
 * @returns {Placement}
 */
function moved(placement, dx, dy, photo) {
  const angle = (placement.degrees * Math.PI) / 180;
  const x = placement.x + dx * Math.cos(angle) - dy * Math.sin(angle);
  const y = placement.y + dx * Math.sin(angle) + dy * Math.cos(angle);
  const inside = (value, most) => Math.min(most, Math.max(0, value));
  return { ...placement, x: inside(x, photo.width), y: inside(y, photo.height) };
}

/** How near the square is: 0 where it is as wide as the photo's shorter side, 1 where it is half as wide. */
function nearness(placement, photo) {
  return Math.log2(Math.min(photo.width, photo.height) / placement.side);
}

/** @returns {Placement} */
function withNearness(placement, value, photo) {
  return { ...placement, side: Math.max(SMALLEST, Math.min(photo.width, photo.height) / 2 ** value) };
}

/** A placement as a recipe keeps it: centre and side as fractions of the photo's sides, and how far it is turned. */
function asCrop({ x, y, side, degrees }, { width, height }) {
  return [x / width, y / height, side / Math.min(width, height), degrees];
}

/** @returns {Placement} */
function fromCrop([x, y, side, degrees], { width, height }) {
  return { x: x * width, y: y * height, side: side * Math.min(width, height), degrees };
}

/** The crop of a recipe where it shows one of the faces that were found, or none was found; else the first face. */
function placementOf(crop, photo, faces, start) {
  if (!crop) return start;
  const kept = fromCrop(crop, photo);
  const near = ({ placement: { x, y } }) => Math.hypot(x - kept.x, y - kept.y) < kept.side / 2;
  return !faces.length || faces.some(near) ? kept : start;
}

/** Paints what lies under the square into a canvas of (size, size); beyond the photo, the photo stretched. */
function cut(bitmap, placement, target, size) {
  target.width = target.height = size;
  const context = target.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white"; // under what is transparent, as the server does
  context.fillRect(0, 0, size, size);
  context.drawImage(bitmap, 0, 0, size, size);
  const scale = size / placement.side;
  context.translate(size / 2, size / 2);
  context.rotate((-placement.degrees * Math.PI) / 180);
  context.scale(scale, scale);
  context.translate(-placement.x, -placement.y);
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  return target;
}

/** What is sent of a photo: a JPEG as a data URI. */
function asJpeg(bitmap, placement) {
  return cut(bitmap, placement, document.createElement("canvas"), SENT).toDataURL("image/jpeg", 0.95);
}

export { asCrop, asJpeg, cut, fromCrop, middle, moved, nearness, placementOf, withNearness };
