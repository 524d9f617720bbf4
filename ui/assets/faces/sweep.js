// Seven pictures of one person while a single attribute goes from -1 to +1. It fills itself when nothing else is going on.
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { strengthText } from "../shared/format.js";
import { paint } from "../shared/pictures.js";
import { term } from "../shared/term.js";
import { drawSweep, requests } from "./requests.js";
import { setAttributes, state, value } from "./state.js";
import { SweepStrip } from "./sweep_strip.js";

const IDLE = 700;
const POINTS = 7;
let tiles, select, view;
const strip = new SweepStrip(POINTS);
let refused = ""; // what could not be drawn: not requested again
let timer = 0;

const key = () => {
  const { attributes, ...rest } = state.recipe;
  const others = Object.entries(attributes).filter(([name]) => name !== state.sweepAttribute).sort();
  return JSON.stringify([state.sweepAttribute, others, { ...rest, count: 1 }]);
};

function later() {
  clearTimeout(timer);
  if (state.mode === "edit" || state.dragging) return;
  timer = setTimeout(() => {
    const due = !strip.isComplete(key()) && refused !== key();
    if (requests.idle && due && view.offsetParent) drawSweep(state.sweepAttribute);
  }, IDLE);
}

function mark() {
  const now = value(state.sweepAttribute);
  const shown = key();
  tiles.forEach((tile, index) => {
    tile.toggleAttribute("data-current", Math.abs(tile.strength - now) < 0.17 && state.mode === "draw");
    tile.toggleAttribute("data-stale", strip.isStale(index, shown));
  });
  select.value = state.sweepAttribute;
}

function point(index) {
  const strength = -1 + (2 * index) / (POINTS - 1);
  const caption = el("span", { class: "sweep-caption" }, strengthText(strength));
  const tile = el(
    "button",
    {
      type: "button",
      class: "sweep-point waiting",
      onclick: () => setAttributes({ [state.sweepAttribute]: tile.strength }),
    },
    el("canvas", { "aria-hidden": "true" }),
    caption,
  );
  tile.strength = Math.round(strength * 1000) / 1000;
  return tile;
}

function receive({ points, attribute, request }) {
  if (!points || request.sweepKey !== key()) return;
  points.forEach((item, index) => {
    const tile = tiles[index];
    tile.classList.remove("waiting");
    tile.strength = item.strength;
    const words = state.words.labels[attribute];
    tile.setAttribute("aria-label", `${words} ${strengthText(item.strength)}: make this the picture`);
    tile.title = `${words} ${strengthText(item.strength)}, seen with ${Math.round(100 * item.achieved)} %`;
    paint(tile.firstChild, item.picture, 104);
  });
  strip.drawn(points.length, request.sweepKey);
  mark();
}

export const sweepView = () => {
  tiles = Array.from({ length: POINTS }, (_, index) => point(index));
  select = el("select", { class: "field", id: "sweep-attribute", "aria-label": "Attribute to sweep" });
  select.addEventListener("change", () => {
    state.sweepAttribute = select.value;
    mark();
    later();
  });
  view = el(
    "section",
    { class: "sweep", "aria-label": "Sweep of one attribute" },
    el(
      "div",
      { class: "sweep-head" },
      el("h2", {}, term("sweep", "Sweep")),
      select,
      el("p", { class: "hint" }, "Absent to present. Click one to keep it."),
    ),
    el("div", { class: "sweep-points" }, tiles),
  );
  return view;
};

on("faces:ready", () => {
  const names = [...state.words.main, ...Object.values(state.words.groups).flat()];
  select.append(...names.map((name) => el("option", { value: name }, state.words.labels[name])));
  mark();
});
on("faces:requested", (request) => {
  clearTimeout(timer);
  if (request.kind === "sweep") request.sweepKey = key();
});
on("faces:response", receive);
on("faces:finished", ({ request, error, missing }) => {
  if (request.sweepKey && (error || missing)) refused = request.sweepKey;
  later();
});
on("faces:missing", (missing) => (view.hidden = missing || state.mode === "edit"));
on("faces:recipe", () => {
  mark();
  later();
});
on("faces:inside", later); // the strip is hidden while the steps are shown
on("faces:mode", (mode) => (view.hidden = mode === "edit"));
