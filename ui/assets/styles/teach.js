// Teaching a style, as it is seen: its settings in the column; the pictures, the curve and the samples on the canvas.
import { makeChart } from "../shared/charts.js";
import { el, icon, on } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { actOnJob, addPictures, clearPictures, teach } from "./jobs.js";
import { change, requests, state } from "./wire.js";

const FEW = 32; // pictures up to which each is shown large
const [LARGE, SMALL] = [112, 72]; // CSS pixels
const fields = {};
let view, crops, head, buttons, curve, losses, samples, problems, say, start, drop;

// --- the column -------------------------------------------------------------------------------------------------

function number(key, title, { value, min, max, step, hint }) {
  fields[key] = el("input", {
    type: "number",
    class: "field number",
    min,
    max,
    step,
    value,
    id: `teach-${key}`,
    "aria-label": title,
  });
  fields[key].addEventListener("change", () => {
    const wanted = Number(fields[key].value);
    fields[key].value = fields[key].value !== "" && Number.isFinite(wanted)
      ? Math.min(max, Math.max(min, wanted))
      : value;
  });
  return el(
    "label",
    { class: "setting teach-setting", title: hint },
    el("span", { class: "setting-name" }, title),
    fields[key],
  );
}

function begin() {
  const title = fields.title.value.trim();
  if (!title) {
    fields.title.focus();
    return tell("Give the style a name first.");
  }
  tell("");
  teach({
    title,
    rank: Math.round(fields.rank.value),
    steps: Math.round(fields.steps.value),
    rate: Number(fields.rate.value),
  });
}

export const teachView = () => {
  const words = state.words.teach;
  const input = el("input", {
    type: "file",
    accept: "image/*,.zip,.heic",
    multiple: true,
    hidden: true,
    id: "teach-files",
  });
  input.addEventListener("change", () => {
    addPictures([...input.files]);
    input.value = "";
  });
  fields.title = el("input", {
    type: "text",
    class: "field",
    id: "teach-title",
    maxlength: 64,
    placeholder: "Its name",
    "aria-label": "Name of the style",
    autocomplete: "off",
  });
  start = el(
    "button",
    { type: "button", class: "primary", id: "teach-start", disabled: true, onclick: begin },
    "Teach",
  );
  const clear = el("button", { type: "button", class: "button", id: "teach-clear", onclick: clearPictures }, "Clear");
  const node = el(
    "section",
    { class: "group teach", hidden: true },
    el("h2", {}, "Teach a style"),
    input,
    el(
      "p",
      { class: "hint style-hint" },
      "5 to 200 pictures that share one look, or a zip of them. Centre squares are used. They stay on this machine and are not kept.",
    ),
    el(
      "div",
      { class: "button-row style-buttons" },
      el(
        "button",
        { type: "button", class: "button", id: "teach-add", onclick: () => input.click() },
        icon("upload"),
        "Add pictures",
      ),
      clear,
    ),
    el("label", { class: "setting teach-title" }, el("span", { class: "setting-name" }, "Name"), fields.title),
    number("steps", "Steps", {
      ...words.steps,
      step: 10,
      hint: "More take longer and follow the pictures more closely",
    }),
    number("rank", "Rank", {
      ...words.rank,
      step: 1,
      hint: "The size of the change that is learnt; 8 is enough for most styles",
    }),
    number("rate", "Learning rate", { ...words.rate, step: 0.0001, hint: "Higher learns faster and less steadily" }),
    el("div", { class: "button-row style-buttons" }, start),
  );
  on("styles:changed", () => (node.hidden = state.mode !== "train"));
  on("styles:job", () => {
    const running = state.job && !state.job.over;
    start.disabled = Boolean(running || state.sending || !state.checked || state.checked.refused);
    clear.disabled = Boolean(running || !state.paths.length);
  });
  return node;
};

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

// Losses of the training pictures and of those held out, over the steps.
function drawCurve({ job, chart: figure }) {
  if (!figure) return curve.replaceChildren();
  if (curve.dataset.job === job && curve.firstChild) return losses.update(figure);
  curve.dataset.job = job;
  losses = makeChart(figure);
  curve.replaceChildren(losses.node);
}

function showJob(job) {
  const act = (kind, title, name = "button") =>
    el("button", { type: "button", class: name, "data-act": kind, onclick: () => actOnJob(kind) }, title);
  const wanted = job.over
    ? [
      ...(job.state === "finished"
        ? [
          el("button", {
            type: "button",
            class: "primary",
            id: "teach-apply",
            onclick: () => change({ mode: "face", active: { [job.style]: 1 }, parts: [1, 1, 1] }),
          }, "Apply it"),
          el(
            "button",
            {
              type: "button",
              class: "button",
              id: "teach-download",
              onclick: () => requests.ask("file", { kind: "fetch", names: [job.style] }),
            },
            icon("download"),
            "Download",
          ),
        ]
        : []),
      el("button", { type: "button", class: "button", onclick: clearPictures }, "Teach another"),
    ]
    : [
      job.state === "paused" ? act("resume", "Go on", "primary") : act("pause", "Pause"),
      ...(job.step ? [act("keep", "Keep the best so far")] : []),
      act("cancel", "Cancel"),
    ];
  const key = `${job.job} ${job.state} ${job.step > 0}`;
  if (buttons.dataset.key !== key) buttons.replaceChildren(...wanted);
  buttons.dataset.key = key;
  head.replaceChildren(el("strong", {}, job.title), el("span", { role: "status" }, words(job)));
  view.style.setProperty("--done", `${(100 * job.step) / job.steps}%`);
  drawCurve(job);
  samples.hidden = !job.sample;
  if (job.sample) samples.src = job.sample;
}

function showPictures({ crops: list, same, problems: left, refused }) {
  const more = [same ? `${same} the same as another` : "", left.length ? `${left.length} left out` : ""].filter(Boolean)
    .join(", ");
  head.replaceChildren(
    el("strong", {}, `${list.length} ${list.length === 1 ? "picture" : "pictures"}`),
    el("span", {}, refused || more || "As the model sees them: centre squares of 64 pixels"),
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

export const trainView = () => {
  head = el("div", { class: "teach-head" });
  buttons = el("div", { class: "teach-buttons" });
  curve = el("div", { class: "teach-curve" });
  samples = el("img", { class: "teach-samples", alt: "Four faces in the style as it is now", hidden: true });
  crops = el("div", { class: "teach-crops" });
  problems = el("ul", { class: "teach-problems", "aria-label": "Files that were left out" });
  say = el("p", { class: "teach-say", role: "alert", hidden: true });
  drop = el(
    "button",
    {
      type: "button",
      class: "empty-photo",
      onclick: () => document.getElementById("teach-files").click(),
    },
    icon("upload"),
    el("strong", {}, "Drop 5 to 200 pictures of one style here, or click to choose"),
    el("span", {}, "Paintings by one hand, photos in one light: what they share is what is learnt."),
  );
  view = el(
    "section",
    { class: "teach-stage", "aria-label": "Teaching a style", "data-stage": "empty", hidden: true },
    head,
    say,
    buttons,
    el("div", { class: "teach-bar" }),
    curve,
    samples,
    crops,
    problems,
    drop,
  );
  return view;
};

on("styles:changed", () => {
  view.hidden = state.mode !== "train";
  if (!view.hidden) refresh();
});
on("styles:job", () => view && refresh());
on("styles:teach-say", tell);
