// The control column of the Reconstruction tab: pictures come in, examples, models, and what could not be read.
import { recentFaces } from "../faces/recent.js";
import { register } from "../shared/components.js";
import { alignSwitch, button, fileInput, group, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { pictureTile } from "../shared/tiles.js";
import { whereItGoes } from "../shared/where.js";
import { addFiles, addPicture, camera, connectUpload, paste } from "./intake.js";
import { bringBack, changeTable, keepAll, removePicture, requests, toggleModel } from "./requests.js";
import { state } from "./state.js";

let status, problems, examples, models;

function intakeGroup() {
  const input = fileInput("reconstruction-file", "image/*,.zip,.heic", addFiles, { multiple: true });
  status = el("p", { class: "hint reconstruction-status", role: "status", hidden: true });
  problems = el("ul", { class: "reconstruction-problems", "aria-label": "Files that could not be read" });
  const uploading = { class: "primary", id: "reconstruction-upload" };
  const panel = group(
    "",
    input,
    el(
      "div",
      { class: "button-row" },
      button([icon("upload"), "Upload"], () => input.click(), uploading),
      button([icon("camera"), "Camera"], () => camera(panel)),
      button([icon("paste"), "Paste"], paste),
    ),
    el(
      "p",
      { class: "hint reconstruction-note" },
      `Several at once, zips too, or drop them anywhere. ${whereItGoes({ several: true })}`,
    ),
    alignSwitch("reconstruction-align", (on) => (state.align = on)),
    status,
    problems,
  );
  return panel;
}

function showProblems() {
  problems.replaceChildren(...state.problems.map((one) => {
    const dismiss = () => {
      state.problems = state.problems.filter((other) => other !== one);
      showProblems();
    };
    const words = el("span", {}, el("strong", {}, one.name), ` ${one.reason}`);
    return el("li", {}, icon("warning"), words, iconButton("close", `Dismiss ${one.name}`, dismiss));
  }));
}

function showExamples() {
  examples.hidden = !state.examples.length;
  examples.querySelector(".picture-tiles").replaceChildren(...state.examples.map((one) => {
    const add = () => changeTable({ kind: "example", example: one.name, count: 2 });
    const node = pictureTile(one.picture, one.words, add);
    node.dataset.example = one.name;
    return node;
  }));
}

const detail = (model) => (model.present ? `${model.shape}, ${model.ratio}:1` : "Not on this machine");

function showModels() {
  models.replaceChildren(...state.models.map((model) => {
    const onchange = () => toggleModel(model.key);
    const box = el("input", { type: "checkbox", role: "switch", checked: !state.off.has(model.key), onchange });
    const words = [el("span", {}, model.title), el("span", { class: "hint number" }, detail(model))];
    return el(
      "label",
      { class: "reconstruction-model", "data-model": model.key, "data-present": String(model.present) },
      el("span", { class: "reconstruction-model-words" }, words),
      box,
    );
  }));
}

register("reconstruction-controls", (handle) => {
  const { root } = handle;
  connectUpload(handle);
  examples = group("Examples", el("div", { class: "picture-tiles" }));
  examples.hidden = true;
  models = el("div", { class: "reconstruction-models" });
  const act = () => (state.rows.length ? removePicture(null) : bringBack());
  const clear = button("Remove all pictures", act, { id: "reconstruction-clear", disabled: true });
  const keeping = { id: "reconstruction-keep", disabled: true, title: "Pictures as PNG, their figures as CSV" };
  const keep = button("Save as a zip", keepAll, keeping);
  on("reconstruction:rows", () => {
    keep.disabled = !state.rows.length;
    const gone = state.rows.length ? 0 : state.removed?.rows.length;
    clear.disabled = !state.rows.length && !gone;
    clear.textContent = gone ? `Undo: bring back ${gone} picture${gone === 1 ? "" : "s"}` : "Remove all pictures";
  });
  root.classList.add("column", "reconstruction-column");
  root.append(
    el("div", { class: "column-body" }, intakeGroup(), examples, recentFaces(addPicture), group("Models", models)),
    el("footer", { class: "foot" }, keep, clear),
  );
  requests.connect(handle);
});

on("reconstruction:intake", (words) => {
  status.textContent = words;
  status.hidden = !words;
});
on("reconstruction:problems", showProblems);
on("reconstruction:examples", showExamples);
on("reconstruction:models", showModels);
