// The lab's state and its one line to the server. One request is under way at a time; a moving control keeps only its
// newest request, uploads wait in a queue and are never dropped, and the grid fills itself whenever the line is free.
import { emit, on, onFailure } from "../shared/core.js";

const PATIENCE = 180000; // without a word from the server
const CELLS = 16; // of one grid request, so that a click never waits long
const GIVE_WAY = 60; // after this long background work gives way to somebody's hand

const state = {
  models: [],
  examples: [],
  rows: [], // {id, name, views, width, height}
  problems: [], // {name, reason}
  off: new Set(), // keys of the models that are switched off
  cells: new Map(), // "id model" -> cell
  errors: false, // heat maps instead of pictures
  chosen: null, // {id, model} under the loupe
  opened: false,
};

let wire = null; // the controls' island: its value is the request
let current = null;
let ticket = 0;
const queue = []; // uploads and examples
const newest = {}; // latent, live and strip: one request each
const ORDER = ["live", "latent", "strip"];

const keyOf = (id, model) => `${id} ${model}`;
const cell = (id, model) => state.cells.get(keyOf(id, model));
const row = (id) => state.rows.find((one) => one.id === id);
const model = (key) => state.models.find((one) => one.key === key);
const shown = () => state.models.filter((one) => !state.off.has(one.key));
const columns = () => shown().filter((one) => one.present);
const ids = () => state.rows.map((one) => one.id);

// --- what to ask next -------------------------------------------------------------------------------------------

// Rows that lack the same models go together.
function missingCells() {
  const lacking = (one) => columns().map((column) => column.key).filter((key) => !cell(one.id, key));
  const first = state.rows.find((one) => lacking(one).length);
  if (!first) return null;
  const models = lacking(first);
  const same = state.rows.filter((one) => lacking(one).join() === models.join());
  const pictures = same.slice(0, Math.max(1, Math.floor(CELLS / models.length))).map((one) => one.id);
  return { kind: "grid", pictures, models, background: true };
}

function missingThumb() {
  const example = state.examples.find((one) => !one.picture && !one.asked);
  if (!example) return null;
  example.asked = true;
  return { kind: "example", example: example.name, count: 1, background: true };
}

function next() {
  if (queue.length) return queue.shift();
  for (const slot of ORDER) {
    const request = newest[slot];
    delete newest[slot];
    if (request) return request;
  }
  return state.opened ? missingCells() || missingThumb() : null;
}

const wanted = () => queue.length > 0 || ORDER.some((slot) => newest[slot]);

function pump() {
  if (!wire) return;
  if (current) {
    if (current.background && wanted()) setTimeout(interrupt, GIVE_WAY, current.ticket);
    return;
  }
  const request = next();
  if (!request) return emit("lab:idle");
  const { background, slot, done, ...content } = request;
  if (["example", "add"].includes(content.kind)) content.pictures = ids(); // the server forgets all others
  current = { background, slot, done, content, ticket: ++ticket };
  wire.props.value = { ...content, ticket };
  wire.trigger("ask");
  listen();
  emit("lab:asked", current);
}

function interrupt(asked) {
  if (current?.ticket === asked && current.content.kind === "grid" && wanted()) wire.trigger("stop");
}

function listen() {
  clearTimeout(state.watchdog);
  state.watchdog = setTimeout(() => failed("The server does not answer. Your pictures are kept; try again."), PATIENCE);
}

// The request ended without an answer: the line was full, or the connection broke.
function failed(error = "The server is busy. Your pictures are kept; try again in a moment.") {
  if (current) receive({ ticket: current.ticket, last: true, error });
}

// {kind, ...} once its turn comes; of one slot only the newest.
function ask(content, { slot = "", done } = {}) {
  if (slot) newest[slot] = { ...content, slot, done };
  else queue.push({ ...content, done });
  pump();
}

// --- answers ----------------------------------------------------------------------------------------------------

function receive(message) {
  if (!current || !message || message.ticket !== current.ticket) return;
  const request = current;
  listen();
  take(message, request);
  if (!message.last) return;
  clearTimeout(state.watchdog);
  current = null;
  if (message.error) blocked(message.error, request);
  request.done?.(message);
  pump();
}

function take(message, request) {
  if (message.models) {
    state.models = message.models;
    emit("lab:models");
  }
  if (message.examples) {
    state.examples = message.examples;
    emit("lab:examples");
  }
  if (message.thumb) {
    const example = state.examples.find((one) => one.name === message.example);
    if (example) example.picture = message.thumb;
    emit("lab:examples");
  }
  if (message.last && message.added) place(message.added);
  if (message.last && message.problems?.length) {
    state.problems.push(...message.problems);
    emit("lab:problems");
  }
  for (const one of message.cells || []) state.cells.set(keyOf(one.id, one.model), one);
  if (message.cells) emit("lab:cells");
  emit("lab:answer", { ...message, request });
}

// What failed is not asked again by itself: its cells say so, and a click tries again.
function blocked(error, request) {
  const { kind, pictures = [], models = [] } = request.content;
  if (kind === "grid") {
    for (const id of pictures) {
      for (const key of models) if (!cell(id, key)) state.cells.set(keyOf(id, key), { id, model: key, problem: error });
    }
    emit("lab:cells");
  } else if (!request.background) emit("lab:say", { text: error, error: true });
}

function place(added) {
  for (const one of added) {
    if (row(one.id)) {
      emit("lab:say", { text: `${one.name} is already on the table.` });
      continue;
    }
    state.rows.push(one);
  }
  emit("lab:rows");
}

function remove(id) {
  state.rows = id ? state.rows.filter((one) => one.id !== id) : [];
  for (const key of [...state.cells.keys()]) if (!id || key.startsWith(`${id} `)) state.cells.delete(key);
  if (state.chosen && !row(state.chosen.id)) choose(null);
  emit("lab:rows");
  pump();
}

// Cells that could not be computed are asked for again.
function retry(id, key) {
  state.cells.delete(keyOf(id, key));
  emit("lab:cells");
  pump();
}

function toggle(key) {
  if (state.off.has(key)) state.off.delete(key);
  else state.off.add(key);
  emit("lab:models");
  pump();
}

function choose(chosen) {
  for (const slot of ORDER) delete newest[slot];
  state.chosen = chosen;
  emit("lab:chosen");
}

function showErrors(on) {
  state.errors = on;
  emit("lab:cells");
}

const visible = () => Boolean(document.getElementById("lab-canvas")?.offsetParent);

// The first time the tab is seen: a photo, then a face, through every model that is here.
function open() {
  ask({ kind: "open" }, {
    done: (message) => {
      state.opened = true;
      if (message.error || !state.examples.length) return;
      for (const { name } of state.examples.filter((one) => one.first)) {
        ask({ kind: "example", example: name, count: 2 });
      }
    },
  });
}

on("lab:mounted", () => {
  if (!state.opened) open();
});

function connect(handle) {
  wire = handle;
  pump();
}

const requests = {
  get busy() {
    return current;
  },
  get idle() {
    return !current && !wanted();
  },
};

onFailure("reconstruction", () => failed());

export {
  ask,
  cell as cellOf,
  choose as chooseCell,
  columns as presentModels,
  connect,
  failed,
  ids as pictureIds,
  model as modelOf,
  receive,
  remove as removePicture,
  requests,
  retry as retryCell,
  row as rowOf,
  showErrors,
  shown as shownModels,
  state,
  toggle as toggleModel,
  visible,
};
