// Where a distribution is drawn: by the pointer, a finger or keys.
import { el } from "../shared/dom.js";
import { drawPlot } from "./plots.js";
import { normalFrom, uniformFrom } from "./random.js";
import { MOST, preset, spot } from "./shapes.js";

const STEP = 0.06; // of the brush, by an arrow key
const WORDS = "Pad: paint with the pointer, or move the brush by arrow keys and paint with Space";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Pad {
  #points = [];
  #brush = null; // [x, y] while the keys move it
  #changed;
  #normal = normalFrom(uniformFrom(3));

  /** @param {() => void} changed somebody has painted, and lifted the pen */
  constructor(changed) {
    this.#changed = changed;
    this.node = /** @type {HTMLCanvasElement} */ (
      el("canvas", { class: "world-pad", tabindex: 0, role: "application", "aria-label": WORDS })
    );
    this.node.addEventListener("pointerdown", (event) => {
      this.node.setPointerCapture(event.pointerId);
      this.#brush = null;
      this.#paintAt(event);
    });
    this.node.addEventListener("pointermove", (event) => event.buttons && this.#paintAt(event));
    this.node.addEventListener("pointerup", () => this.#changed());
    this.node.addEventListener("keydown", (event) => this.#key(event));
    this.node.addEventListener("blur", () => {
      this.#brush = null;
      this.draw();
    });
  }

  /** (N, 2) */
  get points() {
    return Float32Array.from(this.#points);
  }

  use(name) {
    this.#points = [...preset(name)];
    this.draw();
  }

  clear() {
    this.#points = [];
    this.draw();
  }

  draw() {
    drawPlot(this.node, { points: this.#points, brush: this.#brush });
  }

  #paint(x, y) {
    this.#points.push(...spot(x, y, this.#normal));
    this.#points.splice(0, Math.max(0, this.#points.length - 2 * MOST)); // the oldest give way
    this.draw();
  }

  #paintAt({ clientX, clientY }) {
    const box = this.node.getBoundingClientRect();
    this.#paint(2 * (clientX - box.left) / box.width - 1, 1 - 2 * (clientY - box.top) / box.height);
  }

  #key(event) {
    const way = ARROWS[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    this.#brush ||= [0, 0];
    if (way) this.#brush = this.#brush.map((value, axis) => Math.max(-1, Math.min(1, value + STEP * way[axis])));
    if (event.key !== " " && !event.shiftKey) return this.draw();
    this.#paint(...this.#brush);
    this.#changed();
  }
}
