// The canvas of the Faces tab: one face or a grid, before and after of a photo, and what to say about it.
import { openPrompt } from "../prompts/entrance.js";
import { copyText } from "../shared/clipboard.js";
import { makeCompare } from "../shared/compare.js";
import { register } from "../shared/components.js";
import { button, emptyPlace, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { saveAs, saveBlob } from "../shared/files.js";
import { duration, percent } from "../shared/format.js";
import { makeInside } from "../shared/inside.js";
import { roomOf } from "../shared/layout.js";
import { enlargedFile, paint, showRaw } from "../shared/pictures.js";
import { pythonButton } from "../shared/python_code.js";
import { QUICK, Stage } from "../shared/stage.js";
import { hasTab } from "../shared/tabs.js";
import { whereItGoes } from "../shared/where.js";
import { showMeters } from "./meters.js";
import { turned } from "./nearby.js";
import { makePictures, sideOf } from "./pictures.js";
import { draw, requests } from "./requests.js";
import { change, state, writeAddress } from "./state.js";
import { sweepView } from "./sweep.js";

const KEPT = "Stopped. What was drawn so far is kept.";

let stage, pictures, compare, meters, line, actions;
let entry = null; // what is on the canvas

const chosenFace = () => entry?.faces[entry.selected] || entry?.faces[0];

function show(sources, options) {
  pictures.node.hidden = false;
  compare.node.hidden = true;
  const { count = sources.length } = options || {};
  stage.node.toggleAttribute("data-grid", count > 1);
  pictures.show(roomOf(stage.node), sources, options);
}

function showCompare(before, after) {
  pictures.node.hidden = true;
  compare.node.hidden = false;
  stage.node.removeAttribute("data-grid");
  const side = sideOf(roomOf(stage.node));
  compare.resize(side);
  const [first, second] = compare.canvases;
  paint(first, before, side);
  paint(second, after || before, side);
  compare.node.toggleAttribute("data-single", !after);
}

function select(index) {
  if (!entry || entry.faces.length < 2) return;
  entry.selected = index;
  render();
  emit("faces:shown", entry);
}

// A drawing has steps to look into; of a photo that was edited, and of one that was stopped, they are others.
function subject() {
  const face = entry?.kind === "draw" && !entry.cancelled && chosenFace();
  if (!face) return null;
  return {
    key: face.link,
    recipe: { ...entry.recipe, seed: face.seed, count: 1 },
    words: `Seed ${face.seed}, guidance ${entry.recipe.guidance}`,
  };
}

function alone(index) {
  const face = entry?.faces[index];
  if (face && entry.faces.length > 1) change({ seed: face.seed, nearby: entry.recipe.nearby, count: 1 });
}

// --- the whole canvas from one entry ----------------------------------------------------------------------------

function render() {
  if (!entry) return;
  const { faces, kind, before, selected } = entry;
  const face = chosenFace();
  if (kind === "edit") showCompare(before, faces[0]?.picture);
  else show(faces.map((one) => one.picture), { faces, chosen: selected || 0 });
  if (face) {
    showMeters(meters, line, entry);
    stage.tell(kind === "edit" ? editWords(face) : drawWords(face));
  }
  actions.hidden = !face;
  for (const one of actions.querySelectorAll("#download, #download-enlarged, #copy-link, #copy-python")) {
    one.hidden = !face?.picture;
  }
}

const drawWords = (face) => [
  `Seed ${face.seed}${turned(entry.recipe.nearby) ? `, ${turned(entry.recipe.nearby)}° away` : ""}`,
  `${state.words.solvers[entry.recipe.solver]}, ${entry.recipe.steps} steps`,
  duration(entry.milliseconds),
  `${state.words.side} × ${state.words.side} pixels, shown enlarged`,
];

const editWords = (face) => {
  if (!face.picture) return ["Your photo", `${state.words.side} pixels, as the model sees it`];
  const method = entry.method === "ddim" ? "DDIM inversion" : "Edit-friendly noise";
  return ["Edited photo", method, `${percent(entry.faithfulness)} faithful`, duration(entry.milliseconds)];
};

// Shows a history entry, or the drawing that has just been finished.
export function display(next) {
  entry = state.shown = next;
  render();
  if (entry.link) writeAddress(entry.link);
  emit("faces:shown", entry);
}

// --- responses ----------------------------------------------------------------------------------------------------

// Shows a result, says what is to be said of it, and remembers it.
function take(result, next, request) {
  display({ ...next, selected: 0, live: request.live });
  if (result.cancelled) stage.say({ text: KEPT });
  else if (result.notes.length) stage.say({ text: result.notes.join(" ") });
  if (!result.cancelled && !request.live) emit("faces:remember", entry);
}

function takeDrawn({ request, drawn, superseded }) {
  if (request.done) return;
  request.done = true;
  if (!drawn.faces.length || (drawn.cancelled && superseded)) return;
  take(drawn, { ...drawn, kind: "draw", changes: null }, request);
}

function takeEdited({ request, edited, superseded }) {
  if (request.done) return;
  request.done = true;
  if (edited.cancelled && superseded) return;
  const { recipe, before, after, filename, link, achieved, method, faithfulness, milliseconds, changes } = edited;
  const { photo: source, base } = request.content;
  const faces = [{ picture: after, seed: recipe.seed, filename, achieved }];
  const photo = { ...state.photo, source, base, edited: recipe.attributes };
  const how = { method, faithfulness, milliseconds, changes };
  take(edited, { kind: "edit", link, recipe, faces, before, base, photo, ...how }, request);
  state.photo = entry.photo;
}

function showPreviews({ request, progress }) {
  const { step, steps, pictures: previews } = progress;
  stage.done(step / steps);
  const patient = performance.now() - request.sent > QUICK || !entry;
  if (!patient || !previews.length) return;
  stage.busy(true, `Step ${step} of ${steps}`);
  if (request.kind === "draw") show(previews, { count: Math.max(state.recipe.count, previews.length) });
  else showCompare(state.photo.before, previews[previews.length - 1]);
}

function takeChanges({ changes, request }) {
  if (!changes || !entry || !request.done) return;
  entry.changes = changes;
  showMeters(meters, line, entry);
}

function takeError({ error, superseded, request, belongs }) {
  if (!error || superseded) return;
  const possible = belongs === "prompts" && hasTab("Text prompts");
  const offer = possible && { words: "Open in Text prompts", act: () => openPrompt(request.content) };
  stage.say({ text: error, error: true, offer });
  if (request.fromLink) draw({ quiet: true });
}

function receive(response) {
  const { request, drawn, edited, read, missing } = response;
  if (response.progress && request.slot === "draw") showPreviews(response);
  const good = drawn || edited || read;
  if (good && !request.quiet && stage.notice.isError()) stage.notice.close(); // it was about an earlier try
  if (drawn) takeDrawn(response);
  if (edited) takeEdited(response);
  takeChanges(response);
  if (missing) stage.missing("No weights to draw with yet", missing, button("Try again", () => draw()));
  else if (stage.lacks) stage.lack(false);
  takeError(response);
  if (drawn || edited || response.last) stage.busy(false);
}

// --- the canvas ---------------------------------------------------------------------------------------------------

function download() {
  const face = chosenFace();
  if (face) saveAs(face.picture, face.filename);
}

async function downloadEnlarged() {
  const { picture, filename } = chosenFace();
  const { blob, side } = await enlargedFile(picture);
  saveBlob(blob, filename.replace(/\.png$/, `-${side}px.png`));
}

const COPIED = {
  draw: "Link copied. It draws the same picture again.",
  edit: "Link copied. It has every setting, but not the photo: whoever opens it adds the photo.",
};

const copyLink = () => copyText(writeAddress(entry.link), stage.say, COPIED[entry.kind]);

function toolbar() {
  const flip = () => {
    const on = pixels.getAttribute("aria-pressed") !== "true";
    pixels.setAttribute("aria-pressed", String(on));
    showRaw(on);
    render();
  };
  const raw = { id: "raw-pixels", "aria-pressed": "false" };
  const pixels = iconButton("pixels", "Show the picture's own pixels, unsmoothed", flip, raw);
  return el(
    "div",
    { class: "stage-actions", hidden: true },
    pixels,
    iconButton("download", "Download PNG with its recipe", download, { id: "download" }),
    iconButton("enlarge", "Download it as enlarged as it is shown, without its recipe", downloadEnlarged, {
      id: "download-enlarged",
    }),
    iconButton("link", "Copy a link to this picture", copyLink, { id: "copy-link" }),
    pythonButton(() => ({ kind: "drawing", link: entry.link }), (words) => stage.say(words), { id: "copy-python" }),
  );
}

// Edit mode before there is a photo.
function emptyPhoto() {
  const title = "Drop a photo here, paste one, or click to choose";
  const detail = `A portrait works best: one face, looking at the camera. ${whereItGoes()}`;
  const node = emptyPlace("photo-file", title, detail, { hidden: true });
  const update = () => {
    const empty = state.mode === "edit" && !state.photo;
    node.hidden = !empty;
    stage?.node.toggleAttribute("data-empty", empty);
  };
  for (const name of ["faces:mode", "faces:photo", "faces:requested"]) on(name, update);
  return node;
}

register("faces-canvas", ({ root, props, watch }) => {
  pictures = makePictures({ select, alone });
  compare = makeCompare({
    slider: "Before and after: how much of the photo is shown",
    labels: ["The photo", "The edited photo"],
    tags: ["Photo", "Edited"],
  }, { hidden: true });
  actions = toolbar();
  const inside = makeInside({ name: "faces", subject, drawings: () => [subject()], requests });
  actions.append(inside.button);
  on("faces:look-inside", inside.toggle);
  stage = new Stage({
    actions,
    content: [pictures.node, compare.node, emptyPhoto()],
    stopId: "stop",
    stopTitle: "Stop and keep what is there (Esc)",
    stop: () => requests.stop(),
    onLack: (lacking) => emit("faces:missing", lacking),
  });
  meters = el("div", { class: "meters", role: "group", tabindex: 0, "aria-label": "Requested against achieved" });
  line = el("p", { class: "entangled hint" });
  root.classList.add("canvas");
  root.append(stage.node, el("section", { class: "meter-area" }, meters, line), inside.node, sweepView());
  new ResizeObserver(() => {
    if (!stage.node.clientWidth) return; // another tab is open
    if (entry) render();
    else show([], { count: 1 });
  }).observe(stage.node);
  watch("value", () => requests.receive(props.value));
});

on("faces:photo", (photo) => {
  const { achieved, before, base } = photo;
  const faces = [{ picture: null, achieved }];
  const recipe = { ...state.recipe };
  display({ kind: "edit", recipe, faces, before, base, photo, selected: 0, changes: null, live: true });
});
on("faces:response", receive);
on("faces:requested", (request) => {
  if (request.slot !== "draw") return;
  setTimeout(() => {
    if (requests.current?.request_id !== request.request_id || request.done) return;
    stage.busy(true, entry ? "Drawing" : "Drawing the first face");
  }, QUICK);
});
on("faces:say", (words) => stage.say(words));
