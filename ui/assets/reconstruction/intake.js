// The lab's control column: pictures come in here, models are switched here, and what could not be read is said here.
import { el, emit, icon, on, part } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { takes } from "../shared/send.js";
import { facesHistory } from "../faces/history.js";
import { ask, connect, removePicture, state, toggleModel, visible } from "./wire.js";

const LARGEST = 20 * 2 ** 20;
const TILE = 96;
let upload = null; // File -> {path}, kept by the server for this visitor

// --- coming in --------------------------------------------------------------------------------------------------

const problem = (name, reason) => {
  state.problems.push({ name, reason });
  emit("lab:problems");
};

// Pictures and zips; each that cannot even be sent is named like those that the server could not read.
async function receive(files) {
  const paths = [];
  busy(files.length === 1 ? `Adding ${files[0].name || "a picture"}` : `Adding ${files.length} files`);
  for (const file of files.slice(0, 64)) {
    if (file.size > LARGEST) problem(file.name, "Larger than 20 MB. Choose a smaller file, or split the zip.");
    else if (!file.size) problem(file.name, "The file is empty.");
    else {
      try {
        paths.push((await upload(file)).path);
      } catch {
        problem(file.name, "It did not reach the server. Check the connection and add it again.");
      }
    }
  }
  if (files.length > 64) {
    problem(`${files.length - 64} more files`, "At most 64 at once. Put them into a zip, or add them next.");
  }
  if (!paths.length) return busy("");
  ask({ kind: "add", paths }, {
    done: (message) => {
      if (message.error) problem(files.length === 1 ? files[0].name : "Upload", message.error);
      busy("");
    },
  });
}

// A picture that the page already has, as a data URI.
function addPicture(uri, name) {
  ask({ kind: "add", added: { uri, name } });
}

async function paste() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((name) => name.startsWith("image/"));
      if (type) return receive([new File([await item.getType(type)], "pasted.png", { type })]);
    }
    emit("lab:say", { text: "There is no picture in the clipboard.", error: true });
  } catch {
    emit("lab:say", { text: "Press Ctrl+V (on a Mac, Cmd+V) to paste a picture." });
  }
}

async function camera(panel) {
  if (panel.querySelector(".camera")) return;
  if (!navigator.mediaDevices?.getUserMedia) {
    return emit("lab:say", {
      text: "This browser gives no camera to this page (it needs https or localhost).",
      error: true,
    });
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  } catch {
    return emit("lab:say", {
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
  const take = () => {
    const frame = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    frame.getContext("2d").drawImage(video, 0, 0);
    close();
    frame.toBlob((blob) => receive([new File([blob], "camera.png", { type: "image/png" })]), "image/png");
  };
  const box = el(
    "div",
    { class: "camera" },
    video,
    el(
      "div",
      { class: "button-row" },
      el("button", { type: "button", class: "primary", onclick: take }, "Take photo"),
      el("button", { type: "button", class: "button", onclick: close }, "Cancel"),
    ),
  );
  panel.append(box);
}

// Anywhere on the page while this tab is open; the Faces tab listens for the same events, so this one comes first.
function anywhere() {
  const overlay = el(
    "div",
    { class: "drop-overlay", "aria-hidden": "true" },
    el("p", {}, "Drop pictures or a zip to reconstruct them"),
  );
  on("lab:mounted", () => document.body.append(overlay));
  let depth = 0;
  const show = (shown) => overlay.classList.toggle("visible", shown);
  const mine = (event) => visible() && [...(event.dataTransfer?.types || [])].includes("Files");
  const take = (name, action) =>
    addEventListener(name, (event) => {
      if (!mine(event)) return;
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

// --- the column -------------------------------------------------------------------------------------------------

const group = (title, ...content) => el("section", { class: "group" }, title && el("h2", {}, title), ...content);
let status, problems, examples, history, models;

function busy(words) {
  status.textContent = words;
  status.hidden = !words;
}

function intake() {
  const input = el("input", {
    type: "file",
    accept: "image/*,.zip,.heic",
    multiple: true,
    hidden: true,
    id: "lab-file",
  });
  input.addEventListener("change", () => {
    receive([...input.files]);
    input.value = "";
  });
  status = el("p", { class: "hint lab-status", role: "status", hidden: true });
  problems = el("ul", { class: "lab-problems", "aria-label": "Files that could not be read" });
  const panel = group(
    "",
    input,
    el(
      "div",
      { class: "button-row" },
      el(
        "button",
        {
          type: "button",
          class: "primary",
          id: "lab-upload",
          onclick: () => input.click(),
        },
        icon("upload"),
        "Upload",
      ),
      el("button", { type: "button", class: "button", onclick: () => camera(panel) }, icon("camera"), "Camera"),
      el("button", { type: "button", class: "button", onclick: paste }, icon("paste"), "Paste"),
    ),
    el(
      "p",
      { class: "hint lab-note" },
      "Several at once, zips too, or drop them anywhere. They stay on this machine and are not kept.",
    ),
    status,
    problems,
  );
  return panel;
}

function showProblems() {
  problems.replaceChildren(...state.problems.map((one) => {
    const close = el("button", {
      type: "button",
      class: "icon-button",
      "aria-label": `Dismiss ${one.name}`,
      onclick: () => {
        state.problems = state.problems.filter((other) => other !== one);
        showProblems();
      },
    }, icon("close"));
    return el("li", {}, icon("warning"), el("span", {}, el("strong", {}, one.name), ` ${one.reason}`), close);
  }));
}

function tile(uri, words, onclick) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  if (uri) paint(canvas, uri, TILE);
  return el("button", {
    type: "button",
    class: `lab-tile${uri ? "" : " waiting"}`,
    title: words,
    "aria-label": `Add: ${words}`,
    onclick,
  }, canvas);
}

function showExamples() {
  examples.hidden = !state.examples.length;
  examples.querySelector(".lab-tiles").replaceChildren(...state.examples.map((one) => {
    const node = tile(one.picture, one.words, () => ask({ kind: "example", example: one.name, count: 2 }));
    node.dataset.example = one.name;
    return node;
  }));
}

function showHistory() {
  const entries = facesHistory().slice(-6).reverse();
  history.hidden = !entries.length;
  history.querySelector(".lab-tiles").replaceChildren(...entries.map((entry) => {
    const face = entry.faces[entry.selected || 0] || entry.faces[0];
    const words = entry.kind === "edit" ? "edited photo" : `seed ${entry.recipe.seed}`;
    return tile(face.picture, words, () => addPicture(face.picture, words));
  }));
}

const detail = (model) => {
  if (!model.present) return "Not on this machine";
  return `${model.shape}, ${model.ratio}:1`;
};

function showModels() {
  models.replaceChildren(...state.models.map((model) => {
    const box = el("input", {
      type: "checkbox",
      role: "switch",
      checked: !state.off.has(model.key),
      onchange: () => toggleModel(model.key),
    });
    return el(
      "label",
      { class: "lab-model", "data-model": model.key, "data-present": String(model.present) },
      el(
        "span",
        { class: "lab-model-words" },
        el("span", {}, model.title),
        el("span", { class: "hint number" }, detail(model)),
      ),
      box,
    );
  }));
}

part("lab-controls", (handle) => {
  const { root } = handle;
  upload = handle.upload;
  examples = group("Examples", el("div", { class: "lab-tiles" }));
  history = group("From Faces", el("div", { class: "lab-tiles" }));
  examples.hidden = history.hidden = true;
  models = el("div", { class: "lab-models" });
  const clear = el("button", {
    type: "button",
    class: "button",
    id: "lab-clear",
    disabled: true,
    onclick: () => removePicture(null),
  }, "Remove all pictures");
  on("lab:rows", () => (clear.disabled = !state.rows.length));
  root.classList.add("column", "lab-column");
  root.append(
    el("div", { class: "column-body" }, intake(), examples, history, group("Models", models)),
    el("footer", { class: "foot" }, clear),
  );
  connect(handle);
  showHistory();
});

on("lab:problems", showProblems);
on("lab:examples", showExamples);
on("lab:models", showModels);
on("remember", () => history && showHistory());
anywhere();
takes("lab", {
  title: "Reconstruction",
  words: "Send to Reconstruction",
  icon: "compare",
  needs: ["lab-controls", "lab-canvas"],
  take: ({ uri, name }) => addPicture(uri, name),
});
