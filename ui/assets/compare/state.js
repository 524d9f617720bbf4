// What this visitor has requested, and what came of it.
import { emit } from "../shared/events.js";

export const KINDS = ["nothing", "attributes", "photo", "sentence"];
export const VIEWS = { pictures: "Pictures", figures: "Figures", game: "Blind game", answer: "Answer" };

export const state = {
  words: null, // labels, main attributes, groups and contradictions, once the controls are there
  makers: [], // {name, title, about, problem}
  players: [], // names of those whose pictures a game shows
  opened: false,
  view: "pictures", // a key of VIEWS
  kind: "nothing", // one of KINDS
  attributes: {}, // name -> strength
  photo: null, // {uri, name}
  align: false, // whether the photo becomes the square of its largest face
  prompt: "",
  seed: 0,
  count: 4,
  off: new Set(), // names of the rows that are switched off
  shown: { rows: [] }, // the last response: {rows, seen, notes, milliseconds, cancelled}
  chosen: null, // {row, place} of the picture that is enlarged
};

export const visible = () => Boolean(document.getElementById("compare-canvas")?.offsetParent);
export const titleOf = (name) => state.makers.find((maker) => maker.name === name)?.title || name;

/** The picture that is enlarged with its row; null when none is. */
export function chosenPicture() {
  const row = state.chosen && state.shown.rows.find((one) => one.name === state.chosen.row);
  const picture = row?.pictures[state.chosen.place];
  return picture ? { row, picture } : null;
}

export function choosePicture(chosen) {
  state.chosen = chosen;
  emit("compare:chosen");
}

export function openView(view) {
  state.view = view;
  emit("compare:view");
}
