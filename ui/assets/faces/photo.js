// A photo of one's own: choose, photograph, paste or drop it, crop it, and let the attributes be read.
import { restorePrompt } from "../prompts/entrance.js";
import { openCamera } from "../shared/camera.js";
import { pastedPicture } from "../shared/clipboard.js";
import { button, fileInput, plainSlider, select, setSlider, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { Crop } from "../shared/crop.js";
import { emit, on } from "../shared/events.js";
import { asUri, carriesRecipe, headOf, LARGEST } from "../shared/files.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { takeFiles } from "../shared/intake.js";
import { placementOf } from "../shared/placement.js";
import { openTab } from "../shared/tabs.js";
import { term } from "../shared/term.js";
import { WholePhoto } from "../shared/whole_photo.js";
import { changedLike } from "./awaited.js";
import { restoreEdit } from "./history.js";
import { draw, send } from "./requests.js";
import { change, setRecipe, state } from "./state.js";

let crop = null;
let whole = null; // WholePhoto
let wholeId = ""; // identifies the whole photo that the crop is of
let closeCamera = () => {};
const AWAITED = "This is an edited photo, and a recipe never holds the photo. Add it: all settings are as they were.";
let unread = ""; // a picture that this browser cannot show, until the server has read it

const say = (words) => emit("faces:say", words);

// --- coming in --------------------------------------------------------------------------------------------------

// One of our own pictures restores its recipe, any other is a photo to edit.
async function receive(file) {
  if (!file || await restorePrompt(file)) return;
  if (!crop.node.closest("#faces").offsetParent) openTab("Faces"); // where the response shows
  try {
    await accept(file);
  } catch {
    say({ text: `${file.name || "This file"} could not be opened. Choose a picture.`, error: true });
  }
}

async function accept(file) {
  if (file.size > LARGEST) {
    return say({ text: "This file is larger than 20 MB. Choose a smaller picture.", error: true });
  }
  if (carriesRecipe(await headOf(file), state.words.pngKey)) {
    const png = await asUri(file);
    emit("faces:mode", "draw");
    return send({ kind: "draw", png, settle: true });
  }
  if (file.type && !file.type.startsWith("image/")) {
    return say({ text: `${file.name || "This file"} is not a picture.`, error: true });
  }
  await editPhoto(file);
}

export async function editPhoto(file) {
  let picture;
  const source = await asUri(file);
  try {
    picture = await createImageBitmap(file);
  } catch {
    // The browser cannot show this format; the server may be able to. Until then everything stays as it is.
    unread = source;
    return send({ kind: "read", photo: unread });
  }
  emit("faces:mode", "edit");
  unread = "";
  state.photo = null;
  crop.open(picture);
  wholeId = whole.locate(source, picture, (placement) => crop.place(placement));
}

// A square of the photo is in its place: its attributes are read.
function read(source, placement, kept) {
  state.photo = { source, base: null, placement, crop: kept, whole: wholeId };
  send({ kind: "read", photo: source });
}

function takeUnread() {
  whole.forget();
  emit("faces:mode", "edit");
  state.photo = { source: unread, base: null };
  crop.open(null);
  unread = "";
}

async function paste() {
  const picture = await pastedPicture(say);
  if (picture) receive(picture);
}

async function camera(panel) {
  if (!panel.querySelector(".camera")) closeCamera = await openCamera(panel, { say, take: editPhoto });
}

// --- the panel --------------------------------------------------------------------------------------------------

const METHODS = [["ddpm", "Edit-friendly noise"], ["ddim", "DDIM inversion"]];

function settings() {
  const method = select("Editing method", METHODS);
  method.addEventListener("change", () => {
    state.method = method.value;
    change({}, {});
  });
  const faith = plainSlider("Faithfulness", { min: 0, max: 1, step: 0.05 });
  const output = el("output", { class: "number" });
  const show = () => {
    method.value = state.method;
    setSlider(faith, state.faithfulness);
    output.textContent = percent(state.faithfulness);
  };
  faith.addEventListener("input", () => {
    state.faithfulness = Number(faith.value);
    show();
    change({}, { live: true });
  });
  faith.addEventListener("change", () => change({}, {}));
  on("faces:recipe", show);
  show();
  return el(
    "div",
    { class: "photo-settings" },
    setting(term("inversion", "Method"), method, { tag: "label" }),
    setting(term("faithfulness", "Faithfulness"), [faith, output]),
  );
}

function wholeContent() {
  const { base, placement, crop: kept } = state.photo;
  const { recipe, method, faithfulness } = state;
  return { recipe: { ...recipe, count: 1 }, base, method, faithfulness, placement, crop: kept };
}

export function photoPanel() {
  const input = fileInput("photo-file", "image/*", ([file]) => receive(file));
  crop = new Crop(read);
  const start = (...found) => placementOf(state.awaited?.edit.crop, ...found);
  whole = new WholePhoto({ send, say, content: wholeContent, start, changed: "with the edited face" });
  const panel = el(
    "section",
    { class: "group photo-panel", hidden: true },
    input,
    el(
      "div",
      { class: "button-row" },
      button([icon("upload"), "Upload"], () => input.click()),
      button([icon("camera"), "Camera"], () => camera(panel)),
      button([icon("paste"), "Paste"], paste),
    ),
    whole.panel,
    crop.node,
    settings(),
  );
  on("faces:mode", (mode) => {
    panel.hidden = mode !== "edit";
    closeCamera(); // nobody is filmed behind another panel
  });
  return panel;
}

function switchMode(mode) {
  if (mode === state.mode) return;
  state.mode = mode;
  if (mode === "draw") {
    state.awaited = null;
    if (state.beforeEdit) setRecipe(state.beforeEdit);
    return draw();
  }
  state.beforeEdit = state.recipe;
  if (state.photo?.base) change({ attributes: state.photo.edited || state.photo.base, count: 1 });
}

on("faces:response", ({ request, read: found, error }) => {
  if (request.kind !== "read") return;
  const foreign = unread && request.content.photo === unread;
  if (error && foreign) unread = "";
  else if (error) state.photo = null;
  if (found && foreign) takeUnread();
  if (!found || !state.photo) return;
  const { before, achieved, base } = found;
  Object.assign(state.photo, { before, achieved, base });
  setRecipe({ attributes: { ...base }, count: 1 });
  emit("faces:photo", state.photo);
  takeAwaited(base);
});

// The photo of a recipe that waited for it is there: it is edited as the recipe says.
function takeAwaited(base) {
  if (!state.awaited) return;
  const attributes = changedLike(state.awaited, base);
  state.awaited = null;
  change({ attributes });
}

on("faces:awaited", ({ recipe, link }) => {
  if (link && restoreEdit(link)) return;
  const { method, faithfulness } = recipe.edit;
  Object.assign(state, { photo: null, method, faithfulness });
  emit("faces:mode", "edit");
  state.awaited = recipe;
  whole.forget();
  crop.close();
  emit("faces:recipe", { live: false });
  say({ text: AWAITED, brief: false });
});

on("faces:response", (message) => whole?.receive(message));
// There is something to put back once the shown photo has been edited.
on("faces:shown", (entry) => whole?.offer(entry.kind === "edit" && entry.faces[0]?.picture && state.photo?.whole));
on("faces:mode", switchMode);
// Wherever nobody else takes them: the visitor is brought here.
takeFiles({
  visible: () => Boolean(state.words),
  otherwise: true,
  words: () => "Drop a photo to edit it, or a picture made here to restore it",
  take: (files) => receive(files.find((file) => file.type.startsWith("image/")) || files[0]),
});
