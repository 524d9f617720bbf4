// The canvas: one face or a grid as large as the room allows, before and after of a photo, and what to say about it.
import { el, emit, icon, on, part } from "../shared/core.js";
import { paint, showRaw } from "../shared/pictures.js";
import { ask } from "./ask.js";
import { showMeters } from "./meters.js";
import { change, session, writeAddress } from "./session.js";
import { sweepView } from "./sweep.js";

const GAP = 8;
const LARGEST = 720; // CSS pixels of one picture
const QUICK = 350; // a drawing that takes less time shows no previews: they would only flicker

let stage, pictures, compare, absent, info, message, progress, meters, line, actions;
let entry = null; // what is on the canvas
let split = 0.5;

// --- size -------------------------------------------------------------------------------------------------------

// The number of columns that gives n squares the largest side in a room of width x height.
function arrange(n, width, height) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const side = Math.floor(
      Math.min((width - GAP * (columns - 1)) / columns, (height - GAP * (rows - 1)) / rows, LARGEST),
    );
    if (side > best.side) best = { side, columns };
  }
  return best;
}

function room() {
  const style = getComputedStyle(stage);
  const width = stage.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const height = stage.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  return [Math.max(64, width), Math.max(64, height)];
}

// --- pictures ---------------------------------------------------------------------------------------------------

function tile(index) {
  const canvas = el("canvas", { role: "img" });
  return el(
    "button",
    { type: "button", class: "tile", onclick: () => select(index), ondblclick: () => alone(index) },
    canvas,
  );
}

function show(sources, { count = sources.length, faces = null } = {}) {
  pictures.hidden = false;
  compare.hidden = true;
  stage.toggleAttribute("data-grid", count > 1);
  const { side, columns } = arrange(count, ...room());
  pictures.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
  pictures.style.setProperty("--side", `${side}px`);
  while (pictures.children.length > count) pictures.lastChild.remove();
  while (pictures.children.length < count) pictures.append(tile(pictures.children.length));
  [...pictures.children].forEach((node, index) => {
    const canvas = node.firstChild;
    node.disabled = count === 1;
    node.toggleAttribute("data-selected", count > 1 && Boolean(faces) && index === (entry?.selected || 0));
    if (faces) {
      canvas.dataset.seed = faces[index]?.seed ?? "";
      canvas.setAttribute("aria-label", `Face, seed ${faces[index]?.seed}`);
      node.setAttribute("aria-label", `Face, seed ${faces[index]?.seed}`);
      node.title = count > 1 ? `Seed ${faces[index]?.seed}. Double click: this one alone` : "";
    }
    if (sources[index]) paint(canvas, sources[index], side);
    node.classList.toggle("waiting", !sources[index]);
  });
}

function showCompare(before, after) {
  pictures.hidden = true;
  compare.hidden = false;
  stage.removeAttribute("data-grid");
  const { side } = arrange(1, ...room());
  compare.style.setProperty("--side", `${side}px`);
  compare.style.setProperty("--split", `${100 * split}%`);
  const [first, second] = compare.querySelectorAll("canvas");
  paint(first, before, side);
  paint(second, after || before, side);
  compare.toggleAttribute("data-single", !after);
}

function compareView() {
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.005,
    value: split,
    class: "split",
    "aria-label": "Before and after: how much of the photo is shown",
  });
  slider.addEventListener("input", () => {
    split = Number(slider.value);
    compare.style.setProperty("--split", `${100 * split}%`);
  });
  return el(
    "div",
    { class: "compare", hidden: true },
    el("canvas", { role: "img", "aria-label": "The photo" }),
    el("canvas", { role: "img", class: "after", "aria-label": "The edited photo" }),
    el("span", { class: "divider" }),
    el("span", { class: "tag tag-before" }, "Photo"),
    el("span", { class: "tag tag-after" }, "Edited"),
    slider,
  );
}

function select(index) {
  if (!entry || entry.faces.length < 2) return;
  entry.selected = index;
  render();
}

function alone(index) {
  const face = entry?.faces[index];
  if (face && entry.faces.length > 1) change({ seed: face.seed, count: 1 });
}

// --- the whole canvas from one entry ----------------------------------------------------------------------------

function render() {
  if (!entry) return;
  const face = entry.faces[entry.selected] || entry.faces[0];
  if (entry.kind === "edit") showCompare(entry.before, entry.faces[0]?.picture);
  else show(entry.faces.map((item) => item.picture), { faces: entry.faces });
  if (face) {
    showMeters(meters, line, entry);
    const lines = entry.kind === "edit" ? editWords(face) : drawWords(face);
    info.replaceChildren(el("strong", {}, lines[0]), ...lines.slice(1).map((words) => el("span", {}, words)));
  }
  actions.hidden = !face;
}

const drawWords = (
  face,
) => [
  `Seed ${face.seed}`,
  `${session.words.solvers[entry.recipe.solver]}, ${entry.recipe.steps} steps`,
  duration(entry.milliseconds),
];

const editWords = (face) => {
  if (!face.picture) return ["Your photo", "64 pixels, as the model sees it"];
  const method = entry.method === "ddim" ? "DDIM inversion" : "Edit-friendly noise";
  return ["Edited photo", method, `${Math.round(100 * entry.faithfulness)} % faithful`, duration(entry.milliseconds)];
};

const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

// Shows a history entry, or the drawing that has just been finished.
function display(next) {
  entry = session.shown = next;
  render();
  if (entry.kind === "draw") writeAddress(entry.link);
  emit("shown", entry);
}

// --- words ------------------------------------------------------------------------------------------------------

function say({ text, error = false, brief = false, command = "" }) {
  message.hidden = !text;
  message.dataset.kind = error ? "error" : "note";
  const close = el("button", {
    type: "button",
    class: "icon-button",
    "aria-label": "Close this message",
    onclick: () => (message.hidden = true),
  }, icon("close"));
  message.replaceChildren(
    error ? icon("warning") : "",
    el("span", {}, text),
    command ? el("code", {}, command) : "",
    close,
  );
  clearTimeout(message.timer);
  if (brief || !error) message.timer = setTimeout(() => (message.hidden = true), 5000);
}

function busy(on, words = "") {
  stage.toggleAttribute("data-busy", on);
  progress.hidden = !on;
  progress.querySelector("span").textContent = words;
  if (!on) progress.style.setProperty("--done", "0%");
}

// --- answers ----------------------------------------------------------------------------------------------------

function drawn(answer) {
  const { request, drawn: result } = answer;
  if (request.done) return;
  request.done = true;
  if (!result.faces.length || (result.cancelled && answer.superseded)) return;
  display({ ...result, kind: "draw", selected: 0, changes: null, live: request.live });
  if (result.cancelled) say({ text: "Stopped. What was drawn so far is kept.", brief: true });
  else if (result.notes.length) say({ text: result.notes.join(" ") });
  if (!result.cancelled && !request.live) emit("remember", entry);
}

function edited(answer) {
  const { request, edited: result } = answer;
  if (request.done) return;
  request.done = true;
  if (result.cancelled && answer.superseded) return;
  const face = {
    picture: result.after,
    seed: result.recipe.seed,
    filename: result.filename,
    achieved: result.achieved,
  };
  display({
    kind: "edit",
    recipe: result.recipe,
    faces: [face],
    before: result.before,
    base: request.content.base,
    photo: {
      ...session.photo,
      source: request.content.photo,
      base: request.content.base,
      edited: result.recipe.attributes,
    },
    method: result.method,
    faithfulness: result.faithfulness,
    milliseconds: result.milliseconds,
    selected: 0,
    changes: result.changes,
    live: request.live,
  });
  session.photo = entry.photo;
  if (result.cancelled) say({ text: "Stopped. What was drawn so far is kept.", brief: true });
  else if (result.notes.length) say({ text: result.notes.join(" ") });
  if (!result.cancelled && !request.live) emit("remember", entry);
}

function receive(answer) {
  const { request } = answer;
  if (answer.progress && request.kind !== "sweep") {
    const { step, steps, pictures: previews } = answer.progress;
    progress.style.setProperty("--done", `${Math.round((100 * step) / steps)}%`);
    const patient = performance.now() - request.sent > QUICK || !entry;
    if (patient && previews.length && request.kind === "draw") {
      busy(true, `Step ${step} of ${steps}`);
      show(previews, { count: Math.max(session.recipe.count, previews.length) });
    } else if (patient && previews.length) {
      busy(true, `Step ${step} of ${steps}`);
      showCompare(session.photo.before, previews[previews.length - 1]);
    }
  }
  const good = answer.drawn || answer.edited || answer.read;
  if (good && !request.quiet && message.dataset.kind === "error") message.hidden = true; // it was about an earlier try
  if (answer.drawn) drawn(answer);
  if (answer.edited) edited(answer);
  if (answer.changes && entry && request.done) {
    entry.changes = answer.changes;
    showMeters(meters, line, entry);
  }
  if (answer.missing) missing(answer.missing);
  else if (!absent.hidden) lack(false);
  if (answer.error && !answer.superseded) {
    say({ text: answer.error, error: true });
    if (request.fromLink) ask.draw({ quiet: true });
  }
  if (answer.drawn || answer.edited || answer.last) busy(false);
}

// Weights that are not there: what to run, where the picture would be. The rest of the app goes on.
function missing(sentence) {
  const at = sentence.indexOf("python ");
  const command = at > 0 ? sentence.slice(at) : "";
  absent.replaceChildren(
    el("strong", {}, "No weights to draw with yet"),
    el("p", {}, command ? sentence.slice(0, at) : sentence),
    command ? el("code", {}, command) : "",
    el("button", { type: "button", class: "button", onclick: () => ask.draw() }, "Try again"),
  );
  lack(true);
}

function lack(on) {
  absent.hidden = !on;
  stage.toggleAttribute("data-absent", on);
  emit("missing", on);
}

// --- actions ----------------------------------------------------------------------------------------------------

function download() {
  const face = entry?.faces[entry.selected] || entry?.faces[0];
  if (!face) return;
  el("a", { href: face.picture, download: face.filename }).click();
}

async function copyLink() {
  const href = writeAddress(entry?.kind === "draw" ? entry.link : null);
  try {
    await navigator.clipboard.writeText(href);
    say({ text: "Link copied. It draws the same picture again.", brief: true });
  } catch {
    say({ text: "The browser keeps its clipboard closed; copy the page\u2019s address instead.", brief: true });
  }
}

function toolbar() {
  const button = (id, name, words, onclick) =>
    el("button", { type: "button", class: "icon-button", id, title: words, "aria-label": words, onclick }, icon(name));
  const pixels = button("raw-pixels", "pixels", "Show the picture's own 64 pixels, unsmoothed", () => {
    const on = pixels.getAttribute("aria-pressed") !== "true";
    pixels.setAttribute("aria-pressed", on);
    showRaw(on);
    render();
  });
  pixels.setAttribute("aria-pressed", "false");
  return el(
    "div",
    { class: "stage-actions", hidden: true },
    pixels,
    button("download", "download", "Download PNG with its recipe", download),
    button("copy-link", "link", "Copy a link to this picture", copyLink),
  );
}

part("faces-canvas", ({ root, props, watch }) => {
  pictures = el("div", { class: "pictures", id: "pictures" });
  compare = compareView();
  absent = el("div", { class: "absent", role: "alert", hidden: true });
  info = el("div", { class: "stage-info" });
  actions = toolbar();
  message = el("div", { class: "message", role: "alert", hidden: true });
  progress = el(
    "div",
    { class: "progress", hidden: true, role: "status" },
    el("span", {}),
    el(
      "button",
      {
        type: "button",
        class: "button small",
        id: "stop",
        title: "Stop and keep what is there (Esc)",
        onclick: () => ask.stop(),
      },
      icon("stop"),
      "Stop",
    ),
  );
  stage = el(
    "section",
    { class: "stage", "aria-label": "Picture" },
    info,
    actions,
    pictures,
    compare,
    absent,
    emptyPhoto(),
    progress,
    message,
  );
  meters = el("div", { class: "meters", "aria-label": "Asked against achieved" });
  line = el("p", { class: "entangled hint" });
  root.classList.add("canvas");
  root.append(stage, el("section", { class: "meter-area" }, meters, line), sweepView());
  new ResizeObserver(() => {
    if (!stage.clientWidth) return; // another tab is open
    if (entry) render();
    else show([], { count: 1 });
  }).observe(stage);
  watch("value", () => ask.receive(props.value));
});

// Edit mode before there is a photo.
function emptyPhoto() {
  const node = el(
    "button",
    {
      type: "button",
      class: "empty-photo",
      hidden: true,
      onclick: () => document.getElementById("photo-file").click(),
    },
    icon("upload"),
    el("strong", {}, "Drop a photo here, paste one, or click to choose"),
    el("span", {}, "A portrait works best: one face, looking at the camera. It stays on this machine and is not kept."),
  );
  const update = () => {
    const empty = session.mode === "edit" && !session.photo;
    node.hidden = !empty;
    stage?.toggleAttribute("data-empty", empty);
  };
  on("mode", update);
  on("photo", update);
  on("asked", update);
  return node;
}

on("photo", (photo) => {
  display({
    kind: "edit",
    recipe: { ...session.recipe },
    faces: [{ picture: null, achieved: photo.achieved }],
    before: photo.before,
    base: photo.base,
    photo,
    selected: 0,
    changes: null,
    live: true,
  });
});
on("answer", receive);
on("asked", (request) => {
  if (request.kind === "sweep") return;
  setTimeout(() => {
    if (ask.busy?.ticket === request.ticket) busy(true, entry ? "Drawing" : "Drawing the first face");
  }, QUICK);
});
on("say", say);

export { display };
