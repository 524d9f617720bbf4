// The whole photo: which of its faces is meant, and the photo itself with the changed face in it.
import { button, plainSlider, setting } from "./controls.js";
import { el } from "./dom.js";
import { saveAs } from "./files.js";
import { randomSeed } from "./seeds.js";

const WIDEST = 1600; // pixels of the photo in the comparison
const MOST_ACROSS = 640; // pixels of the photo to choose a face from

/**
 * One photo of a tab. Its panel shows the faces to choose from, and the button to the whole photo.
 */
export class WholePhoto {
  #photo = null; // {id, source, bitmap}: the photo as it came, while the page is open
  #choose = () => {};
  #options;
  #thumbnail = el("canvas", { "aria-hidden": "true" });
  #boxes = el("div", { class: "face-boxes", role: "radiogroup", "aria-label": "Faces found in the photo" });
  #faces = el("div", { class: "faces-found", hidden: true }, this.#thumbnail, this.#boxes);
  #back;
  #dialog = el("dialog", { class: "whole-dialog", "aria-label": "The whole photo, before and after" });

  /**
   * @param {object} options
   * @param {(content: object) => void} options.send a request of the tab
   * @param {(words: {text: string}) => void} options.say a sentence where the visitor looks
   * @param {() => object} options.content what a request for the whole photo holds beside the photo
   * @param {(photo: ImageBitmap, faces: object[], start: object) => object} [options.start] where the crop begins
   * @param {string} options.changed what the changed photo is called: "with the edited face"
   */
  constructor(options) {
    this.#options = { start: (_photo, _faces, start) => start, ...options };
    const request = () => options.send({ ...options.content(), kind: "whole", photo: this.#photo.source });
    this.#back = button("Put it back into the photo", request, { class: "button whole-button", hidden: true });
    this.panel = el("div", { class: "whole-photo" }, this.#faces, this.#back);
    document.body.append(this.#dialog);
  }

  /**
   * Requests where the faces of a photo are, and returns what identifies the photo. `onPlacement` is called with the
   * square of the first face, or where a crop by hand begins, and again with each that is chosen.
   */
  locate(source, bitmap, onPlacement) {
    this.#photo = { id: randomSeed(), source, bitmap };
    this.#choose = onPlacement;
    this.#faces.hidden = this.#back.hidden = true;
    this.#options.send({ kind: "locate", photo: source });
    return this.#photo.id;
  }

  forget() {
    this.#photo = null;
    this.#faces.hidden = this.#back.hidden = true;
  }

  /** Whether there is something to put back: `id` of the photo that the shown picture was made of. */
  offer(id) {
    this.#back.hidden = !this.#photo || id !== this.#photo.id;
  }

  /** A response of the tab, with its request. */
  receive(message) {
    const { content, kind } = message.request;
    if (!this.#photo || content.photo !== this.#photo.source) return;
    if (message.located) this.#located(message.located);
    else if (kind === "locate" && message.error) this.#choose(this.#options.start(this.#photo.bitmap, [], null));
    if (message.whole) this.#present(message.whole);
  }

  #faceBox(face, index, { faces: found, width, height }) {
    const [left, top, right, bottom] = face.box;
    const node = el("button", {
      type: "button",
      role: "radio",
      class: "face-box",
      "aria-label": `Face ${index + 1} of ${found.length}`,
      "aria-checked": String(index === 0),
      onclick: () => {
        for (const other of this.#boxes.children) other.setAttribute("aria-checked", String(other === node));
        this.#choose(face.placement);
      },
    });
    node.style.cssText = `left:${(100 * left) / width}%;top:${(100 * top) / height}%;` +
      `width:${(100 * (right - left)) / width}%;height:${(100 * (bottom - top)) / height}%`;
    return node;
  }

  #located(message) {
    const { faces: found, start, note } = message;
    this.#boxes.replaceChildren(...found.map((face, index) => this.#faceBox(face, index, message)));
    this.#faces.hidden = found.length < 2;
    if (!this.#faces.hidden) this.#paintThumbnail();
    if (note) this.#options.say({ text: note });
    this.#choose(this.#options.start(this.#photo.bitmap, found, start));
  }

  // The photo as it came, (width, height) pixels large, in a canvas.
  #paint(canvas, width, height) {
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#photo.bitmap, 0, 0, width, height);
    return canvas;
  }

  #paintThumbnail() {
    const { width, height } = this.#photo.bitmap;
    const across = Math.min(width, MOST_ACROSS);
    this.#paint(this.#thumbnail, across, Math.max(1, Math.round((across * height) / width)));
  }

  #present({ picture, file, filename, width, height }) {
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    const canvas = el("canvas", { role: "img", "aria-label": "The photo as it was" });
    const before = this.#paint(canvas, Math.round(width * scale), Math.round(height * scale));
    const after = el("img", { src: picture, alt: `The photo ${this.#options.changed}` });
    const view = el("div", { class: "whole-view" }, before, after);
    view.style.aspectRatio = `${width} / ${height}`;
    view.style.setProperty("--ratio", width / height);
    const words = "Before and after: how much of the photo as it was is shown";
    const split = plainSlider(words, { min: 0, max: 100, step: 1 }, { value: 0 });
    split.addEventListener("input", () => view.style.setProperty("--split", `${split.value}%`));
    const keep = button(`Download ${width} × ${height}`, () => saveAs(file, filename), { class: "primary" });
    const close = button("Close", () => this.#dialog.close());
    const row = el("div", { class: "button-row" }, keep, close);
    this.#dialog.replaceChildren(view, setting("Before", split, { tag: "label" }), row);
    this.#dialog.showModal();
  }
}
