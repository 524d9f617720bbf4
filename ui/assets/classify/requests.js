// What the Classify tab requests from the server: a picture is read, then where the classifier looked for what is chosen.
import { newestFaces } from "../faces/recent.js";
import { emit, on } from "../shared/events.js";
import { eventually } from "../shared/eventually.js";
import { keep } from "../shared/kept.js";
import { RequestQueue } from "../shared/request_queue.js";
import { changed, modelNow, sameTarget, scoreOf, state, vary } from "./state.js";

const KEPT = 400_000; // characters of a picture that this browser tab keeps for when the page is loaded again

/**
 * A request of the tab, as ui/classify/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} ClassifyRequest
 * @property {"open" | "locate" | "read" | "heat" | "figures" | "vary"} kind
 * @property {string} [model] name of the classifier
 * @property {string} [photo] data URI of the whole photo, or of the square that is classified
 * @property {boolean} [align] of a photo that no browser shows, take the largest face
 * @property {string} [name] of an attribute or a class
 * @property {boolean} [of_class]
 * @property {string} [other] data URI of the second picture of variations; their other settings are those of `vary`
 */

export const requests = new RequestQueue(
  "classify",
  { open: { every: true }, locate: {}, read: {}, heat: {}, figures: {}, vary: { background: true } },
  { kept: "Your picture is kept", take },
);

/** @param {ClassifyRequest} content */
export const request = (slot, content, options = {}) =>
  requests.request(slot, { model: state.model, ...content }, options);

/** Classifies a picture. Until the server has read it, the former one stays. */
export function classify(photo) {
  requests.cancel("heat");
  request("read", { kind: "read", photo: photo.source, align: Boolean(photo.align) }, { photo });
}

function requestHeat() {
  if (!state.photo || !scoreOf(state.chosen)) return;
  const { source, align } = state.photo;
  request("heat", { kind: "heat", photo: source, align: Boolean(align), ...state.chosen });
}

/** Shows where the classifier looked for an attribute or a class; null: the picture alone. */
export function choose(target) {
  state.chosen = target;
  state.heat = null;
  requests.cancel("heat");
  requestHeat();
  changed();
}

export function chooseMode(mode) {
  state.mode = mode;
  if (mode === "figures") requestFigures();
  changed();
}

function requestFigures() {
  if (!state.figures[state.model]) request("figures", { kind: "figures" }, { of: state.model });
}

/** Another classifier reads the same picture. */
export function chooseModel(name) {
  state.model = name;
  if (state.mode === "figures") requestFigures();
  if (state.photo) classify(state.photo);
  changed();
}

/** @param {Partial<typeof vary>} patch */
export function setVariations(patch) {
  Object.assign(vary, patch);
  changed();
}

function variationsRequest() {
  if (!state.photo) return null;
  const { how, share, groups, strength, count, seed } = vary;
  const common = { kind: "vary", photo: state.photo.source, strength, count, seed };
  if (!vary.other) return common;
  const borrowed = groups.flatMap((name) => vary.names[name]);
  const both = {
    mix: { share },
    borrow: { borrowed },
    walk: { walk: true, count: Math.max(2, count) },
  };
  return { ...common, other: vary.other.source, ...both[how] };
}

/** Draws new pictures that keep what the classifier sees in the one that is there, or in both. */
export const drawVariations = () => request("vary", variationsRequest() || {});

/** Requests which classifiers there are: one may have been trained meanwhile. */
export const open = (onLast) => request("open", { kind: "open" }, { onLast });

// --- responses ----------------------------------------------------------------------------------------------------

function take({ models, missing, variations, classified, heat, figures, error, last, ...more }, sent) {
  if (models) takeModels(models, missing, variations);
  else if (missing && sent.kind === "vary") state.lacking = missing;
  if (!models && variations) takeVariations(variations, more.milliseconds, sent.content);
  if (classified) takeClassified(classified, sent);
  if (heat && sent.content.photo === state.photo?.source && sameTarget(heat, state.chosen)) state.heat = heat;
  if (figures) state.figures[sent.of] = figures;
  if (last && error) emit("classify:say", { text: error, error: true });
  if (last) changed();
}

function takeModels(models, missing, lacking) {
  Object.assign(state, { models, missing: missing || "", lacking: lacking || "" });
  if (models.length && !modelNow()) state.model = models[0].name;
}

function takeVariations(variations, milliseconds, { photo, other }) {
  Object.assign(vary, { drawn: { variations, milliseconds, photo, other }, selected: 0 });
}

function takeClassified(classified, { photo, content }) {
  if (content.model !== state.model) return classify(photo); // another classifier was chosen meanwhile
  Object.assign(state, { classified, photo, heat: null });
  if (!scoreOf(state.chosen)) state.chosen = null; // a class of another classifier
  requestHeat();
}

// --- the first visit, and the page loaded again -------------------------------------------------------------------

const small = (photo) => (photo && photo.source.length < KEPT ? photo : null);

const settings = () => {
  const { other, how, share, groups, strength, count, seed } = vary;
  const variations = { other: small(other), how, share, groups, strength, count, seed };
  return { photo: small(state.photo), name: state.photo?.name, variations };
};

// Before anyone brings a picture, the newest face of the Faces tab is there, as soon as there is one.
function firstFace() {
  eventually(["faces:remember"], () => newestFaces()[0], ({ picture, words }) => {
    if (!state.photo && requests.idle) classify({ source: picture, name: words });
  });
}

function first() {
  const kept = keep("classify", settings);
  Object.assign(vary, kept?.variations);
  if (kept?.photo) classify(kept.photo);
  else if (kept?.name) {
    emit("classify:say", { text: `The page was loaded again. Add ${kept.name} again.`, brief: false });
  } else firstFace();
}

on("classify:mounted", () =>
  open(({ error }) => {
    if (error || state.missing) return;
    state.opened = true;
    if (!requests.waiting.read.length && !requests.waiting.locate.length) first(); // none was sent from elsewhere
    changed();
  }));
