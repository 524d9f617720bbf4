// The hand on a map: it moves, zooms, picks, decodes and draws around pictures.
import { addStop, pickRow, probe } from "./acts.js";
import { nextPoint, stepped } from "./cursor.js";
import { selectRows, state } from "./state.js";
import { inside } from "./view.js";

const STILL = 4; // pixels that a click may travel
const PAN = 60; // pixels of one arrow key with Alt
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

  /** Where the keys are, in pixels; null while a pointer is used. @type {[number, number] | null} */
  cursor = null;

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
    listen("focus", this.#focus);
    listen("blur", this.#leaveKeys);
  }

  #at(event) {
    const box = this.#marks.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #begin(event) {
    if (!this.#plane.data || event.button) return;
    this.#marks.setPointerCapture(event.pointerId);
    this.#leaveKeys();
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

  // --- keys -------------------------------------------------------------------------------------------------------

  #focus() {
    if (!this.#marks.matches(":focus-visible") || !this.#plane.data) return;
    const { width, height, right } = this.#plane.view.size;
    this.#to([(width - right) / 2, height / 2]);
  }

  #leaveKeys() {
    this.cursor = this.lasso = null;
    this.#plane.hoverAt(-99, -99);
    this.#plane.soon();
  }

  #keys(event) {
    const plane = this.#plane;
    if (!plane.data || event.ctrlKey || event.metaKey) return;
    if (event.altKey && PANS[event.key]) plane.view.pan(...PANS[event.key]);
    else if (event.altKey || (event.key === "Escape" && !this.lasso)) return;
    else if (event.key === "Escape") this.lasso = null;
    else if (ZOOMS[event.key]) plane.view.zoomAt(ZOOMS[event.key], ...this.#middle());
    else if (event.key === "Enter" || event.key === " ") this.#act();
    else if (!this.#moveCursor(event)) return;
    event.preventDefault();
    plane.soon();
  }

  #middle() {
    const { width, height } = this.#plane.view.size;
    return this.cursor || [width / 2, height / 2];
  }

  // With Shift to the next point, otherwise a little.
  #moveCursor({ key, shiftKey }) {
    const { view, pixels } = this.#plane;
    const step = stepped(this.#middle(), key, view.size);
    if (!step) return false;
    const next = shiftKey && nextPoint(this.#middle(), key, pixels, (row) => this.#plane.isBright(row));
    if (!next) view.pan(...step.pan);
    this.#to(next || step.cursor);
    return true;
  }

  #to(cursor) {
    this.cursor = cursor;
    if (state.tool === "decode") this.#probe(...cursor);
    this.#plane.hoverAt(...cursor);
    this.#plane.soon();
  }

  // What a click does there; of the lasso it is one corner, and a corner twice closes it.
  #act() {
    const corner = this.#middle();
    this.cursor = corner;
    if (state.tool !== "lasso") return this.#click(...corner);
    const last = this.lasso?.at(-1);
    if (!last || last[0] !== corner[0] || last[1] !== corner[1]) return void (this.lasso ||= []).push(corner);
    const rows = this.lasso.length > 2 ? inside(this.#plane.pixels, this.lasso) : [];
    this.lasso = null;
    selectRows(rows, { describe: true });
  }
}
