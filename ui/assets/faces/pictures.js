// The faces on the canvas: one, or a grid as large as the room allows.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { arrange } from "../shared/layout.js";
import { paint } from "../shared/pictures.js";

const LARGEST = 720; // CSS pixels of one picture

/** The side of one picture in a room of [width, height]. */
export const sideOf = (room) => arrange(1, ...room, LARGEST).side;

/**
 * @param {object} actions
 * @param {(index: number) => void} actions.select a click on one of several
 * @param {(index: number) => void} actions.alone a double click on one of several
 */
export function makePictures({ select, alone }) {
  const node = el("div", { class: "pictures", id: "pictures" });
  const tile = (index) => {
    const ondblclick = () => alone(index);
    return button(el("canvas", { role: "img" }), () => select(index), { class: "tile", ondblclick });
  };

  function name(tile, canvas, face, several) {
    const words = `Face, seed ${face?.seed}`;
    canvas.dataset.seed = face?.seed ?? "";
    canvas.setAttribute("aria-label", words);
    tile.setAttribute("aria-label", words);
    tile.title = several ? `Seed ${face?.seed}. Double click: this one alone` : "";
  }

  /** Shows data URIs; `count` places in all, `faces` with their seeds, and which of them is chosen. */
  function show(room, sources, { count = sources.length, faces = null, chosen = 0 } = {}) {
    const { side, columns } = arrange(count, ...room, LARGEST);
    node.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    node.style.setProperty("--side", `${side}px`);
    while (node.children.length > count) node.lastChild.remove();
    while (node.children.length < count) node.append(tile(node.children.length));
    [...node.children].forEach((one, index) => {
      const canvas = one.firstChild;
      one.disabled = count === 1;
      one.toggleAttribute("data-selected", count > 1 && Boolean(faces) && index === chosen);
      if (faces) name(one, canvas, faces[index], count > 1);
      if (sources[index]) paint(canvas, sources[index], side);
      one.classList.toggle("waiting", !sources[index]);
    });
  }
  return { node, show };
}
