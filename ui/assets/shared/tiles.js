// Small pictures in a column, which add themselves by a click.
import { button } from "./controls.js";
import { el } from "./dom.js";
import { paint } from "./pictures.js";

const TILE = 96; // CSS pixels

/** One of them; without a picture it waits for one. */
export function pictureTile(uri, words, onclick) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  if (uri) paint(canvas, uri, TILE);
  const waiting = uri ? "" : " waiting";
  return button(canvas, onclick, { class: `picture-tile${waiting}`, title: words, "aria-label": `Add: ${words}` });
}
