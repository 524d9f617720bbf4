// The session's pictures as a filmstrip: a click brings everything of one back. Kept in this browser tab alone.
import { register } from "../shared/components.js";
import { emit, on } from "../shared/events.js";
import { Filmstrip, stored } from "../shared/filmstrip.js";
import { signed } from "../shared/format.js";
import { display } from "./canvas.js";
import { requests } from "./requests.js";
import { setRecipe, state } from "./state.js";

const film = new Filmstrip({
  most: 100,
  keyOf: (
    entry,
  ) => (entry.kind === "draw"
    ? entry.link
    : JSON.stringify([entry.recipe, entry.before.slice(-40), entry.faces[0].picture.slice(-40)])),
  look,
  restore,
  shown: () => (state.shown?.faces[0]?.picture ? state.shown : null),
  store: stored("latentscape-history", (entry) => entry?.faces?.length && entry.recipe),
});

function look(entry) {
  const words = entry.kind === "edit" ? "Edited photo" : `Seed ${entry.recipe.seed}`;
  const set = Object.entries(entry.recipe.attributes).slice(0, 6)
    .map(([name, strength]) => `${state.words.labels[name]} ${signed(strength)}`).join(", ");
  return {
    pictures: entry.faces.slice(0, entry.faces.length > 3 ? 4 : 1).map((face) => face.picture),
    label: `${words}. ${set || "Nothing set"}`,
    title: `${words}${set ? `: ${set}` : ""}`,
    count: entry.faces.length,
  };
}

// Everything of an entry comes back: recipe, pictures, and the photo if it was an edit. Nothing is drawn again.
function restore(entry) {
  requests.stop();
  if (entry.kind === "edit") {
    Object.assign(state, { photo: entry.photo, method: entry.method, faithfulness: entry.faithfulness });
  }
  state.mode = entry.kind;
  setRecipe(entry.recipe);
  emit("faces:mode", state.mode);
  display({ ...entry, live: false });
}

register(
  "faces-history",
  ({ root }) =>
    film.build(
      root,
      "History of this session",
      "Pictures you draw are kept here. Left and right arrows walk through them.",
    ),
);

on("faces:ready", (entry) => film.load(entry));
on("faces:remember", (entry) => film.remember(entry));

/** Brings back the edited photo that a link names, if this browser tab has drawn it. */
export function restoreEdit(link) {
  const entry = film.entries.find((one) => one.kind === "edit" && one.link === link);
  if (entry) restore(entry);
  return Boolean(entry);
}
on("faces:shown", () => film.follow());
export const walkHistory = (step) => film.walk(step);
export const facesHistory = () => film.entries;
