// The diagram of a network in its view: fetched once, zoomed by buttons and the wheel, dragged by the pointer.
import { button, checkRadio, radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";

const STEP = 1.4; // of one press
const [LEAST, MOST] = [0.15, 4];

export class Diagram {
  #body;
  #fetch;
  #known = {}; // model -> {parts: {title, svg, problem}[], problem}
  #zoom = 0; // 0 all of it, else a factor
  #parts = el("div", { class: "diagram-parts" });

  /** @param {HTMLElement} body @param {(name: string) => Promise<any>} fetch */
  constructor(body, fetch) {
    this.#body = body;
    this.#fetch = fetch;
    const closer = (key, words, title, onclick) =>
      button(words, onclick, { class: "icon-button", "data-zoom": key, title, "aria-label": title });
    this.bar = el(
      "div",
      { class: "zoom", hidden: true },
      this.#parts,
      closer("out", "\u2212", "Smaller", () => this.#zoomBy(1 / STEP)),
      button("Fit", () => this.#setZoom(0), { class: "button small", "data-zoom": "fit" }),
      closer("in", "+", "Larger", () => this.#zoomBy(STEP)),
    );
    this.#listen();
    new ResizeObserver(() => this.#apply()).observe(body);
  }

  /** Draws the network of a model, unless `wanted()` says meanwhile that another view or model is shown. */
  async show(name, wanted, missing) {
    this.#zoom = 0;
    if (!this.#known[name]) {
      this.#say("Drawing the network", "One input is sent through it.");
      this.#known[name] = (await this.#fetch(name)) || { problem: "The network could not be drawn." };
      if (!wanted()) return;
    }
    const { parts = [], problem } = this.#known[name];
    if (problem) {
      delete this.#known[name]; // requested again the next time
      return this.#say("No diagram", missing ? "It is drawn from the loaded weights." : problem);
    }
    this.bar.hidden = false;
    this.#choose(parts, 0);
  }

  // One network at a time; those of a pipeline have a button each.
  #choose(parts, place) {
    const choices = parts.map(({ title }, index) => radio(title, () => this.#choose(parts, index)));
    checkRadio(choices, (_, index) => index === place);
    this.#parts.replaceChildren(parts.length > 1 ? radioGroup("Part", choices) : "");
    this.#zoom = 0;
    const { svg, problem } = parts[place];
    if (!svg) return this.#say("No diagram", problem);
    this.#body.innerHTML = svg;
    this.#apply();
  }

  #say(title, words) {
    this.#body.replaceChildren(el("div", { class: "empty" }, el("h2", {}, title), el("p", {}, words)));
  }

  #svg() {
    return this.bar.hidden ? null : this.#body.querySelector("svg");
  }

  #apply() {
    const svg = this.#svg();
    if (!svg) return;
    const body = this.#body;
    const { width, height } = svg.viewBox.baseVal;
    const fit = Math.min(body.clientWidth / width, body.clientHeight / height, STEP);
    const scale = this.#zoom || fit;
    const [x, y] = [body.scrollLeft + body.clientWidth / 2, body.scrollTop + body.clientHeight / 2];
    const before = svg.clientWidth || width * scale;
    svg.style.width = `${width * scale}px`;
    svg.style.height = `${height * scale}px`;
    const change = (width * scale) / before;
    body.scrollTo(x * change - body.clientWidth / 2, y * change - body.clientHeight / 2);
  }

  #setZoom(zoom) {
    this.#zoom = zoom;
    this.#apply();
  }

  #zoomBy(factor) {
    const svg = this.#svg();
    if (!svg) return;
    const now = svg.clientWidth / svg.viewBox.baseVal.width;
    this.#setZoom(Math.min(MOST, Math.max(LEAST, now * factor)));
  }

  #listen() {
    this.#body.addEventListener("wheel", (event) => {
      if (!this.#svg() || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#zoomBy(Math.exp(-event.deltaY / 300));
    }, { passive: false });
    this.#body.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  #drag(event) {
    if (!this.#svg() || event.pointerType !== "mouse" || event.button) return;
    const body = this.#body;
    const from = [event.clientX + body.scrollLeft, event.clientY + body.scrollTop];
    const move = (next) => body.scrollTo(from[0] - next.clientX, from[1] - next.clientY);
    body.setPointerCapture(event.pointerId);
    body.classList.add("held");
    body.addEventListener("pointermove", move);
    body.addEventListener("pointerup", () => {
      body.removeEventListener("pointermove", move);
      body.classList.remove("held");
    }, { once: true });
  }
}
