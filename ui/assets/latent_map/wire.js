// The map's state and its one line to the server: one request under way, of every kind only the newest waiting.
import { after, emit, on, onFailure } from "../shared/core.js";

const PATIENCE = 120000; // without a word from the server
const ORDER = [
  "open",
  "points",
  "points2",
  "colour",
  "live",
  "point",
  "near",
  "locate",
  "crowd",
  "search",
  "path",
  "clusters",
  "counts",
  "oddities",
  "spaces",
  "gif",
  "page",
  "film",
  "atlas",
  "sheet",
];

const state = {
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
  rows: null, // the selection or what a search found; null: all
  picked: null, // {row}, {place, plane} or {guest}, a picture from another tab
  near: {}, // rows to point at, by space
  expected: null, // a picture that waits for a map to be shown on
  tool: "look",
  stops: [],
  strip: null, // the film: {frames, trail, ...}
  frame: 0,
  size: 7,
  opacity: 0.85,
  contours: false,
  sheets: [], // images, as they arrive
  plane: null, // the first map
  second: null, // the map beside it
  side: false, // whether there is one
};

let wire = null;
let current = null;
let ticket = 0;
let watchdog = 0;
const waiting = {};

// {kind, ...} once its turn comes; `take` gets every message of the answer.
function ask(slot, content, take) {
  waiting[slot] = { content, take, slot };
  pump();
}

function pump() {
  if (!wire || current) return;
  const slot = ORDER.find((name) => waiting[name]);
  if (!slot) return emit("map:idle");
  current = { ...waiting[slot], ticket: ++ticket };
  delete waiting[slot];
  const content = { ...current.content, ticket };
  listen();
  if (state.words.quick.includes(content.kind)) {
    return void wire.server.quick(content).then(answered, () => answered()); // milliseconds: past the queue
  }
  wire.props.value = content;
  wire.trigger("ask");
}

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => failed("The server does not answer. Try again."), PATIENCE);
}

const answered = (message) => (message ? receive(message) : failed());

function failed(error = "The server is busy. Try again in a moment.") {
  if (current) receive({ ticket: current.ticket, last: true, error });
}

function receive(message) {
  if (!current || !message || message.ticket !== current.ticket) return;
  const request = current;
  if (message.last) {
    clearTimeout(watchdog);
    current = null;
  } else listen();
  // An answer about another atlas or one that a newer request has overtaken is no longer wanted.
  const stale = request.content.atlas && state.atlas && request.content.atlas !== state.atlas.name;
  if (message.error && !stale) say({ text: message.error, error: true });
  if (!stale) request.take?.(message);
  if (message.last) pump();
}

const say = (words) => emit("map:say", words);

const floats = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
};

// {atlas, space, projection} of the first map, for a request.
const where = () => ({ atlas: state.atlas.name, space: state.plane.space, projection: state.plane.projection });
const space = (key) => state.atlas.spaces.find((one) => one.key === key);

function open(done) {
  ask("open", { kind: "open" }, (message) => {
    if (message.error) return;
    Object.assign(state, { opened: true, missing: message.missing });
    state.atlases = [...message.atlases, ...state.atlases.filter((one) => one.kind === "photos")];
    emit("map:atlases");
    done?.();
  });
}

function fetchSheets() {
  const number = state.sheets.findIndex((sheet) => !sheet);
  if (number < 0) return;
  const { name } = state.atlas;
  ask("sheet", { kind: "sheet", atlas: name, number }, (message) => {
    if (!message.sheet) return;
    const image = new Image();
    image.onload = () => emit("map:sheets");
    image.src = message.sheet;
    state.sheets[number] = image;
    fetchSheets();
  });
}

// Draws one thumbnail; false while its sheet is on the way.
function tile(context, row, x, y, side) {
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

// Selects an atlas; everything that belonged to another one goes.
function choose(name) {
  const atlas = state.atlases.find((one) => one.name === name);
  if (!atlas || atlas.problem) return say({ text: atlas?.problem || "This atlas is not here any more.", error: true });
  const expected = state.picked?.guest || state.expected;
  Object.assign(state, {
    atlas,
    expected,
    rows: null,
    picked: null,
    near: {},
    stops: [],
    strip: null,
    colouring: null,
    by: "",
    sought: null,
    sheets: Array(atlas.sheets).fill(null),
  });
  emit("map:atlas");
  fetchSheets();
}

function select(rows, { describe = false } = {}) {
  state.rows = rows?.length ? rows : null;
  emit("map:selection", { describe });
}

function connect(handle) {
  wire = handle;
  state.words = handle.props.config;
  pump();
}

const requests = {
  get idle() {
    return !current && !ORDER.some((slot) => waiting[slot]);
  },
};

after(["map-controls", "map-canvas"], () => {
  open(() => {
    const first = state.atlases.find((one) => !one.problem);
    if (first) choose(first.name);
  });
});
on("map:selection", ({ describe }) => {
  if (!describe || !state.rows) return;
  ask(
    "crowd",
    { kind: "crowd", rows: [...state.rows], ...where() },
    (message) => !message.error && emit("map:crowd", message),
  );
});

onFailure("latent-map", () => failed());

export {
  ask,
  choose as chooseAtlas,
  connect,
  failed,
  floats,
  open as openAtlases,
  receive,
  requests,
  say,
  select as selectRows,
  space as spaceOf,
  state,
  tile as drawThumbnail,
  where,
};
