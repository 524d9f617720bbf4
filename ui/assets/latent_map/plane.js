// One map on the page: a canvas of points, a canvas of marks over it, and a tip beside the point under the pointer.
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { pointColours, valueWords } from "./colours.js";
import { Painter } from "./gl.js";
import { Hand } from "./hand.js";
import { drawMarks, pixelOf, unitsOf } from "./marks.js";
import { request } from "./requests.js";
import { drawThumbnail, floats, spaceOf, state } from "./state.js";
import { normalise, View } from "./view.js";

const GLIDE = 700; // milliseconds from one map to the next
const FADE = 300;
const REACH = 9; // pixels around a point
const GRASP = 18; // pixels around the place that is decoded
const THUMB = 44;
const TIP = 192;
const FAINT = 128; // of 255: what is fainter is not picked
const NO_WEBGL =
  "This browser draws no WebGL, which the map needs. Turn on hardware acceleration, or try another browser.";
const KEYS =
  "Map. Arrows move the cursor, with Shift to the next picture, with Alt they move the map. Enter picks, decodes, " +
  "adds a stop or a corner, as the tool does; a corner twice closes a lasso. Plus and minus zoom, V, D, P and L choose " +
  "a tool, Escape clears.";
const still = matchMedia("(prefers-reduced-motion: reduce)");
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
const part = (since, length) => (still.matches ? 1 : Math.min(1, (performance.now() - since) / length));
const ratio = () => Math.min(2, devicePixelRatio || 1);

export class Plane {
  space = "";
  projection = "";
  atlas = ""; // the name of the one whose points are shown
  data = null; // of `normalise`
  explained = null; // shares of the variance
  view = new View();
  pixels = null; // of the points, in CSS pixels (N, 2)

  #points = el("canvas", { class: "latent-map-points", "aria-hidden": "true" });
  #marks = el("canvas", { class: "latent-map-marks", tabindex: 0, role: "application", "aria-label": KEYS });
  #thumb = el("canvas", { width: TIP, height: TIP });
  #words = el("span", {});
  #tip = el("div", { class: "latent-map-tip", role: "status", hidden: true }, this.#thumb, this.#words);
  #veil = el("p", { class: "latent-map-veil hint", role: "status" }, "Opening the map");
  #painter = Painter.on(this.#points);
  #hand = new Hand(this, this.#marks);
  #rgba = null;
  #tipped = false;
  #moved = 0; // when the points set out
  #faded = 0; // when the colours changed
  #frame = 0;
  #closed = false;
  #observer = new ResizeObserver(() => this.measure());
  #subscriptions;

  /** @param {"first" | "second"} slot */
  constructor(slot) {
    this.slot = slot;
    const parts = [this.#points, this.#marks, this.#tip, this.#veil];
    this.element = el("div", { class: "latent-map-plane", "data-slot": slot }, parts);
    if (!this.#painter) this.#veil.textContent = NO_WEBGL;
    this.#observer.observe(this.element);
    const [soon, colour] = [() => this.soon(), () => this.colour()];
    this.#subscriptions = [
      on("latent-map:redraw", soon),
      on("latent-map:sheets", soon),
      on("latent-map:colours", colour),
      on("latent-map:selection", colour),
      on("latent-map:panel", () => {
        this.view.size.right = this.#covered();
        this.soon();
      }),
    ];
  }

  /** Takes the map off the page and lets go of all that it holds. */
  close() {
    this.#closed = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    this.#painter?.close();
    this.element.remove();
  }

  // --- drawing ----------------------------------------------------------------------------------------------------

  soon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.element.offsetParent || !this.data) return;
    const { view, data } = this;
    const [move, fade] = [part(this.#moved, GLIDE), part(this.#faded, FADE)];
    const density = Math.max(0.5, 2 - 0.3 * Math.log10(data.count));
    const size = state.size * ratio() * density * Math.min(2, Math.max(1, view.zoom ** 0.25));
    const settings = { matrix: view.matrix(), move: ease(move), fade, deep: view.deep, size };
    this.#painter?.draw(data.count, { ...settings, opacity: state.opacity });
    this.pixels = view.project(data.units, this.pixels?.length === 2 * data.count ? this.pixels : undefined);
    const { lasso, cursor } = this.#hand;
    const marks = { lasso, cursor, settled: move === 1, thumb: THUMB };
    drawMarks(this, this.#marks.getContext("2d"), ratio(), marks);
    if (move < 1 || fade < 1) this.soon();
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    const first = this.view.size.width === 1;
    for (const canvas of [this.#points, this.#marks]) {
      Object.assign(canvas, { width: Math.round(width * ratio()), height: Math.round(height * ratio()) });
    }
    this.view.size = { width, height, right: this.#covered() };
    if (first && this.data) this.view.fit(this.data.extent);
    this.#draw();
  }

  // Pixels at the right that the panel covers.
  #covered() {
    const panel = document.querySelector(".latent-map-panel");
    if (!panel || panel.hidden || state.side) return 0; // two maps stand beside the panel
    return getComputedStyle(panel).position === "absolute" ? panel.offsetWidth + 16 : 0;
  }

  colour() {
    if (!this.data) return;
    const next = pointColours(this.data.count);
    this.#painter?.put("before", this.#rgba?.length === next.length ? this.#rgba : next, 4);
    this.#painter?.put("after", next, 4);
    this.#rgba = next;
    this.#faded = performance.now();
    this.soon();
  }

  fit() {
    this.view.fit(this.data.extent);
    this.soon();
  }

  zoom(factor) {
    const { width, height, right } = this.view.size;
    this.view.zoomAt(factor, (width - right) / 2, height / 2);
    this.soon();
  }

  // --- what is shown ----------------------------------------------------------------------------------------------

  show(space, projection) {
    Object.assign(this, { space, projection });
    const content = { kind: "points", atlas: state.atlas.name, space, projection };
    request(this.slot === "first" ? "points" : "points2", content, (response) => {
      if (!response.error && !this.#closed) this.#take(response, space, projection);
    });
  }

  #take({ places, dimensions, explained, colourings }, space, projection) {
    const next = normalise(floats(places), dimensions);
    const same = this.data?.count === next.count && this.atlas === state.atlas.name;
    this.#painter?.put("from", same ? this.data.units : next.units, 3);
    this.#painter?.put("to", next.units, 3);
    Object.assign(this, { data: next, atlas: state.atlas.name, explained });
    this.view.deep = dimensions === 3;
    this.view.fit(next.extent);
    this.#moved = same ? performance.now() : 0;
    this.#veil.hidden = Boolean(this.#painter);
    this.element.dataset.title = spaceOf(space).title;
    this.element.dataset.ready = `${space} ${projection}`;
    if (this.slot === "first") state.colourings = colourings;
    this.colour();
    emit("latent-map:shown", this);
  }

  /** The map as it is seen, points and marks on the page's ground. @returns {HTMLCanvasElement} */
  picture() {
    this.#draw(); // what the graphics card drew is gone once it has been shown
    const { width, height } = this.#points;
    const canvas = el("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--canvas").trim();
    context.fillRect(0, 0, width, height);
    context.drawImage(this.#points, 0, 0);
    context.drawImage(this.#marks, 0, 0);
    return canvas;
  }

  // --- what lies under the pointer --------------------------------------------------------------------------------

  /** Whether a point is among those that a filter or a selection leaves. */
  isBright(row) {
    return this.#rgba[4 * row + 3] >= FAINT;
  }

  /** The row of the point near a pixel; -1 for none. */
  hit(x, y) {
    const { pixels, data } = this;
    let best = -1;
    let least = (REACH + state.size / 2) ** 2;
    for (let row = 0; pixels && row < data.count; row++) {
      if (!this.isBright(row)) continue;
      const far = (pixels[2 * row] - x) ** 2 + (pixels[2 * row + 1] - y) ** 2;
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  /** The place on the map under a pixel. In 3-D as deep as the place that is decoded, or through the middle. */
  placeAt(x, y) {
    const { picked } = state;
    const own = this.view.deep && picked?.place && picked.plane === this;
    const depth = own ? this.view.depthOf(unitsOf(this, picked.place)) : 0;
    const { centre, scale } = this.data;
    return this.view.unproject(x, y, depth).map((unit, axis) => centre[axis] + unit * scale);
  }

  /** The colour of a point, for what stands in its place. */
  colourOf(row) {
    return `rgb(${this.#rgba.subarray(4 * row, 4 * row + 3).join(" ")})`;
  }

  isOnProbe(x, y) {
    if (!state.picked?.place || state.picked.plane !== this) return false;
    const [px, py] = pixelOf(this, state.picked.place);
    return Math.hypot(px - x, py - y) < GRASP;
  }

  hideTip() {
    this.#tip.hidden = true;
  }

  #cursorAt(x, y, row) {
    if (state.tool !== "look") return "crosshair";
    if (row >= 0) return "pointer";
    return this.isOnProbe(x, y) ? "grab" : "default";
  }

  hoverAt(x, y) {
    const row = this.data ? this.hit(x, y) : -1;
    this.#marks.style.cursor = this.#cursorAt(x, y, row);
    if (row === state.hover && this.#tipped === (row >= 0)) return;
    state.hover = row;
    this.#tipped = row >= 0;
    this.#tip.hidden = row < 0;
    if (row >= 0) this.#fillTip(row);
    emit("latent-map:redraw");
  }

  #fillTip(row) {
    const context = this.#thumb.getContext("2d");
    context.imageSmoothingQuality = "high";
    this.#thumb.hidden = !drawThumbnail(context, row, 0, 0, TIP);
    this.#words.textContent = valueWords(row);
    const { width, height } = this.view.size;
    this.#tip.style.left = `${Math.max(8, Math.min(this.pixels[2 * row] + 14, width - 120))}px`;
    this.#tip.style.top = `${Math.max(8, Math.min(this.pixels[2 * row + 1] - 60, height - 140))}px`;
  }
}
