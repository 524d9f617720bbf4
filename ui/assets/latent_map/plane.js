// One map on the page: a canvas of points, a canvas of marks over it, and the hand that moves, picks, draws and drags.
import { el, emit, on } from "../shared/core.js";
import { addStop, pickRow, probe } from "./acts.js";
import { pointColours, valueWords } from "./colours.js";
import { makePainter } from "./gl.js";
import { drawMarks, pixelOf, unitsOf } from "./marks.js";
import { inside, makeView, normalise } from "./view.js";
import { ask, drawThumbnail, floats, selectRows, spaceOf, state } from "./wire.js";

const GLIDE = 700; // milliseconds from one map to the next
const FADE = 300;
const REACH = 9; // pixels around a point
const THUMB = 44;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

function makePlane(slot) {
  const points = el("canvas", { class: "map-points", "aria-hidden": "true" });
  const marks = el("canvas", {
    class: "map-marks",
    tabindex: 0,
    role: "application",
    "aria-label": "Map. Arrows move, plus and minus zoom, V, D, P and L choose a tool, Escape clears.",
  });
  const thumb = el("canvas", { width: 192, height: 192 });
  const words = el("span", {});
  const tip = el("div", { class: "map-tip", hidden: true }, thumb, words);
  const veil = el("p", { class: "map-veil hint", role: "status" }, "Opening the map");
  const element = el("div", { class: "map-plane", "data-slot": slot }, points, marks, tip, veil);
  const plane = { slot, element, space: "", projection: "", data: null, view: makeView(), pixels: null, hover: -1 };
  const { view } = plane;
  let rgba;
  let moved = 0;
  let faded = 0;
  let frame = 0;
  let lasso = null;

  // --- drawing ----------------------------------------------------------------------------------------------------

  const soon = () => (frame ||= requestAnimationFrame(draw));
  const part = (since, length) => (still.matches ? 1 : Math.min(1, (performance.now() - since) / length));

  function draw() {
    frame = 0;
    if (!element.offsetParent || !plane.data) return;
    const [move, fade] = [part(moved, GLIDE), part(faded, FADE)];
    const ratio = Math.min(2, devicePixelRatio || 1);
    painter?.draw(plane.data.count, {
      matrix: view.matrix(),
      move: ease(move),
      fade,
      deep: view.deep,
      size: state.size * ratio * Math.max(0.5, 2 - 0.3 * Math.log10(plane.data.count)) *
        Math.min(2, Math.max(1, view.zoom ** 0.25)),
      opacity: state.opacity,
    });
    plane.pixels = view.project(
      plane.data.units,
      plane.pixels?.length === 2 * plane.data.count ? plane.pixels : undefined,
    );
    drawMarks(plane, marks.getContext("2d"), ratio, { lasso, settled: move === 1, thumb: THUMB });
    if (move < 1 || fade < 1) soon();
  }

  function measure() {
    const { clientWidth: width, clientHeight: height } = element;
    if (!width || !height) return;
    const first = view.size.width === 1;
    const ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [points, marks]) {
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    }
    view.size = { width, height, right: covered() };
    if (first && plane.data) view.fit(plane.data.extent);
    draw();
  }

  const covered = () => {
    const panel = document.querySelector(".map-panel");
    const over = slot === (state.side ? "second" : "first") && panel && getComputedStyle(panel).position === "absolute";
    return over && !panel.hidden ? panel.offsetWidth + 16 : 0;
  };

  function colour() {
    if (!plane.data) return;
    const next = pointColours(plane.data.count);
    painter?.put("before", rgba?.length === next.length ? rgba : next, 4);
    painter?.put("after", next, 4);
    rgba = next;
    faded = performance.now();
    soon();
  }

  // --- what is shown ----------------------------------------------------------------------------------------------

  function show(space, projection) {
    Object.assign(plane, { space, projection });
    const content = { kind: "points", atlas: state.atlas.name, space, projection };
    ask(slot === "first" ? "points" : "points2", content, (message) => {
      if (message.error) return;
      const next = normalise(floats(message.places), message.dimensions);
      const from = plane.data?.count === next.count && plane.atlas === state.atlas.name ? plane.data.units : next.units;
      painter?.put("from", from, 3);
      painter?.put("to", next.units, 3);
      Object.assign(plane, { data: next, atlas: state.atlas.name, explained: message.explained });
      view.deep = message.dimensions === 3;
      view.fit(next.extent);
      moved = from === next.units ? 0 : performance.now();
      veil.hidden = Boolean(painter);
      element.dataset.title = spaceOf(space).title;
      element.dataset.ready = `${space} ${projection}`;
      if (slot === "first") state.colourings = message.colourings;
      colour();
      emit("map:shown", plane);
    });
  }

  // --- the hand ---------------------------------------------------------------------------------------------------

  const at = (event) => {
    const box = marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function hit(x, y) {
    let best = -1;
    let least = (REACH + state.size / 2) ** 2;
    for (let row = 0; plane.pixels && row < plane.data.count; row++) {
      if (rgba[4 * row + 3] < 128) continue;
      const far = (plane.pixels[2 * row] - x) ** 2 + (plane.pixels[2 * row + 1] - y) ** 2;
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  // In 3-D as deep as the place that is decoded already, else in the plane through the middle.
  function depth() {
    const { picked } = state;
    return view.deep && picked?.place && picked.plane === plane ? view.depthOf(unitsOf(plane, picked.place)) : 0;
  }

  const placeAt = (x, y) =>
    view.unproject(x, y, depth()).map((unit, axis) => plane.data.centre[axis] + unit * plane.data.scale);

  function onProbe(x, y) {
    if (!state.picked?.place || state.picked.plane !== plane) return false;
    const [px, py] = pixelOf(plane, state.picked.place);
    return (px - x) ** 2 + (py - y) ** 2 < 18 ** 2;
  }

  function hoverAt(x, y) {
    const row = plane.data ? hit(x, y) : -1;
    marks.style.cursor = state.tool === "look"
      ? (row >= 0 ? "pointer" : onProbe(x, y) ? "grab" : "default")
      : "crosshair";
    if (row === state.hover && plane.tipped === (row >= 0)) return;
    state.hover = row;
    plane.tipped = row >= 0;
    tip.hidden = row < 0;
    if (row >= 0) {
      const context = thumb.getContext("2d");
      context.imageSmoothingQuality = "high";
      thumb.hidden = !drawThumbnail(context, row, 0, 0, 192);
      words.textContent = valueWords(row);
      const [px, py] = [plane.pixels[2 * row], plane.pixels[2 * row + 1]];
      tip.style.left = `${Math.max(8, Math.min(px + 14, view.size.width - 120))}px`;
      tip.style.top = `${Math.max(8, Math.min(py - 60, view.size.height - 140))}px`;
    }
    emit("map:redraw");
  }

  function click(x, y) {
    const row = hit(x, y);
    if (row >= 0) return state.tool === "path" ? addStop({ row }) : pickRow(row);
    if (state.tool === "path") return slot === "first" && addStop({ place: placeAt(x, y) });
    probe(plane, placeAt(x, y));
  }

  function hand() {
    const down = new Map();
    let mode = "";
    let start = [0, 0];
    let travelled = false;
    const begin = (event) => {
      if (!plane.data || event.button) return;
      marks.setPointerCapture(event.pointerId);
      down.set(event.pointerId, at(event));
      [start, travelled] = [at(event), false];
      if (down.size > 1) mode = "pinch";
      else if (state.tool === "lasso") [mode, lasso] = ["lasso", [start]];
      else if (state.tool === "decode" || (state.tool === "look" && hit(...start) < 0 && onProbe(...start))) {
        mode = "probe";
      } else mode = "pan";
      if (mode === "probe") probe(plane, placeAt(...start));
    };
    const move = (event) => {
      const [x, y] = at(event);
      if (!down.has(event.pointerId)) return hoverAt(x, y);
      const [ox, oy] = down.get(event.pointerId);
      if (Math.hypot(x - start[0], y - start[1]) > 4) travelled = true;
      if (mode === "pinch") {
        const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
        if (other) {
          view.zoomAt(
            Math.hypot(x - other[0], y - other[1]) / Math.max(1, Math.hypot(ox - other[0], oy - other[1])),
            ...other,
          );
        }
      } else if (mode === "lasso") lasso.push([x, y]);
      else if (mode === "probe") probe(plane, placeAt(x, y));
      else if (travelled) view.pan(x - ox, y - oy);
      down.set(event.pointerId, [x, y]);
      if (travelled) tip.hidden = true;
      soon();
    };
    const end = (event) => {
      if (!down.delete(event.pointerId)) return;
      if (mode === "lasso") {
        const rows = lasso.length > 3 ? inside(plane.pixels, lasso) : [];
        lasso = null;
        selectRows(rows, { describe: true });
      } else if (mode === "pan" && !travelled && event.type === "pointerup") click(...start);
      if (!down.size) mode = "";
      soon();
    };
    marks.addEventListener("pointerdown", begin);
    marks.addEventListener("pointermove", move);
    marks.addEventListener("pointerup", end);
    marks.addEventListener("pointercancel", end);
    marks.addEventListener("pointerleave", () => down.size || hoverAt(-99, -99));
    marks.addEventListener("wheel", (event) => {
      event.preventDefault();
      view.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...at(event));
      soon();
    }, { passive: false });
    marks.addEventListener("keydown", keys);
  }

  function keys(event) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    const middle = [view.size.width / 2, view.size.height / 2];
    if (step) view.pan(...step);
    else if (event.key === "+" || event.key === "=") view.zoomAt(1.25, ...middle);
    else if (event.key === "-") view.zoomAt(0.8, ...middle);
    else return;
    event.preventDefault();
    soon();
  }

  const painter = makePainter(points);
  if (!painter) {
    veil.textContent =
      "This browser draws no WebGL, which the map needs. Turn on hardware acceleration, or try another browser.";
  }
  hand();
  new ResizeObserver(measure).observe(element);
  on("map:redraw", soon);
  on("map:sheets", soon);
  on("map:colours", colour);
  on("map:selection", colour);
  on("map:panel", () => {
    view.size.right = covered();
    soon();
  });
  return Object.assign(plane, {
    show,
    soon,
    colour,
    measure,
    fit: () => {
      view.fit(plane.data.extent);
      soon();
    },
    zoom: (factor) => {
      view.zoomAt(factor, (view.size.width - view.size.right) / 2, view.size.height / 2);
      soon();
    },
  });
}

export { makePlane };
