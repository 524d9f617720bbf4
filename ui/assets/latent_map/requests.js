// What the Latent map tab requests from the server: one request is under way, of every kind only the newest waits.
import { after } from "../shared/components.js";
import { emit, on } from "../shared/events.js";
import { RequestQueue } from "../shared/request_queue.js";
import { say, state, where } from "./state.js";

const TRIES = 3; // for one sheet of thumbnails
// In the order of their turns: what the hand waits for comes before what fills the map.
const ORDER = [
  "open",
  "points",
  "points2",
  "colour",
  "live",
  "point",
  "near",
  "locate",
  "selection",
  "search",
  "path",
  "drawing",
];
const LATER = ["clusters", "counts", "outliers", "spaces", "gif", "page", "table", "film", "atlas", "sheet"];

/**
 * A request of the tab, as ui/latent_map/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} MapRequest
 * @property {"open" | "atlas" | "points" | "colour" | "sheet" | "point" | "near" | "decode" | "locate" | "path" | "drawing" | "walk" | "gif"
 *   | "search" | "selection" | "clusters" | "counts" | "outliers" | "spaces" | "page" | "table"} kind
 * @property {string} [atlas] its name
 * @property {string} [space] key of an encoder
 * @property {string} [projection] key
 * @property {string} [by] what to colour by
 * @property {number} [number] of a sheet of thumbnails
 * @property {number} [row] of a picture
 * @property {number[]} [rows] of a selection
 * @property {number[]} [place] on the map, in its own units
 * @property {({row: number} | {place: number[]})[]} [stops] of a path
 * @property {string} [way] how the path goes
 * @property {number} [frames] pictures of the path
 * @property {string} [attribute] to walk along
 * @property {string} [method] of clusters or of a walk
 * @property {number} [count] of clusters
 * @property {string} [expression] what to look for
 * @property {boolean} [words] it is looked for by words, whether or not it names attributes
 * @property {object} [colours] what a page of its own is coloured by
 * @property {object} [recipe] of a drawing whose steps are placed
 * @property {string} [uri] data URI of a picture that is shown on the map
 */

let server = null;
export const requests = new RequestQueue(
  "latent-map",
  Object.fromEntries([...ORDER, ...LATER].map((slot) => [slot, {}])),
  { direct, take },
);

// What takes milliseconds goes past Gradio's queue.
function direct(content) {
  return state.words.quick.includes(content.kind) ? server.quick(content) : null;
}

// A response about another atlas is no longer wanted.
function take(message, { content }) {
  if (content.atlas && state.atlas && content.atlas !== state.atlas.name) return false;
  if (message.error) say({ text: message.error, error: true });
}

export function connect(handle) {
  server = handle.server;
  state.words = handle.props.config;
  requests.connect(handle);
}

/** `onLast` gets the response. @param {string} slot @param {MapRequest} content @param {(message: object) => void} onLast */
export const request = (slot, content, onLast) => requests.request(slot, content, { onLast });

export function openAtlases(done) {
  request("open", { kind: "open" }, (message) => {
    if (message.error) return;
    Object.assign(state, { opened: true, missing: message.missing });
    state.atlases = [...message.atlases, ...state.atlases.filter((one) => one.kind === "photos")];
    emit("latent-map:atlases");
    done?.();
  });
}

// One sheet of thumbnails after the other. One that fails goes to the end of the line, and is given up in the end.
function fetchSheets(left, tries = {}) {
  if (!left.length) return;
  const [number, ...others] = left;
  const { name } = state.atlas;
  request("sheet", { kind: "sheet", atlas: name, number }, (message) => {
    if (!message.sheet) {
      tries[number] = (tries[number] || 0) + 1;
      return fetchSheets(tries[number] < TRIES ? [...others, number] : others, tries);
    }
    const image = new Image();
    image.onload = () => emit("latent-map:sheets");
    image.src = message.sheet;
    state.sheets[number] = image;
    fetchSheets(others, tries);
  });
}

// Opens an atlas; everything that belonged to another one goes.
export function chooseAtlas(name) {
  const atlas = state.atlases.find((one) => one.name === name);
  if (!atlas || atlas.problem) return say({ text: atlas?.problem || "This atlas is not here any more.", error: true });
  const nothing = {
    rows: null,
    picked: null,
    near: {},
    stops: [],
    strip: null,
    colouring: null,
    by: "",
    sought: null,
    found: null,
  };
  const expected = state.picked?.guest || state.expected;
  Object.assign(state, nothing, { atlas, expected, sheets: Array(atlas.sheets).fill(null) });
  emit("latent-map:atlas");
  fetchSheets([...state.sheets.keys()]);
}

after(["latent-map-controls", "latent-map-canvas"], () =>
  openAtlases(() => {
    const first = state.atlases.find((one) => !one.problem);
    if (first) chooseAtlas(first.name);
  }));

on("latent-map:selection", ({ describe }) => {
  if (!describe || !state.rows) return;
  const content = { kind: "selection", rows: [...state.rows], ...where() };
  request("selection", content, (message) => !message.error && emit("latent-map:described", message));
});
