// One request at a time: what changes meanwhile waits as a single newest request, so nothing piles up.
import { emit, onFailure } from "../shared/core.js";
import { session } from "./session.js";

const PATIENCE = 120000; // without a word from the server
const SLOW = 500; // after this long an unfinished drawing gives way to a newer one

let wire = null; // the controls' island: its value is the request
let ticket = 0;
let current = null;
let waiting = null;
let sweepWaiting = null;
let watchdog = 0;

function body(request) {
  if (request.body) return request.body();
  const common = { recipe: session.recipe, settle: !session.dragging };
  if (session.mode !== "edit" || !session.photo?.base) return { kind: "draw", ...common };
  const { source, base } = session.photo;
  const { method, faithfulness } = session;
  return { kind: "edit", ...common, photo: source, base, method, faithfulness };
}

function pump() {
  if (!wire) return;
  if (current) {
    if (!waiting) return;
    const age = performance.now() - current.sent;
    if (current.kind === "sweep" || age > SLOW) interrupt();
    else setTimeout(pump, SLOW - age + 5);
    return;
  }
  const request = waiting || sweepWaiting;
  if (!request) return;
  if (waiting) waiting = null;
  else sweepWaiting = null;
  const content = body(request);
  current = { ...request, kind: content.kind, ticket: ++ticket, sent: performance.now(), content };
  wire.props.value = { ...content, ticket };
  wire.trigger("ask");
  listen();
  emit("asked", current);
}

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    failed("The server does not answer. Your settings are kept; try again.");
  }, PATIENCE);
}

// The request ended without an answer: the line was full, or the connection broke.
function failed(error = "The server is busy. Your settings are kept; try again in a moment.") {
  if (current) receive({ ticket: current.ticket, last: true, error });
}

function interrupt() {
  if (!current || current.interrupted) return;
  current.interrupted = true;
  wire.trigger("stop");
}

function draw({ live = false, quiet = false } = {}) {
  if (session.mode === "edit" && !session.photo?.base) return;
  waiting = { live, quiet };
  sweepWaiting = null;
  pump();
}

// Any other request: {kind, ...} built when its turn comes.
function send(content, options = {}) {
  waiting = { ...options, body: () => content };
  pump();
}

function sweep(attribute) {
  sweepWaiting = { body: () => ({ kind: "sweep", recipe: session.recipe, attribute }) };
  pump();
}

// Esc or the button: nothing more is wanted; what is on the canvas stays.
function stop() {
  waiting = sweepWaiting = null;
  if (current) {
    current.stopped = true;
    interrupt();
  }
}

function receive(message) {
  if (!current || !message || message.ticket !== current.ticket) return;
  const request = current;
  listen();
  emit("answer", { ...message, request, superseded: Boolean(waiting) });
  if (!message.last) return;
  clearTimeout(watchdog);
  current = null;
  emit("finished", { ...message, request });
  pump();
}

const ask = {
  draw,
  send,
  sweep,
  stop,
  receive,
  failed,
  connect(handle) {
    wire = handle;
    pump();
  },
  get busy() {
    return current;
  },
  get idle() {
    return !current && !waiting;
  },
};

onFailure("faces", () => ask.failed());

export { ask };
