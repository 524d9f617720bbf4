// Downloads of models that are not here: a line of its own, so that nobody's pictures wait for it.
import { emit, onFailure, part } from "../shared/core.js";
import { ask, state } from "./wire.js";

let wire = null;
let ticket = 0;

const mega = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

function fetchModel(key) {
  state.fetching = { key, words: "Starting" };
  wire.props.value = { model: key, ticket: ++ticket };
  wire.trigger("fetch");
  emit("lab:models");
}

function receive(message) {
  if (!message || message.ticket !== ticket || !("last" in message)) return;
  if (message.total) {
    state.fetching = { ...state.fetching, words: `${mega(message.done)} of ${mega(message.total)} MB` };
  }
  if (message.error) emit("lab:say", { text: message.error, error: true });
  if (message.last) {
    state.fetching = null;
    ask({ kind: "models" });
  }
  emit("lab:models");
}

part("lab-fetch", (handle) => {
  wire = handle;
  handle.watch("value", () => receive(handle.props.value));
});

const endFetch = () => wire.trigger("cancel");
const fetchFailed = () =>
  receive({ ticket, last: true, error: "The download could not be started. Try again in a moment." });

onFailure("reconstruction-fetch", () => fetchFailed());

export { endFetch, fetchFailed, fetchModel };
