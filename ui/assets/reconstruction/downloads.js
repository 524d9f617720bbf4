// Downloads of models that are not here: a queue of their own, so that nobody's pictures wait for them.
import { register } from "../shared/components.js";
import { emit } from "../shared/events.js";
import { RequestQueue } from "../shared/request_queue.js";
import { changeTable } from "./requests.js";
import { state } from "./state.js";

const queue = new RequestQueue("reconstruction-fetch", { fetch: {} }, {
  events: { send: "fetch", stop: "cancel" },
  patience: Infinity,
  failure: "The download could not be started. Try again in a moment.",
  take,
});

const mega = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

export function fetchModel(key) {
  state.fetching = { key, words: "Starting" };
  queue.request("fetch", { model: key });
  emit("reconstruction:models");
}

export const endFetch = () => queue.interrupt();

function take(message) {
  if (message.total) {
    state.fetching = { ...state.fetching, words: `${mega(message.done)} of ${mega(message.total)} MB` };
  }
  if (message.error) emit("reconstruction:say", { text: message.error, error: true });
  if (message.last) {
    state.fetching = null;
    changeTable({ kind: "models" });
  }
  emit("reconstruction:models");
}

register("reconstruction-fetch", (handle) => {
  queue.connect(handle);
  handle.watch("value", () => queue.receive(handle.props.value));
});
