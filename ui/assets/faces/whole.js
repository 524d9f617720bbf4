// The whole photo: which of its faces is edited, and the photo itself with the edited face in it.
import { button, plainSlider, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { randomSeed } from "../shared/seeds.js";
import { placementOf } from "./placement.js";
import { send } from "./requests.js";
import { state } from "./state.js";

const WIDEST = 1600; // pixels of the photo in the comparison
const MOST_ACROSS = 640; // pixels of the photo to choose a face from

let photo = null; // {id, source, bitmap}: the photo as it came, while the page is open
let choose = () => {};
let faces, thumbnail, boxes, back, dialog;

/**
 * Requests where the faces of a photo are, and returns what identifies the photo. `onPlacement` is called with the square
 * of the first face, or where a crop by hand begins, and again with each that is chosen.
 */
function locate(source, bitmap, onPlacement) {
  photo = { id: randomSeed(), source, bitmap };
  choose = onPlacement;
  faces.hidden = true;
  send({ kind: "locate", photo: source });
  return photo.id;
}

function forget() {
  photo = null;
  faces.hidden = back.hidden = true;
}

function faceBox(face, index, { faces: found, width, height }) {
  const [left, top, right, bottom] = face.box;
  const node = el("button", {
    type: "button",
    role: "radio",
    class: "face-box",
    "aria-label": `Face ${index + 1} of ${found.length}`,
    "aria-checked": String(index === 0),
    onclick: () => {
      for (const other of boxes.children) other.setAttribute("aria-checked", String(other === node));
      choose(face.placement);
    },
  });
  node.style.cssText = `left:${(100 * left) / width}%;top:${(100 * top) / height}%;` +
    `width:${(100 * (right - left)) / width}%;height:${(100 * (bottom - top)) / height}%`;
  return node;
}

function located(message) {
  const { faces: found, start, note } = message;
  boxes.replaceChildren(...found.map((face, index) => faceBox(face, index, message)));
  faces.hidden = found.length < 2;
  if (!faces.hidden) paintThumbnail();
  if (note) emit("faces:say", { text: note });
  choose(placementOf(state.awaited?.edit.crop, photo.bitmap, found, start));
}

// The photo as it came, (width, height) pixels large, in a canvas.
function paint(canvas, width, height) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(photo.bitmap, 0, 0, width, height);
  return canvas;
}

function paintThumbnail() {
  const { width, height } = photo.bitmap;
  const across = Math.min(width, MOST_ACROSS);
  paint(thumbnail, across, Math.max(1, Math.round((across * height) / width)));
}

function request() {
  const { base, placement, crop } = state.photo;
  const { recipe, method, faithfulness } = state;
  send({
    kind: "whole",
    recipe: { ...recipe, count: 1 },
    photo: photo.source,
    base,
    method,
    faithfulness,
    placement,
    crop,
  });
}

function present({ picture, file, filename, width, height }) {
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  const canvas = el("canvas", { role: "img", "aria-label": "The photo as it was" });
  const before = paint(canvas, Math.round(width * scale), Math.round(height * scale));
  const view = el(
    "div",
    { class: "whole-view" },
    before,
    el("img", { src: picture, alt: "The photo with the edited face" }),
  );
  view.style.aspectRatio = `${width} / ${height}`;
  view.style.setProperty("--ratio", width / height);
  const words = "Before and after: how much of the photo as it was is shown";
  const split = plainSlider(words, { min: 0, max: 100, step: 1 }, { value: 0 });
  split.addEventListener("input", () => view.style.setProperty("--split", `${split.value}%`));
  const keep = button(`Download ${width} × ${height}`, () => saveAs(file, filename), { class: "primary" });
  const close = button("Close", () => dialog.close());
  const row = el("div", { class: "button-row" }, keep, close);
  dialog.replaceChildren(view, setting("Before", split, { tag: "label" }), row);
  dialog.showModal();
}

/** The part of the photo panel that shows the faces to choose from, and the button to the whole photo. */
export function wholePanel() {
  thumbnail = el("canvas", { "aria-hidden": "true" });
  boxes = el("div", { class: "face-boxes", role: "radiogroup", "aria-label": "Faces found in the photo" });
  faces = el("div", { class: "faces-found", hidden: true }, thumbnail, boxes);
  back = button("Put it back into the photo", request, { class: "button whole-button", hidden: true });
  dialog = el("dialog", { class: "whole-dialog", "aria-label": "The whole photo, before and after" });
  document.body.append(dialog);
  return el("div", { class: "whole-photo" }, faces, back);
}

on("faces:response", (message) => {
  const mine = photo && message.request.content.photo === photo.source;
  if (!mine) return;
  if (message.located) located(message.located);
  else if (message.request.kind === "locate" && message.error) {
    choose(placementOf(state.awaited?.edit.crop, photo.bitmap, [], null));
  }
  if (message.whole) present(message.whole);
});

// There is something to put back once the shown photo has been edited.
on("faces:shown", (entry) => {
  if (!back) return;
  back.hidden = !(photo && entry.kind === "edit" && entry.faces[0]?.picture && state.photo?.whole === photo.id);
});

export { forget, locate };
