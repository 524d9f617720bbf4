// A visitor's own photos: sent, read and mapped on a line of their own. They go when the visitor goes.
import { el, emit, icon, onFailure, part } from "../shared/core.js";
import { ask, chooseAtlas, say, state } from "./wire.js";

const LARGEST = 20 * 2 ** 20;
const MOST = 5000; // files
const AGAIN = 4000; // milliseconds between two looks at which maps have become ready
const PHASES = { reading: "Reading", looking: "Encoding", mapping: "Mapping" };
let wire = null;
let ticket = 0;
let unsent = []; // sentences on the files of the last map that were not sent
let status, stop, input;

const tell = (words, busy) => {
  status.textContent = words;
  stop.hidden = !busy;
};

// [file name, reason] pairs -> one sentence per reason, with the first name and how many more there are.
function leftOut(problems) {
  const names = new Map();
  for (const [name, reason] of problems) names.has(reason) ? names.get(reason).push(name) : names.set(reason, [name]);
  return [...names].map(([reason, [first, ...more]]) =>
    `Left out ${first}${more.length ? ` and ${more.length.toLocaleString("en")} more` : ""}: ${reason}`
  );
}

async function send(files) {
  const problems = [];
  const sized = files.filter((file) => {
    if (file.size > LARGEST) problems.push([file.name, "Larger than 20 MB, the most that one file may have."]);
    else if (!file.size) problems.push([file.name, "The file is empty."]);
    return file.size && file.size <= LARGEST;
  });
  const fine = sized.slice(0, MOST);
  for (const file of sized.slice(MOST)) {
    problems.push([file.name, "A map takes at most 5,000 files; put them into a zip."]);
  }
  if (!fine.length) return say({ text: "Choose photos or a zip; each file may have up to 20 MB.", error: true });
  const paths = [];
  for (const file of fine) {
    tell(`Sending ${paths.length + 1} of ${fine.length}`, false);
    try {
      paths.push((await wire.upload(file)).path);
    } catch {
      problems.push([file.name, "It did not reach the server."]);
    }
  }
  if (!paths.length) {
    tell("", false);
    return say({ text: "The files did not reach the server. Check the connection and try again.", error: true });
  }
  unsent = leftOut(problems);
  tell("Starting", true);
  wire.props.value = { paths, ticket: ++ticket };
  wire.trigger("photos");
}

function receive(message) {
  if (!message || message.ticket !== ticket || !("last" in message)) return;
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
  emit("map:atlases");
  chooseAtlas(message.atlas.name);
  follow(message.atlas.name);
}

// UMAP and t-SNE are fitted in the background; the column offers each once it is there.
function follow(name) {
  const waiting = state.atlases.find((one) => one.name === name)?.spaces.some((space) => space.pending.length);
  if (!waiting) return;
  setTimeout(() => {
    if (state.atlas?.name !== name) return;
    ask("atlas", { kind: "atlas", atlas: name }, (message) => {
      if (!message.atlas) return;
      message.atlas.notes.unshift(...unsent);
      state.atlases = state.atlases.map((one) => (one.name === name ? message.atlas : one));
      state.atlas = message.atlas;
      emit("map:ready");
      follow(name);
    });
  }, AGAIN);
}

export const photosGroup = () => {
  input = el("input", { type: "file", accept: "image/*,.zip,.heic", multiple: true, hidden: true, id: "map-files" });
  input.addEventListener("change", () => {
    send([...input.files]);
    input.value = "";
  });
  status = el("p", { class: "hint lab-note number", role: "status" });
  stop = el(
    "button",
    { type: "button", class: "button small", hidden: true, onclick: () => wire.trigger("end") },
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
      { type: "button", class: "button map-wide", onclick: () => input.click() },
      icon("upload"),
      "Map my photos",
    ),
    el("p", { class: "hint lab-note" }, "Pictures or a zip, up to 5,000. Only you see them, and they go when you go."),
    status,
    stop,
  );
};

part("map-intake", (handle) => {
  wire = handle;
  handle.watch("value", () => receive(handle.props.value));
});
export const photosFailed = () =>
  receive({ ticket, last: true, error: "The server is busy with somebody's photos. Try again in a minute." });
onFailure("latent-map-photos", () => photosFailed());
