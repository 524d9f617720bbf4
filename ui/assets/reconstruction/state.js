// What this visitor has put on the table, and what the models made of it.
import { emit } from "../shared/events.js";

export const state = {
  models: [],
  examples: [],
  rows: [], // {id, name, views, width, height}; the newest first
  removed: null, // {rows, cells} that were taken away at once, until something is added
  problems: [], // {name, reason}
  off: new Set(), // keys of the models that are switched off
  cells: new Map(), // "id model" -> cell
  align: false, // whether files become the square of their largest face
  errors: false, // error maps instead of pictures
  chosen: null, // {id, model} that is enlarged
  fetching: null, // {key, words} of the model that is downloaded
  opened: false,
};

export const cellKey = (id, model) => `${id} ${model}`;
export const cellOf = (id, model) => state.cells.get(cellKey(id, model));
export const rowOf = (id) => state.rows.find((one) => one.id === id);
export const modelOf = (key) => state.models.find((one) => one.key === key);
export const shownModels = () => state.models.filter((one) => !state.off.has(one.key));
export const presentModels = () => shownModels().filter((one) => one.present);
export const pictureIds = () => state.rows.map((one) => one.id);
export const visible = () => Boolean(document.getElementById("reconstruction-canvas")?.offsetParent);

export function showErrors(on) {
  state.errors = on;
  emit("reconstruction:cells");
}

// One scale for a row: the largest of its errors, rounded up to whole tens of levels.
export function rowTop(row) {
  const peaks = presentModels().map((model) => cellOf(row.id, model.key)?.peak || 0);
  return Math.max(10, 10 * Math.ceil(Math.max(0, ...peaks) / 10));
}

export const decibels = (psnr) => (psnr === null ? "exact" : `${psnr.toFixed(1)} dB`);

/** The cell that is enlarged, with its row and its model; null when none is. */
export const chosenCell = () =>
  state.chosen && {
    ...state.chosen,
    row: rowOf(state.chosen.id),
    model: modelOf(state.chosen.model),
    cell: cellOf(state.chosen.id, state.chosen.model),
  };
