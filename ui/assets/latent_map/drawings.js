// Ways of drawings over the map: the latents of each step, joined, with a mark for each; one colour for each drawing.
import { button, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { canPerform, perform } from "../shared/act.js";
import { request } from "./requests.js";
import { state, where } from "./state.js";

const MOST = 4; // drawings at once
const COLOURS = ["--accent", "--chart-2", "--chart-3", "--chart-4"];
const NUMBERED = 12; // steps up to which every mark has its number
const TABS = { faces: "faces", text: "prompts" }; // model of a recipe -> the tab that draws it

/**
 * One drawing on the map.
 * @typedef {object} Drawing
 * @property {string} key
 * @property {object} recipe
 * @property {string} words
 * @property {string} colour a token of the page
 * @property {number[][] | null} trail places on the map that is shown; null while they are on the way
 * @property {number[]} numbers of the steps that led there
 * @property {string[]} notes
 */

let list, note, view;

/** @param {{key: string, recipe: object, words: string}} drawing */
export function addDrawing({ key, recipe, words }) {
  const others = state.drawings.filter((one) => one.key !== key).slice(1 - MOST);
  const colour = COLOURS.find((token) => !others.some((one) => one.colour === token));
  state.drawings = [...others, { key, recipe, words, colour, trail: null, numbers: [], notes: [] }];
  askAll();
}

// One after the other: of requests of one kind only the newest waits.
function askAll() {
  show();
  const next = state.drawings.find((one) => !one.trail && !one.failed);
  if (!next) return;
  const at = where();
  request("drawing", { kind: "drawing", recipe: next.recipe, ...at }, (message) => {
    const now = where();
    if (at.space !== now.space || at.projection !== now.projection || at.atlas !== now.atlas) return;
    if (message.trail) Object.assign(next, { trail: message.trail, numbers: message.numbers, notes: message.notes });
    else next.failed = true; // why is said over the map
    emit("latent-map:redraw");
    askAll();
  });
}

function forget(key) {
  state.drawings = state.drawings.filter((one) => one.key !== key);
  show();
  emit("latent-map:redraw");
}

function entry({ key, words, colour, trail, recipe }) {
  const mark = el("span", { class: "latent-map-way", "aria-hidden": "true" });
  mark.style.background = `var(${colour})`;
  const tab = TABS[recipe.model];
  const back = () => perform({ tab, ...recipe, inside: true });
  const name = canPerform({ tab })
    ? button(words, back, { class: "text-button", title: "Back to this drawing and its steps" })
    : el("span", {}, words);
  const waits = trail ? null : el("span", { class: "hint" }, "on its way");
  return el("li", {}, mark, name, waits, iconButton("close", `Take ${words} off the map`, () => forget(key)));
}

function show() {
  if (!view) return;
  view.hidden = !state.drawings.length;
  list.replaceChildren(...state.drawings.map(entry));
  const notes = state.drawings.flatMap((one) => one.notes);
  note.textContent = [...new Set(notes)].join(" ");
}

export function drawingsView() {
  list = el("ul", {});
  note = el("p", { class: "hint", role: "status" });
  const title = el("h3", {}, "Paths of drawings, from noise to picture");
  view = el(
    "section",
    { class: "latent-map-drawings", "aria-label": "Paths of drawings", hidden: true },
    title,
    list,
    note,
  );
  return view;
}

/**
 * Paints the ways over a map.
 * @param {CanvasRenderingContext2D} context
 * @param {(place: number[]) => number[]} pixelOf
 * @param {(token: string) => string} token
 */
export function paintDrawings(context, pixelOf, token) {
  for (const drawing of state.drawings) {
    if (drawing.trail) paintWay(context, drawing.trail.map(pixelOf), drawing.numbers, token(drawing.colour), token);
  }
}

function paintWay(context, way, numbers, colour, token) {
  for (const [width, stroke] of [[6, token("--canvas")], [2.5, colour]]) {
    context.beginPath();
    way.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    Object.assign(context, { lineWidth: width, strokeStyle: stroke, lineJoin: "round" });
    context.stroke();
  }
  const last = way.length - 1;
  way.forEach(([x, y], i) => {
    context.beginPath();
    context.arc(x, y, i === last ? 8 : i ? 4 : 5, 0, 2 * Math.PI);
    context.fillStyle = i ? colour : token("--canvas"); // it begins with an open ring
    context.fill();
    Object.assign(context, { lineWidth: 2, strokeStyle: i ? token("--canvas") : colour });
    context.stroke();
    if (last <= NUMBERED || !i || i === last) {
      number(context, numbers[i], [x, y - (i === last ? 16 : 12)], colour, token);
    }
  });
}

function number(context, value, [x, y], colour, token) {
  Object.assign(context, { font: "600 11px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { lineWidth: 3, strokeStyle: token("--canvas"), fillStyle: colour });
  context.strokeText(String(value), x, y);
  context.fillText(String(value), x, y);
}

// Another space or projection: every step has another place there.
on("latent-map:shown", (plane) => {
  if (plane.slot !== "first" || !state.drawings.length) return;
  for (const one of state.drawings) Object.assign(one, { trail: null, notes: [], failed: false });
  askAll();
});
