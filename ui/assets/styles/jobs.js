// The training of a style: a queue of its own, so that nothing waits for a drawing.
import { after, register } from "../shared/components.js";
import { emit } from "../shared/events.js";
import { keep } from "../shared/kept.js";
import { RequestQueue } from "../shared/request_queue.js";
import { whose } from "../shared/visitor.js";
import { listStyles, state } from "./state.js";

const EVERY = 1500; // milliseconds between two looks at a training
let timer = 0;

/**
 * A request about a training, as ui/styles/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} JobRequest
 * @property {"check" | "train" | "status" | "pause" | "resume" | "keep" | "cancel"} kind
 * @property {string[]} [paths] uploaded pictures and zips
 * @property {string} [job] the training; without it the newest of this visitor
 * @property {string} [title] of the style
 * @property {number} [rank] of its matrices
 * @property {number} [steps] of the training
 * @property {number} [rate] of learning
 */

const queue = new RequestQueue("styles-jobs", { job: { every: true, whole: true } }, { common: whose, take });

/** @param {JobRequest} content @param {(message: object) => void} [onLast] */
const request = (content, onLast) => queue.request("job", content, { onLast });

const ABSENT = "The page was loaded again, and its training is gone: the server was started anew. Train it again.";
const running = () => {
  const under = Boolean(state.job && !state.job.over);
  return { title: under ? state.job.title : "", paths: under ? [] : state.paths };
};

// A training that goes on though the page was loaded again, or pictures that were brought for one.
function findAgain() {
  const kept = keep("training", running);
  if (kept?.paths.length) {
    state.paths = kept.paths;
    check();
  }
  request({ kind: "status" }, ({ status }) => {
    if (kept?.title && !status) {
      emit("styles:train-say", ABSENT);
      emit("styles:say", { text: `${kept.title}: ${ABSENT}`, brief: false });
    }
    if (!status || status.over) return;
    emit("styles:say", { text: `${status.title} is still being trained: choose Teach to see it.` });
  });
}

function take(message) {
  if (message.error) emit("styles:train-say", message.error);
  if (message.status) follow(message);
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
    request({ kind: "status", job: state.job.job }, ({ error }) => error && (timer = setTimeout(look, 4 * EVERY)));
  }
}

// --- pictures ---------------------------------------------------------------------------------------------------

// Pictures and zips, sent one after the other; then all are looked at together.
export async function addPictures(files) {
  for (const [place, file] of files.entries()) {
    sending(`Sending ${place + 1} of ${files.length}`);
    try {
      state.paths.push((await state.upload(file)).path);
    } catch {
      emit("styles:train-say", `${file.name} did not reach the server. Check the connection and add it again.`);
    }
  }
  check();
}

function check() {
  if (!state.paths.length) return sending("");
  sending("Looking at the pictures");
  emit("styles:train-say", "");
  request({ kind: "check", paths: state.paths }, ({ checked }) => {
    if (checked) state.checked = checked;
    sending("");
  });
}

function sending(words) {
  state.sending = words;
  emit("styles:job");
}

export function clearPictures() {
  Object.assign(state, { paths: [], checked: null, job: state.job?.over ? null : state.job });
  emit("styles:train-say", "");
  emit("styles:job");
}

export const actOnJob = (kind) => request({ kind, job: state.job.job });
export const train = (settings) => request({ kind: "train", paths: state.paths, ...settings });

register("styles-jobs", (handle) => {
  queue.connect(handle);
  handle.watch("value", () => queue.receive(handle.props.value));
  after(["styles-canvas"], findAgain);
});
