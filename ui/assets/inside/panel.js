// The panel: one slider over the steps of a drawing moves the latents, the predictions, their sum and the schedule.
import { canPerform, perform } from "../shared/act.js";
import { makeChart } from "../shared/charts.js";
import { button, iconButton, setSlider } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { term } from "../shared/term.js";
import { figuresView } from "./figures.js";
import { guidanceFormula, guidanceWords, placeWords, predictionWords } from "./words.js";

const KEEP = 12; // drawings whose steps are kept
const PACE = 600; // milliseconds of a step that plays

export class InsidePanel {
  #tab;
  #known = new Map(); // key -> InsideView
  #shown = null; // {subject, view}
  #asked = ""; // key of the drawing that was asked for
  #timer = 0;

  /**
   * @param {HTMLElement} node the panel's place
   * @param {object} tab as `makeInside` has it, and `close`
   */
  constructor(node, tab) {
    this.#tab = tab;
    this.node = node;
    this.#build();
    on(`${tab.name}:response`, (response) => this.#take(response));
    on(`${tab.name}:idle`, () => !node.hidden && this.show());
    on(`${tab.name}:inside`, (open) => open || this.#play(false));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.stopPropagation(); // of the tab it would stop the drawing
      tab.close();
    });
  }

  #build() {
    this.place = el("output", { class: "inside-place number" });
    this.slider = el("input", {
      type: "range",
      class: "plain",
      min: 0,
      max: 0,
      step: 1,
      disabled: true,
      id: `${this.#tab.name}-inside-step`,
      "aria-label": "Step of the drawing",
    });
    this.slider.addEventListener("input", () => {
      this.#play(false);
      this.#go(Number(this.slider.value));
    });
    this.player = button("Play", () => this.#play(!this.#timer), { class: "button small", disabled: true });
    this.player.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const send = () => perform({ tab: "map", drawings: this.#tab.drawings() });
    this.path = button("Path on the map", send, { class: "button small", disabled: true });
    this.path.title = "The latents of each step as a way over the latent map; a second drawing joins the first";
    this.path.hidden = !canPerform({ tab: "map" });
    this.figures = figuresView();
    this.formula = el("p", { class: "inside-formula" });
    this.said = el("p", { class: "hint", role: "status" });
    this.chart = el("div", { class: "inside-chart" });
    const head = el(
      "header",
      { class: "inside-head" },
      el("h2", {}, term("diffusion", "Inside the drawing")),
      this.slider,
      this.place,
      this.player,
      this.path,
      iconButton("close", "Close (Esc)", this.#tab.close, { class: "icon-button inside-close" }),
    );
    const words = el("div", { class: "inside-words" }, this.formula, this.said);
    this.node.append(head, el("div", { class: "inside-body" }, el("div", {}, this.figures.node, words), this.chart));
  }

  /** Shows the drawing on the canvas, and asks for its steps where they are not known. */
  show() {
    const subject = this.#tab.subject();
    if (!subject) return this.#tell("This picture has no steps to look into.", true);
    const view = this.#known.get(subject.key);
    if (view) return this.#display(subject, view);
    if (this.#asked === subject.key) return;
    this.#asked = subject.key;
    this.#tell("Drawing it once more to keep every step.");
    this.#tab.requests.request("inside", { kind: "inside", recipe: subject.recipe }, { key: subject.key });
  }

  #tell(words, stale = true) {
    this.node.toggleAttribute("data-stale", stale);
    this.said.textContent = words;
  }

  #take({ request, inside, progress, error, missing, last }) {
    if (request.kind !== "inside") return;
    if (progress) this.#tell(`Drawing it once more to keep every step: ${progress.step} of ${progress.steps}.`);
    if (error || missing) return this.#tell(error || missing); // not asked again by itself
    if (!inside) {
      if (last && !request.stopped) this.#asked = ""; // it gave way to a drawing
      return;
    }
    if (this.#known.size >= KEEP) this.#known.delete(this.#known.keys().next().value);
    this.#known.set(request.key, inside);
    this.#asked = "";
    if (!this.node.hidden) this.show();
  }

  #display(subject, view) {
    const again = this.#shown?.view === view;
    if (again && !this.node.hasAttribute("data-stale")) return;
    const share = this.#shown ? Number(this.slider.value) / Math.max(1, Number(this.slider.max)) : 0;
    this.#shown = { subject, view };
    this.node.removeAttribute("data-stale");
    this.slider.max = String(view.steps.length - 1);
    for (const one of [this.slider, this.player, this.path]) one.disabled = false;
    if (!this.schedule) {
      this.schedule = makeChart(view.chart);
      this.chart.replaceChildren(this.schedule.node);
    }
    // Another drawing is seen at the same share of its steps: so two settings can be compared there.
    this.#go(again ? Number(this.slider.value) : Math.round(share * (view.steps.length - 1)));
  }

  #go(index) {
    const { view } = this.#shown;
    const step = view.steps[index];
    setSlider(this.slider, index);
    this.place.textContent = placeWords(view, step);
    this.slider.setAttribute("aria-valuetext", this.place.textContent);
    this.figures.show(view, step);
    this.formula.textContent = guidanceFormula(view, step);
    this.said.textContent = [guidanceWords(view, step), predictionWords(view, step)].filter(Boolean).join(" ");
    this.schedule.update(marked(view.chart, step.timestep));
  }

  #play(on) {
    clearInterval(this.#timer);
    this.#timer = on ? setInterval(() => this.#next(), PACE) : 0;
    this.player.textContent = on ? "Pause" : "Play";
    if (on && this.slider.value === this.slider.max) this.#go(0);
  }

  #next() {
    if (this.slider.value === this.slider.max) return this.#play(false);
    this.#go(Number(this.slider.value) + 1);
  }
}

/** The chart with a line at the step that is shown. */
export function marked(chart, at) {
  const line = { color: "var(--accent)", width: 2 };
  const shapes = [{ type: "line", x0: at, x1: at, y0: 0, y1: 1, yref: "paper", line }];
  return { ...chart, layout: { ...chart.layout, shapes } };
}
