// What the Reconstruction tab requests from the server. A moving control keeps only its newest request, uploads are never
// dropped, and the grid fills itself whenever nothing else waits.
import { emit, on } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { keep } from "../shared/kept.js";
import { RequestQueue } from "../shared/request_queue.js";
import { cellKey, cellOf, pictureIds, presentModels, rowOf, state } from "./state.js";

const PATIENCE = 180_000; // milliseconds without a word from the server
const CELLS = 16; // of one grid request, so that a click never waits long
const GIVE_WAY = 60; // milliseconds after which the grid gives way to somebody's hand

/**
 * A request of the tab, as ui/reconstruction/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} ReconstructionRequest
 * @property {"open" | "models" | "add" | "example" | "grid" | "archive" | "latent" | "operate" | "interpolate" | "sample" | "traverse"} kind
 * @property {string[]} [paths] uploaded pictures and zips
 * @property {boolean} [align] of those, take the square of the largest face
 * @property {{uri: string, name: string}} [added] a picture that the page has already
 * @property {string} [example] its name
 * @property {number} [count] 2: with its picture for the table, 1: the thumbnail alone; or pictures of a strip
 * @property {string[]} [pictures] identifiers; of an addition all that stay on the table
 * @property {string[]} [models] keys
 * @property {string} [picture] identifier
 * @property {string} [model] key
 * @property {object} [surgery] {swap, silence, bits, noise, blur, seed}
 * @property {string} [other] identifier of the picture to swap with or to go to
 * @property {number} [seed] of a sample
 * @property {number} [dimension] of a code
 * @property {number[]} [values] of that dimension
 */

export const requests = new RequestQueue(
  "reconstruction",
  {
    table: { every: true },
    live: {},
    latent: {},
    strip: {},
    archive: {},
    grid: { background: true },
    thumb: { background: true, whole: true },
  },
  { patience: PATIENCE, kept: "Your pictures are kept", giveWay: GIVE_WAY, fill, take },
);

/** @param {ReconstructionRequest} content */
export const request = (slot, content) => requests.request(slot, content);

/** Changes of the table: all of them are done, in order. @param {ReconstructionRequest} content */
export function changeTable(content, onLast, options = {}) {
  const lists = ["example", "add"].includes(content.kind); // the server forgets all others
  requests.request("table", () => (lists ? { ...content, pictures: pictureIds() } : content), { ...options, onLast });
}

// --- what fills itself --------------------------------------------------------------------------------------------

// Those on the table, and those that can be brought back to it.
const keptIds = () => [...pictureIds(), ...(state.removed?.rows || []).map((row) => row.id)];

// Rows that lack the same models go together.
function missingCells() {
  const lacking = (one) => presentModels().map((model) => model.key).filter((key) => !cellOf(one.id, key));
  const first = state.rows.find((one) => lacking(one).length);
  if (!first) return null;
  const models = lacking(first);
  const same = state.rows.filter((one) => lacking(one).join() === models.join());
  const pictures = same.slice(0, Math.max(1, Math.floor(CELLS / models.length))).map((one) => one.id);
  return { slot: "grid", content: { kind: "grid", pictures, models } };
}

function missingThumb() {
  const example = state.examples.find((one) => !one.picture && !one.requested);
  if (!example) return null;
  example.requested = true;
  return { slot: "thumb", content: { kind: "example", example: example.name, count: 1, pictures: keptIds() } };
}

function fill() {
  return state.opened ? missingCells() || missingThumb() : null;
}

// --- responses ----------------------------------------------------------------------------------------------------

function take(message, sent) {
  if (message.models) {
    state.models = message.models;
    emit("reconstruction:models");
  }
  takeExamples(message);
  if (message.last && message.added) place(message.added, sent.first);
  if (message.last && message.problems?.length) {
    state.problems.push(...message.problems);
    emit("reconstruction:problems");
  }
  for (const one of message.cells || []) state.cells.set(cellKey(one.id, one.model), one);
  if (message.cells) emit("reconstruction:cells");
  if (message.archive) saveAs(message.archive, "latentscape-reconstructions.zip");
  if (message.last && message.error) fail(message.error, sent);
}

function takeExamples(message) {
  if (message.examples) state.examples = message.examples;
  const example = message.thumb && state.examples.find((one) => one.name === message.example);
  if (example) example.picture = message.thumb;
  if (message.examples || message.thumb) emit("reconstruction:examples");
}

// What failed is not requested again by itself: its cells say so, and a click tries again.
function fail(error, { slot, content }) {
  if (slot === "thumb") return;
  if (slot !== "grid") return emit("reconstruction:say", { text: error, error: true });
  for (const id of content.pictures) {
    for (const key of content.models) {
      if (!cellOf(id, key)) state.cells.set(cellKey(id, key), { id, model: key, problem: error });
    }
  }
  emit("reconstruction:cells");
}

// What somebody adds comes first, where they look; the pictures of the first visit in their order.
function place(added, last = false) {
  const fresh = added.filter((one) => !rowOf(one.id));
  const known = added.find((one) => !fresh.includes(one));
  if (known) emit("reconstruction:say", { text: `${known.name} is already on the table.` });
  state.rows = last ? [...state.rows, ...fresh] : [...fresh, ...state.rows];
  if (fresh.length) state.removed = null;
  emit("reconstruction:rows");
  if (fresh.length && !last) emit("reconstruction:added");
}

// --- what a hand does ---------------------------------------------------------------------------------------------

/** Takes a picture away, or all of them for null; all of them can be brought back. */
export function removePicture(id) {
  state.removed = id ? null : { rows: state.rows, cells: new Map(state.cells) };
  state.rows = id ? state.rows.filter((one) => one.id !== id) : [];
  for (const key of [...state.cells.keys()]) if (!id || key.startsWith(`${id} `)) state.cells.delete(key);
  if (state.chosen && !rowOf(state.chosen.id)) chooseCell(null);
  emit("reconstruction:rows");
  requests.pump();
}

export function bringBack() {
  const { rows, cells } = state.removed;
  Object.assign(state, { rows, cells, removed: null });
  emit("reconstruction:rows");
  requests.pump();
}

/** Everything on the table as one file: pictures, and their figures as a table. */
export function keepAll() {
  emit("reconstruction:say", { text: "Putting pictures and figures into one file." });
  const models = presentModels().map((model) => model.key);
  request("archive", { kind: "archive", pictures: pictureIds(), models });
}

// A cell that could not be computed is requested again.
export function retryCell(id, key) {
  state.cells.delete(cellKey(id, key));
  emit("reconstruction:cells");
  requests.pump();
}

export function toggleModel(key) {
  if (state.off.has(key)) state.off.delete(key);
  else state.off.add(key);
  emit("reconstruction:models");
  requests.pump();
}

export function chooseCell(chosen) {
  for (const slot of ["live", "latent", "strip"]) requests.cancel(slot);
  state.chosen = chosen;
  emit("reconstruction:chosen");
}

const brought = () => {
  const examples = new Set(state.examples.map(({ name }) => name));
  return { names: state.rows.map(({ name }) => name).filter((name) => !examples.has(name)) };
};

// Pictures go with the page that brought them, also when it was loaded again.
function tellLost(kept) {
  if (!kept?.names.length) return;
  const [first, ...more] = kept.names;
  const which = more.length ? `${first} and ${more.length} more pictures` : first;
  emit("reconstruction:say", { text: `The page was loaded again. Add ${which} again.`, brief: false });
}

// The first time that the tab is seen: a photo, then a face, through every model that is here.
on("reconstruction:mounted", () => {
  if (state.opened) return;
  changeTable({ kind: "open" }, (message) => {
    state.opened = true;
    if (message.error) return;
    tellLost(keep("reconstruction", brought));
    const first = state.examples.filter((one) => one.first);
    for (const { name } of first) {
      changeTable({ kind: "example", example: name, count: 2 }, undefined, { first: true });
    }
  });
});
