// The small world: two tiny models learn a distribution that somebody draws, in this browser, in a worker of its own.
import { makeChart } from "../shared/charts.js";
import { button, checkRadio, fillSlider, plainSlider, radio, radioGroup, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { term } from "../shared/term.js";
import { makeDialog } from "../learn/dialog.js";
import { lossFigure } from "./losses.js";
import { grid } from "./learner.js";
import { Pad } from "./pad.js";
import { drawPlot } from "./plots.js";
import { PRESETS } from "./shapes.js";

const LEAST = 30; // points
const CHART = 600; // milliseconds between two drawings of the losses
const dialog = makeDialog("small-world", "Small world");

const square = (words) => el("canvas", { class: "world-plot", role: "img", "aria-label": words });
const figure = (canvas, title, about) => el("figure", {}, canvas, el("figcaption", {}, el("strong", {}, title), about));

class SmallWorld {
  #worker = null;
  #state = null;
  #losses = [];
  #numbers = 2;
  #running = false;
  #charted = 0;
  #pad = new Pad(() => this.#start());
  #said = el("p", { class: "hint number", role: "status" });
  #pause = button("Pause", () => this.#run(!this.#running), { id: "world-pause" });
  #plots = {
    flow: square("Samples of the flow and its field"),
    rebuilt: square("The drawing through the autoencoder"),
    prior: square("Samples of the autoencoder’s prior"),
  };
  #time = plainSlider("Time, from noise to the drawing", { min: 0, max: 1, step: 0.01 }, { id: "world-time" });
  #timeSaid = el("span", { class: "hint number" });
  #distances = { flow: el("span", { class: "hint number" }), vae: el("span", { class: "hint number" }) };
  #chart = null;

  constructor() {
    this.#time.value = "1";
    this.#time.addEventListener("input", () => this.#moveTime());
    this.#moveTime();
    dialog.node.addEventListener("close", () => this.#end());
    document.addEventListener(
      "visibilitychange",
      () => this.#tell({ kind: "run", run: this.#running && !document.hidden }),
    );
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.#draw()).observe(this.#plots.flow);
  }

  open() {
    this.#chart = makeChart(lossFigure([]));
    dialog.open(el("div", { class: "world" }, this.#column(), this.#models(), this.#chart.node));
    this.#use("moons");
  }

  #column() {
    const presets = Object.entries(PRESETS).map(([name, { title }]) =>
      button(title, () => this.#use(name), { "data-preset": name })
    );
    const sizes = [1, 2].map((count) => radio(String(count), () => this.#choose(count, sizes)));
    checkRadio(sizes, (_, place) => place + 1 === this.#numbers);
    const clear = button("Clear", () => this.#clear());
    const words =
      "Paint a distribution: where there is more paint, points are likelier. Two networks of some thousand numbers learn " +
      "it here in your browser, and draw new points.";
    return el(
      "section",
      { class: "world-column" },
      el("p", {}, words),
      this.#pad.node,
      el("div", { class: "world-buttons" }, presets, clear),
      setting(term("latent", "Latent numbers"), radioGroup("Numbers of the latent", sizes)),
      el("div", { class: "world-buttons" }, this.#pause, button("Start again", () => this.#start())),
      this.#said,
    );
  }

  #models() {
    const { flow, rebuilt, prior } = this.#plots;
    const field = "The field carries noise to the drawing. Move the time and watch it on its way. ";
    const kept = "Each point through the latent and back: what it keeps.";
    const drawn = "Latent numbers drawn at random, decoded. ";
    const time = setting("Time", [this.#time, this.#timeSaid], { tag: "label" });
    return el(
      "section",
      { class: "world-models" },
      el(
        "div",
        {},
        el("h3", {}, term("flow", "Flow matching")),
        figure(flow, "Samples and field", [field, this.#distances.flow]),
        time,
      ),
      el(
        "div",
        {},
        el("h3", {}, term("vae", "Variational autoencoder")),
        el(
          "div",
          { class: "world-pair" },
          figure(rebuilt, "Reconstruction", kept),
          figure(prior, "Samples of the prior", [drawn, this.#distances.vae]),
        ),
      ),
    );
  }

  #use(name) {
    this.#pad.use(name);
    this.#start();
  }

  #choose(count, sizes) {
    this.#numbers = count;
    checkRadio(sizes, (_, place) => place + 1 === count);
    this.#start();
  }

  #clear() {
    this.#pad.clear();
    this.#run(false);
    this.#said.textContent = "Paint something: the models begin when you lift the pen.";
  }

  #start() {
    const { points } = this.#pad;
    if (points.length < 2 * LEAST) {
      this.#said.textContent = "A little more paint, please: there are too few points to learn from.";
      return;
    }
    this.#end();
    this.#losses = [];
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#take(data));
    this.#worker.addEventListener("error", ({ message }) => {
      this.#said.textContent = "The models stopped: this browser could not run them.";
      reportError(new Error(message));
    });
    this.#tell({ kind: "time", time: Number(this.#time.value) });
    this.#tell({ kind: "start", points, numbers: this.#numbers });
    this.#run(true);
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#running = false;
  }

  #tell(order) {
    this.#worker?.postMessage(order);
  }

  #run(run) {
    this.#running = run && Boolean(this.#worker);
    this.#pause.textContent = this.#running ? "Pause" : "Go on";
    this.#pause.disabled = !this.#worker || Boolean(this.#state?.done && !this.#running);
    this.#tell({ kind: "run", run: this.#running });
  }

  #moveTime() {
    const time = Number(this.#time.value);
    fillSlider(this.#time, 0, time);
    this.#timeSaid.textContent = time === 0 ? "noise" : time === 1 ? "drawing" : time.toFixed(2);
    this.#tell({ kind: "time", time });
  }

  #take(state) {
    this.#state = state;
    if (state.step && this.#losses.at(-1)?.step !== state.step) {
      this.#losses.push({ step: state.step, ...state.losses });
    }
    this.#said.textContent = `Step ${state.step.toLocaleString("en")}${state.done ? ", finished" : ""}`;
    for (const name of ["flow", "vae"]) {
      this.#distances[name].textContent = `Mean distance from the drawing: ${state.distances[name].toFixed(3)}`;
    }
    if (state.done) this.#run(false);
    this.#draw();
    if (!state.done && performance.now() - this.#charted < CHART) return;
    this.#charted = performance.now();
    this.#chart.update(lossFigure(this.#losses));
  }

  #draw() {
    this.#pad.draw();
    if (!this.#state) return;
    const { samples, field, given, rebuilt, prior } = this.#state;
    drawPlot(this.#plots.flow, { points: samples, places: grid, field });
    drawPlot(this.#plots.rebuilt, { points: rebuilt, under: given });
    drawPlot(this.#plots.prior, { points: prior, under: given });
  }
}

let world = null;

/** Opens the small world, and begins to learn. */
export function openSmallWorld() {
  world ||= new SmallWorld();
  world.open();
}
