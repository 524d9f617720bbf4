// The rows of a comparison: what each generator was asked for, its pictures, and their time; or how to get it.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { duration, percent } from "../shared/format.js";
import { splitCommand } from "../shared/notice.js";
import { paint } from "../shared/pictures.js";
import { choosePicture, state } from "./state.js";

const [GAP, PAD] = [8, 16];
const [NARROW, ROOMY] = [560, 800]; // of the canvas; below them the words stand above the pictures, or close beside them
const [SHORT, LONG] = [152, 208]; // of the words
const [LEAST, MOST] = [72, 176]; // CSS pixels of a picture
const nodes = new Map(); // name of a row -> its parts
let scroller, list;

function sideOf(count) {
  const narrow = scroller.clientWidth < NARROW;
  const head = scroller.clientWidth < ROOMY ? SHORT : LONG;
  list.toggleAttribute("data-narrow", narrow);
  list.style.setProperty("--head", `${head}px`);
  const width = scroller.clientWidth - 2 * PAD - (narrow ? 0 : head + PAD);
  const across = Math.floor((width - GAP * (count - 1)) / count);
  return Math.max(LEAST, Math.min(across, MOST));
}

function makeRow({ name, title }) {
  const given = el("p", { class: "hint compare-given" });
  const told = el("p", { class: "hint number" });
  const pictures = el("div", { class: "compare-pictures" });
  const heading = `compare-row-${name}`;
  const head = el("div", { class: "compare-head" }, el("h2", { id: heading }, title), given, told);
  const node = el("section", { class: "compare-row", "data-row": name, "aria-labelledby": heading }, head, pictures);
  return { node, given, told, pictures, tiles: [] };
}

function tileOf(row, place) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const open = () => choosePicture({ row: row.name, place });
  return button(canvas, open, { class: "compare-tile" });
}

function problemOf(sentence) {
  const [words, command] = splitCommand(sentence);
  return el("div", { class: "compare-problem" }, el("p", {}, words), command && el("code", {}, command));
}

function agreementOf(row) {
  const known = row.pictures.filter(({ agreement }) => agreement !== null);
  if (!known.length) return "";
  const mean = known.reduce((sum, { agreement }) => sum + agreement, 0) / known.length;
  return `${percent(mean)} of the request seen`;
}

function showRow(row, side, count) {
  if (!nodes.has(row.name)) nodes.set(row.name, makeRow(row));
  const { node, given, told, pictures, tiles } = nodes.get(row.name);
  const time = row.milliseconds === null ? "" : `${duration(row.milliseconds)} a picture`;
  given.textContent = given.title = row.given;
  told.textContent = [time, agreementOf(row)].filter(Boolean).join(", ");
  node.toggleAttribute("data-absent", Boolean(row.problem));
  if (row.problem) return pictures.replaceChildren(problemOf(row.problem)), node;
  const wanted = row.finished ? row.pictures.length : count;
  while (tiles.length < wanted) tiles.push(tileOf(row, tiles.length));
  const shown = tiles.slice(0, wanted);
  shown.forEach((tile, place) => {
    const picture = row.pictures[place];
    tile.style.setProperty("--side", `${side}px`);
    tile.classList.toggle("waiting", !picture);
    tile.disabled = !picture;
    tile.setAttribute("aria-label", picture ? `${picture.title}. Enlarge` : `${row.title}: on its way`);
    if (picture) paint(tile.firstChild, picture.uri, side);
  });
  if (pictures.children.length !== wanted || pictures.firstChild !== shown[0]) pictures.replaceChildren(...shown);
  return node;
}

// A row that has not been begun yet stands there empty, so that nothing moves while the others fill.
const pending = ({ name, title }) => ({ name, title, given: "", pictures: [], milliseconds: null, problem: "" });

export function showRows(busy) {
  if (!scroller?.clientWidth) return;
  const side = sideOf(state.count);
  const known = new Map(state.shown.rows.map((row) => [row.name, row]));
  const wanted = state.makers.filter(({ name }) => !state.off.has(name) && (busy || known.has(name)));
  list.replaceChildren(...wanted.map((maker) => showRow(known.get(maker.name) || pending(maker), side, state.count)));
}

export function rowsView(busy) {
  list = el("div", { class: "compare-rows" });
  scroller = el("div", { class: "compare-scroll", tabindex: 0, "aria-label": "Pictures of every generator" }, list);
  new ResizeObserver(() => showRows(busy())).observe(scroller);
  on("compare:rows", () => showRows(busy()));
  return scroller;
}
