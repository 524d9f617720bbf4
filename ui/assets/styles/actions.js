// What can be done with a styled picture: save it, link to it, send it on; and pictures and style files that come in.
import { after, el, emit, icon, on } from "../shared/core.js";
import { sendButtons, takes } from "../shared/send.js";
import { addPictures } from "./jobs.js";
import { applyStyle, change, enterPicture, requests, state, titleOf, visible } from "./wire.js";

const LARGEST = 20 * 2 ** 20;
const SENT = 256; // pixels of the square of a photo that is sent

// As a blob: a browser does not save a long data URI.
async function save(uri, name) {
  const address = URL.createObjectURL(await (await fetch(uri)).blob());
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

const chosen = () => state.shown?.after;
const download = () => chosen() && save(chosen().picture, chosen().filename);
const outgoing = () => ({
  uri: chosen().picture,
  name: state.shown.kind === "photo" ? "photo in a style" : `seed ${state.shown.recipe.seed}, styled`,
});

async function copyLink() {
  const url = new URL(location.href);
  url.searchParams.set("r", chosen().link);
  try {
    await navigator.clipboard.writeText(url.href);
    emit("styles:say", { text: "Link copied. It opens in the Faces tab and draws the same picture again." });
  } catch {
    emit("styles:say", {
      text: "The browser keeps its clipboard closed; download the picture instead, it carries its recipe.",
    });
  }
}

export const toolbar = () => {
  const button = (id, name, words, onclick) =>
    el("button", { type: "button", class: "icon-button", id, title: words, "aria-label": words, onclick }, icon(name));
  const bar = el(
    "div",
    { class: "stage-actions", hidden: true },
    button("styles-download", "download", "Download PNG with its recipe", download),
    button("styles-link", "link", "Copy a link to this picture", copyLink),
  );
  for (const one of sendButtons("styles", outgoing)) {
    one.id = `styles-to-${one.dataset.send}`;
    bar.append(one);
  }
  return bar;
};

// --- coming in --------------------------------------------------------------------------------------------------

const say = (text) => emit("styles:say", { text, error: true });

const asUri = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

// The centre square, small enough to send with every change of a slider; what a browser cannot show goes as it is.
async function usePhoto(file) {
  let photo;
  try {
    const bitmap = await createImageBitmap(file);
    const side = Math.min(bitmap.width, bitmap.height);
    const square = el("canvas", { width: SENT, height: SENT });
    const context = square.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white"; // under what is transparent, as the server does
    context.fillRect(0, 0, SENT, SENT);
    context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, SENT, SENT);
    photo = square.toDataURL("image/jpeg", 0.95);
  } catch {
    photo = await asUri(file);
  }
  change({ mode: "photo", photo });
}

async function addStyle(file) {
  const { largest } = state.words;
  if (file.size > largest) {
    return say(`${file.name} is larger than ${largest / 2 ** 20} MB. Put it into the folder of LoRAs.`);
  }
  emit("styles:intake", `Adding ${file.name}`);
  try {
    const { path } = await state.upload(file);
    requests.ask("file", { kind: "add", path, base: state.base }, { adding: true });
  } catch {
    emit("styles:intake", "");
    say(`${file.name} did not reach the server. Check the connection and add it again.`);
  }
}

// Pictures teach a style while one is being taught; otherwise the first is a photo, or a face with its recipe.
async function receive(files) {
  const file = files[0];
  if (!file) return;
  if (/\.(safetensors|ckpt|pt|pth|bin|pkl)$/i.test(file.name)) return addStyle(file);
  const large = files.find((one) => one.size > LARGEST);
  if (large) return say(`${large.name} is larger than 20 MB. Choose a smaller file.`);
  if (state.mode === "train") return addPictures(files);
  if (file.type && !file.type.startsWith("image/")) return say(`${file.name || "This file"} is not a picture.`);
  const head = new TextDecoder("latin1").decode(
    await file.slice(0, 65536).arrayBuffer().catch(() => new ArrayBuffer(0)),
  );
  if (head.slice(1, 4) === "PNG" && head.includes(`Xt${state.words.pngKey}\0`)) {
    return enterPicture({ uri: await asUri(file) });
  }
  usePhoto(file);
}

async function paste() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/"));
      if (type) return receive([new File([await item.getType(type)], "pasted.png", { type })]);
    }
    say("There is no picture in the clipboard.");
  } catch {
    emit("styles:say", { text: "Press Ctrl+V (on a Mac, Cmd+V) to paste a picture." });
  }
}

// Anywhere on the page while this tab is open; the Faces tab listens for the same events, so this one comes first.
function anywhere() {
  const overlay = el("div", { class: "drop-overlay", "aria-hidden": "true" }, el("p", {}, ""));
  after(["styles-canvas"], () => document.body.append(overlay));
  let depth = 0;
  const show = (shown) => {
    overlay.firstChild.textContent = state.mode === "train"
      ? "Drop the pictures of your style"
      : "Drop a photo to see it in styles, or a style file (safetensors) to apply it";
    overlay.classList.toggle("visible", shown);
  };
  const take = (name, action) =>
    addEventListener(name, (event) => {
      if (!visible() || ![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.stopImmediatePropagation();
      action(event);
    }, true);
  take("dragenter", () => show(++depth > 0));
  take("dragleave", () => show((depth = Math.max(0, depth - 1)) > 0));
  take("dragover", (event) => event.preventDefault());
  take("drop", (event) => {
    event.preventDefault();
    show((depth = 0) > 0);
    receive([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!visible() || !files.length) return;
    event.stopImmediatePropagation();
    receive(files);
  }, true);
}

on("styles:answer", ({ file, added, error, request, last }) => {
  if (file) save(file.uri, file.name);
  if (request.adding && last) emit("styles:intake", "");
  if (added && !error) {
    emit("styles:say", { text: `${titleOf(added)} is on the wall of this session.` });
    applyStyle(added);
  }
});

takes("styles", {
  title: "Styles",
  words: "Apply styles",
  icon: "brush",
  needs: ["styles-controls", "styles-canvas", "styles-history"],
  take: (picture) => enterPicture(picture),
});

anywhere();
export { addStyle, paste as pastePicture, save as saveAs, usePhoto };
