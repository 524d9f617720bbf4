// The whole photo: which of its faces is edited, and the photo itself with the edited face in it.
import { el, emit, on } from "../shared/core.js";
import { ask } from "./ask.js";
import { randomSeed, session } from "./session.js";

const WIDEST = 1600; // pixels of the photo in the comparison

let photo = null; // {id, source, bitmap}: the photo as it came, while the page is open
let choose = () => {};
let faces, thumbnail, boxes, button, dialog;

/**
 * Requests where the faces of a photo are, and returns what identifies the photo. `onPlacement` is called with the square
 * of the first face, or where a crop by hand begins, and again with each that is chosen.
 */
function locate(source, bitmap, onPlacement) {
  photo = { id: randomSeed(), source, bitmap };
  choose = onPlacement;
  faces.hidden = true;
  ask.send({ kind: "locate", photo: source });
  return photo.id;
}

function forget() {
  photo = null;
  faces.hidden = button.hidden = true;
}

function located({ faces: found, start, note, width, height }) {
  boxes.replaceChildren(...found.map((face, index) => {
    const [left, top, right, bottom] = face.box;
    const node = el("button", {
      type: "button",
      role: "radio",
      class: "face-box",
      "aria-label": `Face ${index + 1} of ${found.length}`,
      "aria-checked": index === 0 ? "true" : "false",
      onclick: () => {
        for (const other of boxes.children) other.setAttribute("aria-checked", other === node ? "true" : "false");
        choose(face.placement);
      },
    });
    node.style.cssText = `left:${(100 * left) / width}%;top:${(100 * top) / height}%;` +
      `width:${(100 * (right - left)) / width}%;height:${(100 * (bottom - top)) / height}%`;
    return node;
  }));
  faces.hidden = found.length < 2;
  if (!faces.hidden) paintThumbnail();
  if (note) emit("say", { text: note });
  choose(start);
}

function paintThumbnail() {
  const { bitmap } = photo;
  thumbnail.width = Math.min(bitmap.width, 640);
  thumbnail.height = Math.max(1, Math.round((thumbnail.width * bitmap.height) / bitmap.width));
  const context = thumbnail.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, thumbnail.width, thumbnail.height);
}

function request() {
  const { base, placement } = session.photo;
  const { recipe, method, faithfulness } = session;
  ask.send({
    kind: "whole",
    recipe: { ...recipe, count: 1 },
    photo: photo.source,
    base,
    method,
    faithfulness,
    placement,
  });
}

function present({ picture, file, filename, width, height }) {
  const before = el("canvas", { role: "img", "aria-label": "The photo as it was" });
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  before.width = Math.round(width * scale);
  before.height = Math.round(height * scale);
  const context = before.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(photo.bitmap, 0, 0, before.width, before.height);
  const after = el("img", { src: picture, alt: "The photo with the edited face" });
  const view = el("div", { class: "whole-view" }, before, after);
  view.style.aspectRatio = `${width} / ${height}`;
  view.style.setProperty("--ratio", width / height);
  const split = el("input", {
    type: "range",
    class: "plain",
    min: 0,
    max: 100,
    value: 0,
    "aria-label": "Before and after: how much of the photo as it was is shown",
  });
  split.addEventListener("input", () => view.style.setProperty("--split", `${split.value}%`));
  const keep = () => el("a", { href: file, download: filename }).click();
  dialog.replaceChildren(
    view,
    el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Before"), split),
    el(
      "div",
      { class: "button-row" },
      el("button", { type: "button", class: "primary", onclick: keep }, `Download ${width} × ${height}`),
      el("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Close"),
    ),
  );
  dialog.showModal();
}

/** The part of the photo panel that shows the faces to choose from, and the button to the whole photo. */
export function wholePanel() {
  thumbnail = el("canvas", { "aria-hidden": "true" });
  boxes = el("div", { class: "face-boxes", role: "radiogroup", "aria-label": "Faces found in the photo" });
  faces = el("div", { class: "faces-found", hidden: true }, thumbnail, boxes);
  button = el(
    "button",
    { type: "button", class: "button whole-button", hidden: true, onclick: request },
    "Put it back into the photo",
  );
  dialog = el("dialog", { class: "whole-dialog", "aria-label": "The whole photo, before and after" });
  document.body.append(dialog);
  return el("div", { class: "whole-photo" }, faces, button);
}

on("answer", (message) => {
  const mine = photo && message.request.content.photo === photo.source;
  if (!mine) return;
  if (message.located) located(message.located);
  else if (message.request.kind === "locate" && message.error) choose(null);
  if (message.whole) present(message.whole);
});

// There is something to put back once the shown photo has been edited.
on("shown", (entry) => {
  if (!button) return;
  button.hidden = !(photo && entry.kind === "edit" && entry.faces[0]?.picture && session.photo?.whole === photo.id);
});

export { forget, locate };
