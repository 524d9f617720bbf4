// The training of a style on the canvas: its pictures, its curve and its samples.
import { makeChart } from "../shared/charts.js";
import { button, emptyPlace } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { actOnJob, clearPictures } from "./jobs.js";
import { change, requests } from "./requests.js";
import { state } from "./state.js";

const FEW = 32; // pictures up to which each is shown large
const [LARGE, SMALL] = [112, 72]; // CSS pixels
let view, crops, head, buttons, curve, losses, samples, problems, say;

// --- the canvas -------------------------------------------------------------------------------------------------

const time = (seconds) => (seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

function words(job) {
  const left = job.left === null ? "" : `, about ${time(job.left)} left`;
  return {
    waiting: job.ahead ? `Waiting: ${job.ahead} before it` : "Waiting",
    preparing: "Getting ready",
    paused: `Paused at step ${job.step} of ${job.steps}`,
    training: `Step ${job.step} of ${job.steps}${left}`,
    finished: `Finished. ${job.message || "It is on the wall of this session."}`,
    failed: job.message,
  }[job.state];
}

// Losses of the training pictures and of those held out, over the steps. Of one training the chart keeps its zoom.
function drawCurve({ job, chart: figure }) {
  if (!figure) return curve.replaceChildren();
  if (curve.dataset.job === job && curve.firstChild) return losses.update(figure);
  curve.dataset.job = job;
  losses = makeChart(figure);
  curve.replaceChildren(losses.node);
}

const act = (kind, title, name = "button") => button(title, () => actOnJob(kind), { class: name, "data-act": kind });

function finishedButtons({ style }) {
  const apply = () => change({ mode: "face", active: { [style]: 1 }, parts: [1, 1, 1] });
  const download = () => requests.request("file", { kind: "fetch", names: [style] });
  return [
    button("Apply it", apply, { class: "primary", id: "train-apply" }),
    button([icon("download"), "Download"], download, { id: "train-download" }),
  ];
}

function jobButtons(job) {
  if (job.over) {
    return [...(job.state === "finished" ? finishedButtons(job) : []), button("Teach another", clearPictures)];
  }
  return [
    job.state === "paused" ? act("resume", "Go on", "primary") : act("pause", "Pause"),
    ...(job.step ? [act("keep", "Keep the best so far")] : []),
    act("cancel", "Cancel"),
  ];
}

function showJob(job) {
  const key = `${job.job} ${job.state} ${job.step > 0}`;
  if (buttons.dataset.key !== key) buttons.replaceChildren(...jobButtons(job));
  buttons.dataset.key = key;
  head.replaceChildren(el("strong", {}, job.title), el("span", { role: "status" }, words(job)));
  view.style.setProperty("--done", `${(100 * job.step) / job.steps}%`);
  drawCurve(job);
  samples.hidden = !job.sample;
  if (job.sample) samples.src = job.sample;
}

function showPictures({ crops: list, side: pixels, same, problems: left, refused }) {
  const more = [same ? `${same} the same as another` : "", left.length ? `${left.length} left out` : ""].filter(Boolean)
    .join(", ");
  head.replaceChildren(
    el("strong", {}, `${list.length} ${list.length === 1 ? "picture" : "pictures"}`),
    el("span", {}, refused || more || `As the model sees them: squares of ${pixels} pixels`),
  );
  const side = list.length <= FEW ? LARGE : SMALL;
  crops.style.setProperty("--crop", `${side}px`);
  crops.replaceChildren(...list.map((uri) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paint(canvas, uri, side);
    return canvas;
  }));
  problems.replaceChildren(
    ...left.slice(0, 12).map(({ name, reason }) => el("li", {}, el("strong", {}, name), ` ${reason}`)),
  );
}

function refresh() {
  const { job, checked, sending } = state;
  const stage = sending ? "sending" : job ? "job" : checked ? "pictures" : "empty";
  view.dataset.stage = stage;
  if (stage === "sending") head.replaceChildren(el("strong", {}, sending));
  if (stage === "job") showJob(job);
  if (stage === "pictures") showPictures(checked);
}

function tell(text) {
  say.textContent = text;
  say.hidden = !text;
}

export function trainView() {
  head = el("div", { class: "train-head" });
  buttons = el("div", { class: "train-buttons" });
  curve = el("div", { class: "train-curve" });
  samples = el("img", { class: "train-samples", alt: "Four faces in the style as it is now", hidden: true });
  crops = el("div", { class: "train-crops" });
  problems = el("ul", { class: "train-problems", "aria-label": "Files that were left out" });
  say = el("p", { class: "train-say", role: "alert", hidden: true });
  const title = "Drop 5 to 200 pictures of one style here, or click to choose";
  const detail = "Paintings by one hand, photos in one light: what they share is what is learnt.";
  const drop = emptyPlace("train-files", title, detail);
  const bar = el("div", { class: "train-bar" });
  const named = { class: "train-stage", "aria-label": "Training a style", "data-stage": "empty", hidden: true };
  view = el("section", named, head, say, buttons, bar, curve, samples, crops, problems, drop);
  return view;
}

on("styles:changed", () => {
  view.hidden = state.mode !== "train";
  if (!view.hidden) refresh();
});
on("styles:job", () => view && refresh());
on("styles:train-say", tell);
