// Styles by strengths, for one face: a row for each style, a column for each strength.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { withMinus } from "../shared/format.js";
import { paint } from "../shared/pictures.js";
import { change } from "./requests.js";
import { bare, titleOf } from "./state.js";

const [LEAST, MOST] = [32, 176]; // CSS pixels of a picture
const HEADS = 112; // of the column of titles

export const gridView = () => el("div", { class: "style-grid", id: "styles-grid", hidden: true });

function cell(name, weight, one, side) {
  const uri = one?.picture || one;
  const canvas = el("canvas", { "aria-hidden": "true" });
  const words = `${titleOf(name)} ${withMinus(weight)}`;
  const active = weight ? { [name]: weight } : {};
  const choose = () => change({ mode: "face", active, parts: [1, 1, 1], recipe: bare(one.recipe) });
  const node = button(canvas, choose, {
    class: `style-cell${uri ? "" : " waiting"}`,
    title: words,
    "aria-label": `${words}: make this the picture`,
    disabled: !one?.picture,
  });
  node.style.width = node.style.height = `${side}px`;
  if (uri) paint(canvas, uri, side);
  return node;
}

/** Fills `grid` with `rows` of pictures or data URIs; those still to come are empty places. */
export function fillGrid(grid, [width, height], { names, weights, rows }) {
  const narrow = width < 560;
  const heads = narrow ? 0 : HEADS;
  const across = (width - heads) / weights.length - 4;
  const side = Math.max(LEAST, Math.floor(Math.min(across, (height - 24) / names.length - (narrow ? 20 : 4), MOST)));
  grid.style.gridTemplateColumns = `${narrow ? "" : `${heads - 8}px `}repeat(${weights.length}, ${side}px)`;
  grid.replaceChildren(
    ...(narrow ? [] : [el("span", {})]),
    ...weights.map((x) => el("span", { class: "style-strength" }, withMinus(x))),
  );
  names.forEach((name, row) => {
    const title = titleOf(name);
    grid.append(
      el("span", { class: narrow ? "style-row narrow" : "style-row", title }, title),
      ...weights.map((weight, column) => cell(name, weight, rows[row]?.[column], side)),
    );
  });
}
