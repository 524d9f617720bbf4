// The hand on a map: it moves, zooms, picks, decodes and draws around pictures.
import { addStop, pickRow, probe } from "./acts.js";
import { selectRows, state } from "./state.js";
import { inside } from "./view.js";

const STILL = 4; // pixels that a click may travel
const PAN = 60; // pixels of one arrow key
const PANS = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
const ZOOMS = { "+": 1.25, "=": 1.25, "-": 0.8 };

export class Hand {
  #plane;
  #marks;
  #down = new Map(); // pointer -> where it is
  #mode = ""; // "pan", "pinch", "lasso" or "probe"
  #start = [0, 0];
  #travelled = false;

  /** The polygon that is being drawn, in pixels. @type {[number, number][] | null} */
  lasso = null;

  /** @param {import("./plane.js").Plane} plane @param {HTMLCanvasElement} marks its upper canvas */
  constructor(plane, marks) {
    this.#plane = plane;
    this.#marks = marks;
    const listen = (name, action, options) => marks.addEventListener(name, action.bind(this), options);
    listen("pointerdown", this.#begin);
    listen("pointermove", this.#move);
    listen("pointerup", this.#end);
    listen("pointercancel", this.#end);
    listen("pointerleave", this.#leave);
    listen("wheel", this.#wheel, { passive: false });
    listen("keydown", this.#keys);
  }

  #at(event) {
    const box = this.#marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #begin(event) {
    if (!this.#plane.data || event.button) return;
    this.#marks.setPointerCapture(event.pointerId);
    this.#start = this.#at(event);
    this.#travelled = false;
    this.#down.set(event.pointerId, this.#start);
    this.#mode = this.#modeAt(...this.#start);
    if (this.#mode === "lasso") this.lasso = [this.#start];
    if (this.#mode === "probe") this.#probe(...this.#start);
  }

  #modeAt(x, y) {
    if (this.#down.size > 1) return "pinch";
    if (state.tool === "lasso") return "lasso";
    const grasped = state.tool === "look" && this.#plane.hit(x, y) < 0 && this.#plane.isOnProbe(x, y);
    return state.tool === "decode" || grasped ? "probe" : "pan";
  }

  #probe(x, y) {
    probe(this.#plane, this.#plane.placeAt(x, y));
  }

  #move(event) {
    const [x, y] = this.#at(event);
    if (!this.#down.has(event.pointerId)) return this.#plane.hoverAt(x, y);
    const before = this.#down.get(event.pointerId);
    if (Math.hypot(x - this.#start[0], y - this.#start[1]) > STILL) this.#travelled = true;
    if (this.#mode === "pinch") this.#pinch(event.pointerId, [x, y], before);
    else if (this.#mode === "lasso") this.lasso.push([x, y]);
    else if (this.#mode === "probe") this.#probe(x, y);
    else if (this.#travelled) this.#plane.view.pan(x - before[0], y - before[1]);
    this.#down.set(event.pointerId, [x, y]);
    if (this.#travelled) this.#plane.hideTip();
    this.#plane.soon();
  }

  #pinch(pointer, [x, y], [beforeX, beforeY]) {
    const other = [...this.#down].find(([id]) => id !== pointer)?.[1];
    if (!other) return;
    const before = Math.max(1, Math.hypot(beforeX - other[0], beforeY - other[1]));
    this.#plane.view.zoomAt(Math.hypot(x - other[0], y - other[1]) / before, ...other);
  }

  #end(event) {
    if (!this.#down.delete(event.pointerId)) return;
    if (this.#mode === "lasso") {
      const rows = this.lasso.length > 3 ? inside(this.#plane.pixels, this.lasso) : [];
      this.lasso = null;
      selectRows(rows, { describe: true });
    } else if (this.#mode === "pan" && !this.#travelled && event.type === "pointerup") this.#click(...this.#start);
    if (!this.#down.size) this.#mode = "";
    this.#plane.soon();
  }

  #click(x, y) {
    const plane = this.#plane;
    const row = plane.hit(x, y);
    if (row >= 0) return state.tool === "path" ? addStop({ row }) : pickRow(row);
    if (state.tool !== "path") return this.#probe(x, y);
    if (plane.slot === "first") addStop({ place: plane.placeAt(x, y) });
  }

  #leave() {
    if (!this.#down.size) this.#plane.hoverAt(-99, -99);
  }

  #wheel(event) {
    event.preventDefault();
    this.#plane.view.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.#at(event));
    this.#plane.soon();
  }

  #keys(event) {
    const { view } = this.#plane;
    const [pan, zoom] = [PANS[event.key], ZOOMS[event.key]];
    if (pan) view.pan(...pan);
    else if (zoom) view.zoomAt(zoom, view.size.width / 2, view.size.height / 2);
    else return;
    event.preventDefault();
    this.#plane.soon();
  }
}
