// A visitor's own photos: sent, read and mapped on a line of their own. They go when the visitor goes.
import { register } from "../shared/components.js";
import { alignSwitch, fileInput } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit } from "../shared/events.js";
import { asUri, LARGEST } from "../shared/files.js";
import { icon } from "../shared/icons.js";
import { takeFiles } from "../shared/intake.js";
import { keep } from "../shared/kept.js";
import { RequestQueue } from "../shared/request_queue.js";
import { whereItGoes } from "../shared/where.js";
import { chooseAtlas, request } from "./requests.js";
import { say, state } from "./state.js";

const MOST = 5000; // files
const AGAIN = 4000; // milliseconds between two looks at which maps have become ready
const KINDS = "Pictures or a zip, up to 5,000. Only you see them. ";
const PHASES = { reading: "Reading", encoding: "Encoding", mapping: "Mapping" };
let upload = null; // File -> {path}, kept by the server for this visitor
let align = false; // whether photos become the square of their largest face
let unsent = []; // sentences on the files of the last map that were not sent
let status, stop;

const queue = new RequestQueue("latent-map-photos", { photos: {} }, {
  events: { send: "photos", stop: "end" },
  patience: Infinity,
  failure: "The server is busy with somebody's photos. Try again in a minute.",
  take,
});

const tell = (words, busy) => {
  status.textContent = words;
  stop.hidden = !busy;
};

// One sentence for each reason, with the first of the files that it kept away.
function leftOut(problems) {
  const names = new Map();
  for (const [name, reason] of problems) names.set(reason, [...(names.get(reason) || []), name]);
  return [...names].map(([reason, [first, ...more]]) => {
    const others = more.length ? ` and ${more.length.toLocaleString("en")} more` : "";
    return `Left out ${first}${others}: ${reason}`;
  });
}

function problemOf({ size }, place) {
  if (size > LARGEST) return "Larger than 20 MB, the most that one file may have.";
  if (!size) return "The file is empty.";
  return place >= MOST ? "A map takes at most 5,000 files; put them into a zip." : "";
}

// The paths of the files that reached the server.
async function sendAll(files, problems) {
  const paths = [];
  for (const file of files) {
    tell(`Sending ${paths.length + 1} of ${files.length}`, false);
    try {
      paths.push((await upload(file)).path);
    } catch {
      problems.push([file.name, "It did not reach the server."]);
    }
  }
  return paths;
}

async function send(files) {
  const problems = [];
  const fine = [];
  for (const file of files) {
    const problem = problemOf(file, fine.length);
    if (problem) problems.push([file.name, problem]);
    else fine.push(file);
  }
  if (!fine.length) return say({ text: "Choose photos or a zip; each file may have up to 20 MB.", error: true });
  const paths = await sendAll(fine, problems);
  if (!paths.length) {
    tell("", false);
    return say({ text: "The files did not reach the server. Check the connection and try again.", error: true });
  }
  unsent = leftOut(problems);
  tell("Starting", true);
  queue.request("photos", { paths, align });
}

function take(message) {
  if (message.phase) {
    tell(
      `${PHASES[message.phase] || message.phase}: ${message.done}${message.total ? ` of ${message.total}` : ""}`,
      true,
    );
  }
  if (!message.last) return;
  tell("", false);
  if (message.error) return say({ text: message.error, error: true });
  if (!message.atlas) return;
  message.atlas.notes.unshift(...unsent);
  state.atlases = [...state.atlases.filter((one) => one.kind !== "photos"), message.atlas];
  emit("latent-map:atlases");
  chooseAtlas(message.atlas.name);
  follow(message.atlas.name);
}

// UMAP and t-SNE are fitted in the background; the column offers each once it is there.
function follow(name) {
  const waiting = state.atlases.find((one) => one.name === name)?.spaces.some((space) => space.pending.length);
  if (!waiting) return;
  setTimeout(() => {
    if (state.atlas?.name !== name) return;
    request("atlas", { kind: "atlas", atlas: name }, (message) => {
      if (!message.atlas) return;
      message.atlas.notes.unshift(...unsent);
      state.atlases = state.atlases.map((one) => (one.name === name ? message.atlas : one));
      state.atlas = message.atlas;
      emit("latent-map:ready");
      follow(name);
    });
  }, AGAIN);
}

export const photosGroup = () => {
  const input = fileInput("latent-map-files", "image/*,.zip,.heic", send, { multiple: true });
  status = el("p", { class: "hint reconstruction-note number", role: "status" });
  stop = el(
    "button",
    { type: "button", class: "button small", hidden: true, onclick: () => queue.interrupt() },
    icon("stop"),
    "Stop",
  );
  return el(
    "section",
    { class: "group" },
    el("h2", {}, "My photos"),
    input,
    el(
      "button",
      { type: "button", class: "button latent-map-wide", onclick: () => input.click() },
      icon("upload"),
      "Map my photos",
    ),
    el(
      "p",
      { class: "hint reconstruction-note" },
      KINDS,
      whereItGoes({ several: true, until: "deleted when you leave" }),
    ),
    alignSwitch("latent-map-align", (on) => (align = on)),
    status,
    stop,
  );
};

// One picture is shown on the map that is open, more of them or a zip become a map.
async function drop(files) {
  const [file, ...more] = files;
  const zip = /zip/i.test(file?.type) || /\.zip$/i.test(file?.name);
  if (more.length || !file || zip || !state.atlas) return send(files);
  if (file.size > LARGEST) return say({ text: `${file.name}: ${problemOf(file, 0)}`, error: true });
  emit("latent-map:locate", { uri: await asUri(file), name: file.name });
}

takeFiles({
  visible: () => Boolean(document.getElementById("latent-map")?.offsetParent),
  words:
    () => (state.atlas ? "Drop a picture to find its place, several or a zip to map them" : "Drop photos or a zip"),
  take: drop,
});

const mapped = () => ({ photos: !queue.idle || state.atlases.some(({ kind }) => kind === "photos") });

register("latent-map-intake", (handle) => {
  upload = handle.upload;
  const kept = keep("latent-map", mapped);
  if (kept?.photos) say({ text: "The page was loaded again. Map your photos again.", brief: false });
  queue.connect(handle);
  handle.watch("value", () => queue.receive(handle.props.value));
});
