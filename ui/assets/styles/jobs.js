// Teaching a style: a line to the server of its own, one request at a time, so that nothing waits for a drawing.
import { emit, onFailure, part } from "../shared/core.js";
import { listStyles, state } from "./wire.js";

const EVERY = 1500; // milliseconds between two looks at a training
const PATIENCE = 120000;
let wire = null;
let ticket = 0;
let current = null;
let watchdog = 0;
let timer = 0;
const queue = [];

Object.assign(state, {
  paths: [], // uploaded pictures and zips
  checked: null, // {crops, same, problems, refused}
  sending: "", // what is on its way to the server
  job: null, // the training as it stands
});

// `then` gets the answer.
function ask(content, then) {
  queue.push({ content, then });
  pump();
}

function pump() {
  if (!wire || current || !queue.length) return;
  current = { ...queue.shift(), ticket: ++ticket };
  wire.props.value = { ...current.content, ticket };
  wire.trigger("ask");
  clearTimeout(watchdog);
  watchdog = setTimeout(() => failed("The server does not answer. Try again."), PATIENCE);
}

function failed(error = "The server is busy. Try again in a moment.") {
  if (current) receive({ ticket: current.ticket, last: true, error });
}

function receive(message) {
  if (!current || !message?.last || message.ticket !== current.ticket) return;
  clearTimeout(watchdog);
  const { then } = current;
  current = null;
  if (message.error) emit("styles:teach-say", message.error);
  if (message.status) follow(message);
  then?.(message);
  pump();
}

function follow({ status, styles: listed }) {
  const ended = status.over && !state.job?.over;
  state.job = status.state === "cancelled" ? null : status;
  clearTimeout(timer);
  if (!status.over) timer = setTimeout(look, EVERY);
  if (listed && ended) listStyles(listed);
  emit("styles:job");
}

function look() {
  if (state.job && !state.job.over) {
    ask({ kind: "status", job: state.job.job }, ({ error }) => error && (timer = setTimeout(look, 4 * EVERY)));
  }
}

// --- pictures ---------------------------------------------------------------------------------------------------

// Pictures and zips, sent one after the other; then all are looked at together.
async function addPictures(files) {
  for (const [place, file] of files.entries()) {
    sending(`Sending ${place + 1} of ${files.length}`);
    try {
      state.paths.push((await state.upload(file)).path);
    } catch {
      emit("styles:teach-say", `${file.name} did not reach the server. Check the connection and add it again.`);
    }
  }
  check();
}

function check() {
  if (!state.paths.length) return sending("");
  sending("Looking at the pictures");
  emit("styles:teach-say", "");
  ask({ kind: "check", paths: state.paths }, ({ checked }) => {
    if (checked) state.checked = checked;
    sending("");
  });
}

function sending(words) {
  state.sending = words;
  emit("styles:job");
}

function clear() {
  Object.assign(state, { paths: [], checked: null, job: state.job?.over ? null : state.job });
  emit("styles:teach-say", "");
  emit("styles:job");
}

const act = (kind) => ask({ kind, job: state.job.job });
const teach = (settings) => ask({ kind: "train", paths: state.paths, ...settings });

part("styles-jobs", (handle) => {
  wire = handle;
  handle.watch("value", () => receive(handle.props.value));
  pump();
});

onFailure("styles-jobs", () => failed());

export { act as actOnJob, addPictures, clear as clearPictures, failed as jobFailed, teach };
