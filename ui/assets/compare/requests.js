// What the Compare tab requests from the server. The newest request counts: an older one under way gives way to it.
import { emit, on } from "../shared/events.js";
import { keep } from "../shared/kept.js";
import { RequestQueue } from "../shared/request_queue.js";
import { randomSeed } from "../shared/seeds.js";
import { refresh } from "./refresh.js";
import { choosePicture, openView, state } from "./state.js";

/**
 * A request of the tab, as ui/compare/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} CompareRequest
 * @property {"open" | "compare" | "game" | "figures" | "answer"} kind
 * @property {number} [seed] of the first picture of each row, or of a game
 * @property {number} [count] pictures of each row
 * @property {Record<string, number>} [attributes] name -> strength from -1 to 1
 * @property {string | null} [photo] as a data URI
 * @property {boolean} [align] whether the photo becomes the square of its largest face
 * @property {string} [prompt]
 * @property {string[]} [rows] the names of those that are wanted
 * @property {number} [rounds] of a game
 */

export const requests = new RequestQueue(
  "compare",
  { open: { every: true, whole: true }, page: { whole: true }, draw: { urgent: true }, game: { urgent: true } },
  { kept: "Your request is kept", take },
);

function take(message, { slot, content }) {
  if (message.makers) Object.assign(state, { makers: message.makers, players: message.players, opened: true });
  if (message.makers) emit("compare:makers");
  if (message.rows) {
    state.shown = message;
    emit("compare:rows");
  }
  if (slot === "game" && (message.rounds || message.error)) emit("compare:rounds", message);
  if (message.view) emit(`compare:${content.kind}`, message.view);
  if (message.last && message.error && slot !== "game") emit("compare:say", { text: message.error, error: true });
}

/** What is requested by the kind that is chosen; null while it has nothing to say yet. */
function wanted() {
  const { kind, attributes, photo, align, prompt } = state;
  if (kind === "attributes") return { attributes };
  if (kind === "photo") return photo && { photo: photo.uri, align };
  if (kind === "sentence") return prompt.trim() ? { prompt } : null;
  return {};
}

/** Draws what is requested now. */
export function compare() {
  const given = wanted();
  const rows = state.makers.map(({ name }) => name).filter((name) => !state.off.has(name));
  if (!given || !state.opened) return;
  if (!rows.length) return emit("compare:say", { text: "Switch a generator on.", error: true });
  requests.request("draw", { kind: "compare", seed: state.seed, count: state.count, rows, ...given });
}

/** A change of what is requested. While a control moves it is live, and nothing is drawn yet. */
export function change(patch, { live = false } = {}) {
  Object.assign(state, patch);
  refresh();
  if (live) return;
  emit("compare:changed");
  if (state.chosen) choosePicture(null);
  if (state.view !== "pictures") openView("pictures");
  compare();
}

/** Sets an attribute; of two that exclude each other the newer one stays. */
export function setAttribute(name, strength) {
  const attributes = { ...state.attributes };
  if (strength) attributes[name] = strength;
  else delete attributes[name];
  const rivals = strength > 0 ? state.words.exclusive.filter((group) => group.includes(name)).flat() : [];
  for (const rival of rivals) if (rival !== name && attributes[rival] > 0) delete attributes[rival];
  change({ attributes });
}

export const reroll = () => change({ seed: randomSeed() });

const set = () => {
  const { view, attributes, align, prompt, seed, count, off } = state;
  const lost = state.kind === "photo" && state.photo?.name;
  const kind = state.kind === "photo" ? "nothing" : state.kind;
  return { view, kind, attributes, align, prompt, seed, count, off: [...off], lost };
};

// A photo goes with the page that brought it, also when it was loaded again.
function restoreKept({ off, lost, ...kept }) {
  Object.assign(state, kept, { off: new Set(off) });
  if (lost) emit("compare:say", { text: `The page was loaded again. Add ${lost} again.`, brief: false });
}

on("compare:mounted", () => {
  if (state.opened) return;
  const kept = keep("compare", set);
  if (kept) restoreKept(kept);
  refresh();
  emit("compare:view");
  requests.request("open", { kind: "open" }, { onLast: ({ error }) => error || compare() });
});
