// The pictures of the Text prompts tab: one or a grid, and what a single one began with.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { arrange, roomOf } from "../shared/layout.js";
import { paint } from "../shared/pictures.js";

const GAP = 8; // CSS pixels
const LARGEST = 640; // of one picture
const TIGHT = 72; // a draft needs at least as much beside its picture

/**
 * One place on the canvas.
 * @typedef {object} View
 * @property {string} [uri] data URI; without one it waits
 * @property {string} [tag] what stands in its corner
 * @property {string} [title]
 * @property {number} [index] of the picture, if it can be chosen
 * @property {number} [seed]
 * @property {boolean} [selected]
 */

/** @param {{select: (index: number) => void, alone: (index: number) => void}} actions a click, a double click */
export function makePictures({ select, alone }) {
  const node = el("div", { class: "pictures", id: "prompts-pictures" });

  function tile() {
    const act = (action) => () => one.index !== undefined && action(one.index);
    const one = button(
      [
        el("canvas", { role: "img" }),
        el("canvas", { class: "heat", "aria-hidden": "true", hidden: true }),
        el("span", { class: "tile-tag", hidden: true }),
      ],
      act(select),
      { class: "tile", ondblclick: act(alone) },
    );
    return one;
  }

  /** @param {HTMLElement} stage @param {View[]} views @param {boolean} several whether one can be chosen */
  function show(stage, views, several) {
    const { side, columns } = arrange(views.length, ...roomOf(stage), LARGEST);
    node.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    node.style.setProperty("--side", `${side}px`);
    while (node.children.length > views.length) node.lastChild.remove();
    while (node.children.length < views.length) node.append(tile());
    views.forEach((view, place) => fill(node.children[place], view, side, several && views.length > 1));
  }
  const tileOf = (index) => [...node.children].find((one) => one.index === index);
  return { node, show, tileOf };
}

function fill(node, view, side, several) {
  const [canvas, heat, tag] = node.children;
  node.index = view.index;
  node.disabled = view.index === undefined || !several;
  node.toggleAttribute("data-selected", Boolean(view.selected) && several);
  node.removeAttribute("data-heat");
  heat.hidden = true;
  tag.hidden = !view.tag;
  tag.textContent = view.tag || "";
  canvas.setAttribute("aria-label", view.title || "Picture on its way");
  node.setAttribute("aria-label", view.title || "Picture on its way");
  node.title = view.title || "";
  if (view.uri) paint(canvas, view.uri, side);
  canvas.dataset.seed = view.seed ?? "";
  node.classList.toggle("waiting", !view.uri);
}

const DRAFT = "The draft that the sentence gave: the picture began with it, under noise";

/** What a single picture began with: beside it where there is room, or else in its corner. */
export function makeOrigin() {
  const canvas = el("canvas", { role: "img", "aria-label": "Draft" });
  const node = el("figure", { class: "origin", hidden: true, title: DRAFT }, canvas, el("figcaption", {}, "Draft"));
  function show(stage, uri) {
    node.hidden = !uri;
    if (!uri) return;
    const [width, height] = roomOf(stage);
    const { side } = arrange(1, width, height, LARGEST);
    const beside = Math.min(Math.round(side * 0.4), Math.floor((width - side) / 2) - GAP);
    const tight = beside < TIGHT;
    const small = tight ? Math.round(side * 0.28) : beside;
    node.toggleAttribute("data-tight", tight);
    stage.style.setProperty("--side", `${side}px`);
    node.style.setProperty("--small", `${small}px`);
    paint(canvas, uri, small);
  }
  return { node, show };
}
