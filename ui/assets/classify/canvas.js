// The canvas of the Classify tab: the picture with a heat map over it and what the classifier says, or its figures.
import { showView } from "../shared/charts.js";
import { after, register } from "../shared/components.js";
import { button, emptyPlace } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { paintHeat } from "../shared/heat.js";
import { arrange, roomOf } from "../shared/layout.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { QUICK, Stage } from "../shared/stage.js";
import { choose, open, requests } from "./requests.js";
import { resultsView, showResults } from "./results.js";
import { scoreOf, state, visible } from "./state.js";
import { paintVariations, selectedVariation, variationWords } from "./varied.js";

const LARGEST = 720; // CSS pixels of the picture
const TOP = 127.5; // levels of paintHeat that the lightest colour stands for: a map has the whole range of bytes
let stage, picture, varied, actions, figures, view;

function outgoing() {
  if (state.mode === "variations" && selectedVariation()) return selectedVariation();
  return state.classified && { uri: state.classified.picture, name: state.photo.name };
}

// --- the picture --------------------------------------------------------------------------------------------------

function paintPicture() {
  const { classified, heat, photo } = state;
  paintVariations(varied, stage.node);
  if (!classified || !stage.node.clientWidth) return;
  const { side } = arrange(1, ...roomOf(stage.node), LARGEST);
  const [canvas, over] = picture.children;
  picture.style.setProperty("--side", `${side}px`);
  paint(canvas, classified.picture, side);
  canvas.setAttribute("aria-label", photo.name);
  picture.toggleAttribute("data-heat", Boolean(heat));
  over.hidden = !heat;
  if (heat) paintHeat(over, heat.map, side, TOP);
}

function heatWords({ words }) {
  const { present, probability, empty, of_class } = state.heat;
  const decided = of_class ? percent(probability) : `${present ? "present" : "absent"}, ${percent(probability)}`;
  return [
    `${words}: ${decided}`,
    empty ? "Nothing in the picture speaks for it" : "Bright: where the classifier looked",
  ];
}

function tell() {
  const { classified, chosen, heat, photo, mode } = state;
  if (!classified) return;
  if (mode === "variations") return stage.tell(variationWords());
  const score = heat && scoreOf(chosen);
  const size = `${classified.side} × ${classified.side} pixels, as the classifier sees it`;
  stage.tell(score ? heatWords(score) : [photo.name, size]);
}

function showFigures() {
  const shown = state.figures[state.model];
  const wanted = `${state.model} ${Boolean(shown)}`;
  if (state.mode !== "figures" || figures.dataset.shown === wanted) return;
  figures.dataset.shown = wanted;
  showView(figures, shown || { html: '<p class="hint">Reading the figures</p>', charts: [] });
}

// Weights that are not there: those of the classifier, or of the variations in their mode alone.
function showAbsent() {
  const again = () => button("Try again", () => open());
  if (state.missing) stage.missing("No classifier here yet", state.missing, again());
  else if (state.mode === "variations" && state.lacking) {
    stage.missing("No variations here yet", state.lacking, again());
  } else if (stage.lacks) stage.lack(false);
}

function render() {
  if (!stage) return;
  view.dataset.mode = state.mode;
  showAbsent();
  stage.node.toggleAttribute("data-empty", !state.classified);
  stage.node.toggleAttribute("data-grid", state.mode === "variations");
  actions.hidden = !state.classified;
  showResults();
  paintPicture();
  tell();
  showFigures();
}

register("classify-canvas", ({ root, props, watch }) => {
  actions = el("div", { class: "stage-actions", hidden: true }, sendButtons("classify", outgoing));
  const canvases = [
    el("canvas", { role: "img" }),
    el("canvas", { class: "heat", "aria-hidden": "true", hidden: true }),
  ];
  picture = el("div", { class: "compare classify-picture" }, canvases);
  varied = el("div", { class: "pictures classify-varied" });
  const empty = emptyPlace("classify-file", "Drop a picture here, paste one, or click to choose", "A face or a dish.");
  stage = new Stage({
    actions,
    content: [picture, varied, empty],
    kind: "classify-stage",
    stopId: "classify-stop",
    stopTitle: "Stop",
    stop: () => requests.stop(),
  });
  figures = el("div", { class: "classify-figures", tabindex: 0, role: "region", "aria-label": "Figures" });
  view = el("div", { class: "classify-view" }, stage.node, resultsView(), figures);
  root.classList.add("canvas");
  root.append(view);
  new ResizeObserver(paintPicture).observe(stage.node);
  watch("value", () => requests.receive(props.value));
  render();
});

on("classify:changed", render);
on("classify:say", (words) => stage.say(words));
on("classify:strength", (value) => document.documentElement.style.setProperty("--classify-heat", String(value)));
on("classify:requested", ({ request_id: id, slot }) => {
  const words = { locate: "Reading the picture", read: "Reading the picture", vary: "Drawing" }[slot];
  if (words) setTimeout(() => requests.current?.request_id === id && !stage.isBusy && stage.busy(true, words), QUICK);
});
on("classify:response", ({ progress, request: { slot } }) => {
  if (slot !== "vary" || !progress) return;
  stage.done(progress.step / progress.steps);
  stage.busy(true, `Step ${progress.step} of ${progress.steps}`);
});
on("classify:finished", () => stage.busy(false));
document.addEventListener("keydown", ({ key, defaultPrevented }) => {
  if (key === "Escape" && !defaultPrevented && visible() && state.chosen) choose(null);
});
after(["classify-controls", "classify-canvas"], () => emit("classify:mounted"));
