// The wall: the same face in every style there is. A click applies a style alone, the corner adds it to the active ones.
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { letWheelScroll } from "../shared/scroll.js";
import { applyStyle, drawWall } from "./requests.js";
import { state, titleOf, visible } from "./state.js";

const TILE = 88;
const REST = 250; // after the last change the wall follows
let strip, note;
const nodes = new Map(); // style -> its tile
let timer = 0;

function tile(name, title, own, thumbnail) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const main = el(
    "button",
    {
      type: "button",
      class: "style-main",
      onclick: (event) => applyStyle(name, event.shiftKey || event.ctrlKey || event.metaKey),
    },
    canvas,
    el("span", { class: "style-name" }, title),
  );
  const more = name &&
    el("button", { type: "button", class: "style-more", onclick: () => applyStyle(name, true) }, icon("plus"));
  const node = el("div", { class: "style-tile", "data-style": name, "data-own": own }, main, more);
  Object.assign(node, { canvas, main, more });
  node.toggleAttribute("data-thumbnail", Boolean(thumbnail)); // another face in this style, until its own is drawn
  if (thumbnail) paint(canvas, thumbnail, TILE);
  return node;
}

function build() {
  nodes.clear();
  nodes.set("", tile("", "No style", false));
  for (const { name, title, own, thumbnail } of state.styles) nodes.set(name, tile(name, title, own, thumbnail));
  strip.replaceChildren(...nodes.values());
  refresh();
}

function refresh() {
  const rows = state.mode === "grid";
  const none = !rows && !Object.keys(state.active).length;
  for (const [name, node] of nodes) {
    const title = titleOf(name);
    const active = name ? (rows ? state.gridStyles.includes(name) : name in state.active) : none;
    const problem = state.problems.get(name);
    const shown = state.tiles.get(name);
    node.toggleAttribute("data-active", active);
    node.toggleAttribute("data-stale", !shown);
    node.main.disabled = Boolean(problem);
    node.main.setAttribute("aria-pressed", String(active));
    node.main.title = problem ||
      (!name
        ? "The face as it is"
        : rows
        ? `${title}: a row of the grid`
        : `${title}. Shift-click adds it to the active ones`);
    if (shown) {
      node.removeAttribute("data-thumbnail");
      paint(node.canvas, shown.picture, TILE);
    }
    if (!node.more) continue;
    node.more.hidden = Boolean(problem) || rows;
    node.more.title = active ? `Take ${title} off` : `Add ${title} to the active styles`;
    node.more.setAttribute("aria-label", node.more.title);
    node.more.setAttribute("aria-pressed", String(active));
    node.more.replaceChildren(icon(active ? "close" : "plus"));
  }
  const missing = [...state.problems.values()];
  const left = nodes.size - state.tiles.size - missing.length;
  note.textContent = missing.length ? missing[0] : left > 0 && state.tiles.size ? `${left} to come` : "";
  note.title = missing.join(" ");
}

function later() {
  clearTimeout(timer);
  const drawn = !["prompt", "train"].includes(state.mode); // a large model takes minutes for a wall
  timer = setTimeout(() => visible() && state.opened && drawn && drawWall(), REST);
}

function receive({ wall, request }) {
  if (!wall || request.key !== state.tilesOf) return;
  for (const one of wall.tiles) state.tiles.set(one.style, one);
  for (const { style, reason } of wall.problems) state.problems.set(style, reason);
  refresh();
}

export const wallView = () => {
  strip = el("div", { class: "style-strip", role: "group", "aria-label": "Styles" });
  letWheelScroll(strip);
  note = el("span", { class: "hint", role: "status" });
  return el(
    "section",
    { class: "style-wall", "aria-label": "Wall of styles" },
    el("div", { class: "style-wall-head" }, el("h2", {}, "Styles"), note),
    strip,
  );
};

on("styles:listed", build);
on("styles:response", receive);
on("styles:tiles", refresh);
on("styles:changed", () => {
  refresh();
  later();
});
on("styles:listed", later);
on("styles:calm", later);
