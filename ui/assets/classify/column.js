// The control column of the Classify tab: pictures come in, how strongly the heat map shows, and which classifier reads.
import { recentFaces } from "../faces/recent.js";
import { register } from "../shared/components.js";
import {
  button,
  checkRadio,
  fileInput,
  group,
  plainSlider,
  radio,
  radioGroup,
  select,
  setSlider,
  setting,
} from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { whereItGoes } from "../shared/where.js";
import { camera, cropParts, paste, receive, usePicture } from "./intake.js";
import { chooseMode, chooseModel, open, requests } from "./requests.js";
import { modelNow, state, vary } from "./state.js";
import { drawFoot, variationParts } from "./variations.js";

const STRENGTH = 0.8;
const MODES = { picture: "Picture", variations: "Variations", figures: "Figures" };
const HOW =
  "A classifier of your own classes, trained by scripts/train_classifier.py on a folder for each class and exported into " +
  "the folder of checkpoints, is offered here.";
let root, modes, models, about, intakeParts, heat, classifier;

function modeSwitch() {
  const names = Object.keys(MODES);
  modes = names.map((mode) => radio(MODES[mode], () => chooseMode(mode), { "data-mode": mode }));
  const node = radioGroup("What is shown", modes, { class: "states modes" });
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    chooseMode(names[(names.indexOf(state.mode) + step + names.length) % names.length]);
    modes[names.indexOf(state.mode)].focus();
  });
  return node;
}

function intakeGroup() {
  const input = fileInput("classify-file", "image/*,.heic", receive);
  const buttons = [
    button([icon("upload"), "Upload"], () => input.click(), { class: "primary", id: "classify-upload" }),
    button([icon("camera"), "Camera"], () => camera(panel)),
    button([icon("paste"), "Paste"], paste),
  ];
  const hint = el("p", { class: "hint classify-note" }, `A face or a dish; drop it anywhere. ${whereItGoes()}`);
  const panel = group("", input, el("div", { class: "button-row" }, buttons), hint, ...cropParts);
  return panel;
}

function heatGroup() {
  const slider = plainSlider("Heat map", { min: 0, max: 1, step: 0.05 }, { id: "classify-strength", value: STRENGTH });
  const output = el("output", { class: "number" });
  const show = () => {
    setSlider(slider, Number(slider.value));
    output.textContent = percent(Number(slider.value));
    emit("classify:strength", Number(slider.value));
  };
  slider.addEventListener("input", show);
  show();
  return group("", setting(term("heat-map", "Heat map"), [slider, output]));
}

function modelGroup() {
  models = select("Classifier", [], { id: "classify-model" });
  models.addEventListener("change", () => chooseModel(models.value));
  models.addEventListener("pointerdown", () => open()); // one may have been trained meanwhile
  about = el("p", { class: "hint classify-note" });
  return group("", setting(term("classifier", "Classifier"), models, { tag: "label" }), about);
}

function aboutModel(model) {
  if (!model) return "";
  const classes = `${model.count} ${model.own ? "classes of your own" : "dishes"}`;
  return model.problem || `40 attributes of faces and ${classes}. ${state.models.length > 1 ? "" : HOW}`;
}

function render() {
  root.dataset.mode = state.mode;
  checkRadio(modes, (one) => one.dataset.mode === state.mode);
  for (const one of modes) one.tabIndex = one.dataset.mode === state.mode ? 0 : -1;
  for (const part of intakeParts) {
    part.hidden = state.mode === "figures" || (state.mode === "variations" && state.lacking);
  }
  heat.hidden = state.mode !== "picture";
  classifier.hidden = state.mode === "variations";
  const known = state.models.map(({ name }) => name).join("\n");
  if (models.dataset.known !== known) {
    models.dataset.known = known;
    models.replaceChildren(...state.models.map(({ name, title }) => el("option", { value: name }, title)));
  }
  models.value = state.model;
  about.textContent = aboutModel(modelNow());
}

register("classify-controls", (handle) => {
  root = handle.root;
  vary.names = handle.props.config.borrowed;
  intakeParts = [intakeGroup(), el("div", { class: "classify-recent" }, recentFaces(usePicture))];
  [heat, classifier] = [heatGroup(), modelGroup()];
  const foot = drawFoot();
  const parts = [...intakeParts, heat, variationParts(handle.props.config), classifier];
  root.classList.add("column", "classify-column");
  root.append(el("div", { class: "column-body" }, modeSwitch(), ...parts), foot);
  requests.connect(handle);
  render();
});

on("classify:changed", () => models && render());
