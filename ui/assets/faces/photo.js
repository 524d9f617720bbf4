// A photo of one's own: choose, photograph, paste or drop it, crop it, and let the attributes be read.
import { el, emit, icon, on } from "../shared/core.js";
import { restorePrompt } from "../prompts/wire.js";
import { ask } from "./ask.js";
import { cut, moved, nearness, withNearness } from "./placement.js";
import { adopt, change, session } from "./session.js";
import { forget, locate, wholePanel } from "./whole.js";

const SIDE = 312; // CSS pixels of the crop preview
const SENT = 256; // pixels of the square that is sent
const LARGEST = 20 * 2 ** 20;
const FARTHEST = -1; // zoom: halvings of the photo's shorter side that the crop is wide
const NEAREST = 7;
const MOST_TURNED = 180; // degrees

let bitmap = null;
let crop = null; // Placement: the square that shows the face
let whole = ""; // identifies the whole photo that the crop is of
let view = null;
let closeCamera = () => {};
let unread = ""; // a picture that this browser cannot show, until the server has read it

const asUri = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

// --- coming in --------------------------------------------------------------------------------------------------

// One of our own pictures restores its recipe, any other is a photo to edit.
async function receive(file) {
  if (!file || await restorePrompt(file)) return;
  if (!view.closest("#faces").offsetParent) document.querySelector("#tabs [role=tab]").click(); // where the answer shows
  try {
    await accept(file);
  } catch {
    emit("say", { text: `${file.name || "This file"} could not be opened. Choose a picture.`, error: true });
  }
}

async function accept(file) {
  if (file.size > LARGEST) {
    return emit("say", { text: "This file is larger than 20 MB. Choose a smaller picture.", error: true });
  }
  if (await carriesRecipe(file)) {
    const png = await asUri(file);
    emit("mode", "draw");
    return ask.send({ kind: "draw", png, settle: true });
  }
  if (file.type && !file.type.startsWith("image/")) {
    return emit("say", { text: `${file.name || "This file"} is not a picture.`, error: true });
  }
  await usePhoto(file);
}

async function carriesRecipe(file) {
  const head = new Uint8Array(await file.slice(0, 65536).arrayBuffer());
  const text = new TextDecoder("latin1").decode(head);
  return text.slice(1, 4) === "PNG" && text.includes(`Xt${session.words.pngKey}\0`);
}

async function usePhoto(file) {
  let picture;
  const source = await asUri(file);
  try {
    picture = await createImageBitmap(file);
  } catch {
    // The browser cannot show this format; the server may be able to. Until then everything stays as it is.
    unread = source;
    return ask.send({ kind: "read", photo: unread });
  }
  emit("mode", "edit");
  bitmap = picture;
  unread = "";
  session.photo = null;
  const side = Math.min(bitmap.width, bitmap.height);
  crop = { x: bitmap.width / 2, y: bitmap.height / 2, side, degrees: 0 };
  view.dataset.empty = "";
  paintCrop();
  whole = locate(source, bitmap, (placement) => {
    crop = placement || crop;
    paintCrop();
    settleCrop();
  });
}

function read() {
  ask.send({ kind: "read", photo: session.photo.source });
}

function takeUnread() {
  bitmap = null;
  forget();
  session.photo = null;
  emit("mode", "edit");
  session.photo = { source: unread, base: null };
  view.dataset.empty = "raw";
  unread = "";
}

// --- the crop ---------------------------------------------------------------------------------------------------

function slider(name, value, from, to) {
  const input = view.querySelector(`input[name=${name}]`);
  input.value = value;
  input.style.setProperty("--from", "0%");
  input.style.setProperty("--to", `${(100 * (Math.min(to, Math.max(from, value)) - from)) / (to - from)}%`);
}

function paintCrop() {
  if (!bitmap) return;
  cut(bitmap, crop, view.querySelector("canvas"), SIDE * Math.min(2, devicePixelRatio || 1));
  slider("zoom", nearness(crop, bitmap), FARTHEST, NEAREST);
  slider("turn", crop.degrees, -MOST_TURNED, MOST_TURNED);
}

// Moved by pixels of the photo, and nearer, farther or turned where that is given.
function moveCrop(dx, dy, { zoom, degrees } = {}) {
  if (!bitmap) return;
  crop = moved(crop, -dx, -dy, bitmap);
  if (zoom !== undefined) crop = withNearness(crop, Math.min(NEAREST, Math.max(FARTHEST, zoom)), bitmap);
  if (degrees !== undefined) crop = { ...crop, degrees };
  paintCrop();
}

function settleCrop() {
  if (!bitmap) return;
  const source = cut(bitmap, crop, document.createElement("canvas"), SENT).toDataURL("image/jpeg", 0.95);
  session.photo = { source, base: null, placement: crop, whole };
  read();
}

function cropView() {
  const canvas = el("canvas", {
    class: "crop",
    tabindex: 0,
    role: "img",
    "aria-label": "Crop of your photo. Drag to move, arrows too.",
  });
  const range = (name, label, min, max, step) =>
    el("input", { type: "range", class: "plain", name, min, max, step, value: 0, "aria-label": label });
  const zoom = range("zoom", "Zoom", FARTHEST, NEAREST, 0.01);
  const turn = range("turn", "Turn", -MOST_TURNED, MOST_TURNED, 0.5);
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const scale = crop.side / canvas.clientWidth;
    moveCrop((event.clientX - from[0]) * scale, (event.clientY - from[1]) * scale);
    from = [event.clientX, event.clientY];
  });
  canvas.addEventListener("pointerup", () => {
    from = null;
    settleCrop();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    moveCrop(0, 0, { zoom: nearness(crop, bitmap) + (event.deltaY < 0 ? 0.07 : -0.07) });
    clearTimeout(canvas.timer);
    canvas.timer = setTimeout(settleCrop, 350);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way || !crop) return;
    event.preventDefault();
    event.stopPropagation();
    moveCrop((way[0] * crop.side) / 40, (way[1] * crop.side) / 40);
    clearTimeout(canvas.timer);
    canvas.timer = setTimeout(settleCrop, 350);
  });
  zoom.addEventListener("input", () => moveCrop(0, 0, { zoom: Number(zoom.value) }));
  turn.addEventListener("input", () => moveCrop(0, 0, { degrees: Number(turn.value) }));
  for (const input of [zoom, turn]) input.addEventListener("change", settleCrop);
  return el(
    "div",
    { class: "crop-view", "data-empty": "none" },
    canvas,
    el("label", { class: "setting crop-zoom" }, el("span", { class: "setting-name" }, "Zoom"), zoom),
    el("label", { class: "setting crop-zoom" }, el("span", { class: "setting-name" }, "Turn"), turn),
    el("p", { class: "hint raw-note" }, "This browser cannot show the format; its centre square is used."),
  );
}

// --- the camera -------------------------------------------------------------------------------------------------

async function camera(panel) {
  if (panel.querySelector(".camera")) return;
  if (!navigator.mediaDevices?.getUserMedia) {
    return emit("say", {
      text: "This browser gives no camera to this page (it needs https or localhost).",
      error: true,
    });
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch {
    return emit("say", {
      text: "The camera could not be opened. Allow it for this page, or upload a photo.",
      error: true,
    });
  }
  const video = el("video", { autoplay: true, playsinline: true, muted: true });
  video.srcObject = stream;
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    box.remove();
  };
  closeCamera = close;
  const take = () => {
    const frame = document.createElement("canvas");
    frame.width = video.videoWidth;
    frame.height = video.videoHeight;
    frame.getContext("2d").drawImage(video, 0, 0);
    close();
    frame.toBlob((blob) => usePhoto(blob), "image/png");
  };
  const shutter = el("button", { type: "button", class: "primary", disabled: true, onclick: take }, "Take photo");
  video.addEventListener("loadeddata", () => (shutter.disabled = false), { once: true });
  const box = el(
    "div",
    { class: "camera" },
    video,
    el(
      "div",
      { class: "button-row" },
      shutter,
      el("button", { type: "button", class: "button", onclick: close }, "Cancel"),
    ),
  );
  panel.append(box);
}

async function paste() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/"));
      if (type) return receive(await item.getType(type));
    }
    emit("say", { text: "There is no picture in the clipboard.", error: true });
  } catch {
    emit("say", { text: "Press Ctrl+V (on a Mac, Cmd+V) to paste a picture.", brief: true });
  }
}

// --- the panel --------------------------------------------------------------------------------------------------

function settings() {
  const method = el(
    "select",
    { class: "field", "aria-label": "Editing method" },
    el("option", { value: "ddpm" }, "Edit-friendly noise"),
    el("option", { value: "ddim" }, "DDIM inversion"),
  );
  method.addEventListener("change", () => {
    session.method = method.value;
    change({}, {});
  });
  const faith = el("input", {
    type: "range",
    class: "plain",
    min: 0,
    max: 1,
    step: 0.05,
    "aria-label": "Faithfulness",
  });
  const output = el("output", { class: "number" });
  const show = () => {
    method.value = session.method;
    faith.value = session.faithfulness;
    faith.style.setProperty("--from", "0%");
    faith.style.setProperty("--to", `${100 * session.faithfulness}%`);
    output.textContent = `${Math.round(100 * session.faithfulness)} %`;
  };
  faith.addEventListener("input", () => {
    session.faithfulness = Number(faith.value);
    show();
    change({}, { live: true });
  });
  faith.addEventListener("change", () => change({}, {}));
  on("recipe", show);
  show();
  const hint = "How closely the result keeps to the photo";
  return el(
    "div",
    { class: "photo-settings" },
    el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Method"), method),
    el("div", { class: "setting" }, el("span", { class: "setting-name", title: hint }, "Faithfulness"), faith, output),
  );
}

export const photoPanel = () => {
  const input = el("input", { type: "file", accept: "image/*", hidden: true, id: "photo-file" });
  input.addEventListener("change", () => {
    receive(input.files[0]);
    input.value = "";
  });
  view = cropView();
  const panel = el(
    "section",
    { class: "group photo-panel", hidden: true },
    input,
    el(
      "div",
      { class: "button-row" },
      el("button", { type: "button", class: "button", onclick: () => input.click() }, icon("upload"), "Upload"),
      el("button", { type: "button", class: "button", onclick: () => camera(panel) }, icon("camera"), "Camera"),
      el("button", { type: "button", class: "button", onclick: paste }, icon("paste"), "Paste"),
    ),
    wholePanel(),
    view,
    settings(),
  );
  on("mode", (mode) => {
    panel.hidden = mode !== "edit";
    closeCamera(); // nobody is filmed behind another panel
  });
  return panel;
};

function switchMode(mode) {
  if (mode === session.mode) return;
  session.mode = mode;
  if (mode === "draw") {
    if (session.beforeEdit) adopt(session.beforeEdit);
    ask.draw();
  } else {
    session.beforeEdit = session.recipe;
    if (session.photo?.base) {
      change({ attributes: session.photo.edited || session.photo.base, count: 1 });
    }
  }
}

on("answer", (message) => {
  if (message.request.kind !== "read") return;
  const foreign = unread && message.request.content.photo === unread;
  if (message.error && foreign) unread = "";
  else if (message.error) session.photo = null;
  if (message.read && foreign) takeUnread();
  if (!message.read || !session.photo) return;
  const { before, achieved, base } = message.read;
  Object.assign(session.photo, { before, achieved, base });
  adopt({ attributes: { ...base }, count: 1 });
  emit("photo", session.photo);
});

// --- drop and paste anywhere ------------------------------------------------------------------------------------

function anywhere() {
  const overlay = el(
    "div",
    { class: "drop-overlay", "aria-hidden": "true" },
    el("p", {}, "Drop a photo to edit it, or a picture made here to restore it"),
  );
  document.body.append(overlay);
  let depth = 0;
  const files = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = (visible) => overlay.classList.toggle("visible", visible);
  addEventListener("dragenter", (event) => files(event) && (depth++, show(true)));
  addEventListener("dragleave", (event) => files(event) && (depth = Math.max(0, depth - 1)) === 0 && show(false));
  addEventListener("dragover", (event) => files(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    event.stopPropagation();
    depth = 0;
    show(false);
    receive(event.dataTransfer.files[0]);
  }, true);
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    receive(files.find((item) => item.type.startsWith("image/")) || files[0]);
  });
}

on("mode", switchMode);
on("ready", anywhere);
export { usePhoto as editPhoto };
