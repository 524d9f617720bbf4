// What is on the map: the atlas, its colours, what is selected, and the path.
import { emit } from "../shared/events.js";

export const state = {
  words: null, // titles and labels, from the server
  atlases: [],
  missing: "",
  opened: false,
  atlas: null,
  by: "",
  colourings: [],
  colouring: null, // {title, scale, values, names}
  sought: null, // words that were looked for: {text, rows, values}
  before: "", // what was coloured by before them
  found: null, // the colouring of the clusters that were found, {title, scale, values, names}
  rows: null, // the selection or what a search found; null: all
  picked: null, // {row}, {place, plane} or {guest}, a picture from another tab
  near: {}, // rows to point at, by space
  expected: null, // a picture that waits for a map to be shown on
  tool: "look",
  stops: [],
  strip: null, // the film: {frames, trail, ...}
  frame: 0,
  drawings: [], // ways of drawings over the map (drawings.js)
  size: 7,
  opacity: 0.85,
  contours: false,
  sheets: [], // of thumbnails, as they arrive: images, or null
  plane: null, // the first map
  second: null, // the map beside it
  side: false, // whether there is one
};

// {atlas, space, projection} of the first map, for a request.
export const where = () => ({
  atlas: state.atlas.name,
  space: state.plane.space,
  projection: state.plane.projection,
});
export const spaceOf = (key) => state.atlas.spaces.find((one) => one.key === key);
export const say = (words) => emit("latent-map:say", words);

/** @param {string} text base64 of little-endian 32-bit floats @returns {Float32Array} */
export function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

export function selectRows(rows, { describe = false } = {}) {
  state.rows = rows?.length ? rows : null;
  emit("latent-map:selection", { describe });
}

// Draws one thumbnail; false while its sheet is on the way.
export function drawThumbnail(context, row, x, y, side) {
  const { tile: size, columns } = state.atlas;
  const sheet = state.sheets[Math.floor(row / columns ** 2)];
  if (!sheet?.naturalWidth) return false;
  const inside = row % columns ** 2;
  context.drawImage(
    sheet,
    (inside % columns) * size,
    Math.floor(inside / columns) * size,
    size,
    size,
    x,
    y,
    side,
    side,
  );
  return true;
}
