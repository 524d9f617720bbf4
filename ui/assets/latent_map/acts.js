// What a click, a drag and a path request from the server, and where the responses go.
import { emit, on } from "../shared/events.js";
import { saveAs, saveBlob } from "../shared/files.js";
import { seek } from "./colours.js";
import { filmOf } from "./film.js";
import { showGuest } from "./near.js";
import { request } from "./requests.js";
import { floats, say, selectRows, state, where } from "./state.js";

const film = { way: "linear", frames: 16 };

function pick(row) {
  Object.assign(state, { picked: { row }, near: {} });
  emit("latent-map:picked", { kind: "point", row });
  request("point", { kind: "point", row, ...where() }, (message) => {
    if (message.error || state.picked?.row !== row) return;
    emit("latent-map:point", message);
    request("near", { kind: "near", row, ...where() }, (more) => {
      if (more.error || state.picked?.row !== row) return;
      state.near = more.near;
      emit("latent-map:point", { ...message, ...more });
      emit("latent-map:redraw");
    });
  });
  emit("latent-map:redraw");
}

// A place between the pictures: requested again while the hand moves, the newest place wins.
function probe(plane, place) {
  const fresh = !state.picked?.place;
  state.picked = { place, plane };
  if (fresh) {
    state.near = {};
    emit("latent-map:picked", { kind: "place" });
  }
  const content = { kind: "decode", atlas: state.atlas.name, space: plane.space, projection: plane.projection, place };
  request("live", content, (message) => {
    if (message.error || !state.picked?.place) return;
    state.near = { [plane.space]: message.rows.slice(0, 6) };
    emit("latent-map:decoded", message);
    emit("latent-map:redraw");
  });
  emit("latent-map:redraw");
}

function addStop(stop) {
  if (state.strip?.attribute) state.strip = null;
  if (state.stops.length >= 24) return say({ text: "A path has up to 24 stops. Clear it to begin another." });
  Object.assign(state, { stops: [...state.stops, stop], picked: null, near: {} });
  if (state.stops.length === 1) say({ text: "Click the next stop: a picture, or an empty place." });
  path();
}

function path() {
  emit("latent-map:redraw");
  if (state.stops.length < 2) return;
  const content = { kind: "path", stops: state.stops, ...film, ...where() };
  request("path", content, (message) => !message.error && showStrip({ ...message, content }));
}

function walk(stop, attribute, method = "probe") {
  const content = { kind: "walk", stops: [stop], attribute, method, frames: 13, ...where() };
  request("path", content, (message) => {
    if (message.error) return;
    state.stops = [];
    showStrip({ ...message, content, attribute });
  });
}

function showStrip(strip) {
  const kept = state.strip?.frames.length === strip.frames.length ? state.frame : 0;
  Object.assign(state, { strip, frame: strip.attribute ? nearestToZero(strip.strengths) : kept });
  emit("latent-map:strip");
  emit("latent-map:redraw");
}

const nearestToZero = (strengths) =>
  strengths.reduce((best, value, i) => (Math.abs(value) < Math.abs(strengths[best]) ? i : best), 0);

function clearPath() {
  Object.assign(state, { stops: [], strip: null, frame: 0 });
  emit("latent-map:strip");
  emit("latent-map:redraw");
}

function scrub(frame) {
  state.frame = Math.max(0, Math.min(state.strip.frames.length - 1, frame));
  emit("latent-map:frame");
  emit("latent-map:redraw");
}

// A film has more pictures than the strip: they are requested anew.
const filmRequest = () => {
  const { content } = state.strip;
  return { ...content, frames: content.kind === "path" ? Math.max(24, content.frames) : 25 };
};
const filmName = (content, ending) => `latentscape-${content.attribute || "path"}.${ending}`;

function saveGif() {
  const content = filmRequest();
  say({ text: "Making the GIF." });
  request(
    "gif",
    { ...content, kind: "gif" },
    (message) => message.gif && saveAs(message.gif, filmName(content, "gif")),
  );
}

function saveMp4() {
  const content = filmRequest();
  say({ text: "Making the film." });
  request("film", content, async (message) => {
    if (message.error) return;
    try {
      saveBlob(await filmOf(message.frames), filmName(content, "mp4"));
    } catch (error) {
      say({ text: error.message, error: true });
    }
  });
}

function search(expression, words = false) {
  if (!expression.trim()) return forget();
  request("search", { kind: "search", expression, words, atlas: state.atlas.name }, (message) => {
    if (message.error) return;
    const { how, understood, rows, values } = message;
    seek(how === "words" ? { text: understood, rows, values: floats(values) } : null);
    emit("latent-map:found", message);
    if (message.rows.length) selectRows(message.rows, { describe: true });
  });
}

function forget() {
  seek(null);
  emit("latent-map:found", null);
  selectRows(null);
}

function cluster(method, count) {
  request("clusters", { kind: "clusters", method, count, ...where() }, (message) => {
    if (message.error) return;
    message.cards.forEach((card) => (card.name = `Cluster ${card.number + 1}`));
    selectRows(null);
    emit("latent-map:clusters", message);
  });
}

// What can be undone, one after the other: the path, the picked place, the selection.
function clear() {
  if (state.strip || state.stops.length) return clearPath();
  if (state.picked) {
    Object.assign(state, { picked: null, near: {} });
    emit("latent-map:picked", null);
    return emit("latent-map:redraw");
  }
  forget();
}

// Another space or projection: pictures stay chosen, places on the old map mean nothing on the new one.
on("latent-map:shown", (plane) => {
  if (plane.slot !== "first") return;
  if (state.picked?.place) {
    Object.assign(state, { picked: null, near: {} });
    emit("latent-map:picked", null);
  }
  if (state.strip?.attribute || state.stops.some((stop) => stop.place)) return clearPath();
  path();
  if (state.picked?.guest) showGuest();
  else if (state.picked) pick(state.picked.row);
});

export {
  addStop,
  clear as clearChoice,
  clearPath,
  cluster as findClusters,
  film as filmSettings,
  path as askPath,
  pick as pickRow,
  probe,
  saveGif,
  saveMp4,
  scrub,
  search as searchPictures,
  walk as walkAttribute,
};
