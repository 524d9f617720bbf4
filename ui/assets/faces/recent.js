// The newest faces of the Faces tab as tiles in the column of another tab.
import { group } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { pictureTile } from "../shared/tiles.js";
import { facesHistory } from "./history.js";

const RECENT = 6;

/** Those that there are, the newest first: {picture, words}. */
export const newestFaces = () =>
  facesHistory().slice(-RECENT).reverse().map((entry) => {
    const face = entry.faces[entry.selected || 0] || entry.faces[0];
    return { picture: face.picture, words: entry.kind === "edit" ? "edited photo" : `seed ${entry.recipe.seed}` };
  });

/**
 * A group of tiles that follows the history; hidden as long as there is none.
 * @param {(picture: string, words: string) => void} use gets the face that was clicked
 */
export function recentFaces(use) {
  const tiles = el("div", { class: "picture-tiles" });
  const node = group("From Faces", tiles);
  const show = () => {
    const faces = newestFaces();
    node.hidden = !faces.length;
    tiles.replaceChildren(...faces.map(({ picture, words }) => pictureTile(picture, words, () => use(picture, words))));
  };
  on("faces:remember", show);
  show();
  return node;
}
