// The square of a photo that the model sees: dragged, zoomed, turned, moved with the arrow keys.
import { fillSlider, plainSlider, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { asCrop, asJpeg, cut, middle, moved, nearness, withNearness } from "./placement.js";

const SIDE = 312; // CSS pixels of the preview
const FARTHEST = -1; // zoom: halvings of the photo's shorter side that the square is wide
const NEAREST = 7;
const WHEEL = 0.07; // of the zoom, for every notch
const MOST_TURNED = 180; // degrees
const REST = 350; // milliseconds after a turn of the wheel or a key
const WORDS = "Crop of your photo. Drag to move, arrows too.";
const RAW = "This browser cannot show the format; its centre square is used.";
const WAYS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Crop {
  #bitmap = null;
  #square = null; // Placement
  #from = null; // where the pointer was
  #timer = 0;
  #settled;
  #canvas = el("canvas", { class: "crop", tabindex: 0, role: "img", "aria-label": WORDS });
  #zoom = plainSlider("Zoom", { min: FARTHEST, max: NEAREST, step: 0.01 }, { name: "zoom", value: 0 });
  #angle = plainSlider("Turn", { min: -MOST_TURNED, max: MOST_TURNED, step: 0.5 }, { name: "turn", value: 0 });

  /**
   * @param {(source: string, placement: import("./placement.js").Placement, crop: number[]) => void} settled gets the
   * square as a JPEG data URI when the hand rests, where it lies, and how a recipe keeps that
   */
  constructor(settled) {
    this.#settled = settled;
    const line = (name, slider) => setting(name, slider, { tag: "label", class: "setting crop-zoom" });
    const sliders = [line("Zoom", this.#zoom), line("Turn", this.#angle)];
    const parts = [this.#canvas, ...sliders, el("p", { class: "hint raw-note" }, RAW)];
    this.node = el("div", { class: "crop-view", "data-empty": "none" }, parts);
    this.#listen();
  }

  /** Shows a picture, or none of one that only the server can read. */
  open(picture) {
    this.#bitmap = picture;
    this.node.dataset.empty = picture ? "" : "raw";
    if (picture) this.#square = middle(picture);
    this.#paint();
  }

  close() {
    this.#bitmap = null;
    this.node.dataset.empty = "none";
  }

  /** Lays the square elsewhere, or leaves it where it is, and sends what it shows. */
  place(placement) {
    this.#square = placement || this.#square;
    this.#paint();
    this.#settle();
  }

  #paint() {
    if (!this.#bitmap) return;
    cut(this.#bitmap, this.#square, this.#canvas, SIDE * Math.min(2, devicePixelRatio || 1));
    const values = [[this.#zoom, nearness(this.#square, this.#bitmap)], [this.#angle, this.#square.degrees]];
    for (const [slider, value] of values) {
      slider.value = value;
      fillSlider(slider, Number(slider.min), value);
    }
  }

  // By pixels of the photo, and nearer, farther or turned where that is given.
  #move(dx, dy, { zoom, degrees } = {}) {
    if (!this.#bitmap) return;
    let square = moved(this.#square, -dx, -dy, this.#bitmap);
    if (zoom !== undefined) square = withNearness(square, Math.min(NEAREST, Math.max(FARTHEST, zoom)), this.#bitmap);
    if (degrees !== undefined) square = { ...square, degrees };
    this.#square = square;
    this.#paint();
  }

  #settle() {
    if (!this.#bitmap) return;
    this.#settled(asJpeg(this.#bitmap, this.#square), this.#square, asCrop(this.#square, this.#bitmap));
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), REST);
  }

  #listen() {
    const listen = (name, action, options) => this.#canvas.addEventListener(name, action.bind(this), options);
    listen("pointerdown", this.#grasp);
    listen("pointermove", this.#drag);
    listen("pointerup", this.#release);
    listen("wheel", this.#turn, { passive: false });
    listen("keydown", this.#step);
    this.#zoom.addEventListener("input", () => this.#move(0, 0, { zoom: Number(this.#zoom.value) }));
    this.#angle.addEventListener("input", () => this.#move(0, 0, { degrees: Number(this.#angle.value) }));
    for (const slider of [this.#zoom, this.#angle]) slider.addEventListener("change", () => this.#settle());
  }

  #grasp(event) {
    this.#from = [event.clientX, event.clientY];
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.#from || !this.#square) return;
    const scale = this.#square.side / this.#canvas.clientWidth;
    this.#move((event.clientX - this.#from[0]) * scale, (event.clientY - this.#from[1]) * scale);
    this.#from = [event.clientX, event.clientY];
  }

  #release() {
    this.#from = null;
    this.#settle();
  }

  #turn(event) {
    event.preventDefault();
    if (!this.#bitmap) return;
    const zoom = nearness(this.#square, this.#bitmap) + (event.deltaY < 0 ? WHEEL : -WHEEL);
    this.#move(0, 0, { zoom });
    this.#rest();
  }

  #step(event) {
    const way = WAYS[event.key];
    if (!way || !this.#square) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move((way[0] * this.#square.side) / 40, (way[1] * this.#square.side) / 40);
    this.#rest();
  }
}
