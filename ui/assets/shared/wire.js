// A tab's one line to the server: of every kind only the newest request waits, and a drawing that somebody waits for
// ends what runs in the background.
import { emit } from "./core.js";

const SLOW = 500; // after this long an unfinished drawing gives way to a newer one

// `slots` are the kinds of request in the order of their turns: an `urgent` one ends what is under way, a `background`
// one gives way at once, a `whole` one never. `kept` is what a failure leaves to the visitor, and `take(message, request)`
// gets every message before the tab's listeners do.
function wire(tab, slots, { patience, kept, take }) {
  const order = Object.keys(slots);
  const waiting = {};
  let handle = null; // the controls' island: its value is the request
  let current = null;
  let ticket = 0;
  let watchdog = 0;

  // `content` is {kind, ...}, or a function that gives it when its turn comes; null: nothing is wanted any more.
  function ask(slot, content, options = {}) {
    waiting[slot] = { ...options, slot, content };
    pump();
  }

  function pump() {
    if (!handle) return;
    if (current) {
      if (!order.some((slot) => slots[slot].urgent && waiting[slot])) return;
      const age = performance.now() - current.sent;
      if (slots[current.slot].background || age > SLOW) interrupt();
      else setTimeout(pump, SLOW - age + 5);
      return;
    }
    const slot = order.find((name) => waiting[name]);
    if (!slot) return emit(`${tab}:idle`);
    const request = waiting[slot];
    delete waiting[slot];
    const content = typeof request.content === "function" ? request.content() : request.content;
    if (!content) return pump();
    current = { ...request, content, kind: content.kind, ticket: ++ticket, sent: performance.now() };
    handle.props.value = { ...content, ticket };
    handle.trigger("ask");
    listen();
    emit(`${tab}:asked`, current);
  }

  function listen() {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => failed(`The server does not answer. ${kept}; try again.`), patience);
  }

  // The request ended without an answer: the line was full, or the connection broke.
  function failed(error = `The server is busy. ${kept}; try again in a moment.`) {
    if (current) receive({ ticket: current.ticket, last: true, error });
  }

  function interrupt() {
    if (!current || current.interrupted || slots[current.slot].whole) return;
    current.interrupted = true;
    handle.trigger("stop");
  }

  // Esc or the button: nothing more is wanted; what is on the canvas stays.
  function stop() {
    for (const slot of order) delete waiting[slot];
    if (current) {
      current.stopped = true;
      interrupt();
    }
  }

  function receive(message) {
    if (!current || !message || message.ticket !== current.ticket) return;
    const request = current;
    listen();
    take(message, request);
    emit(`${tab}:answer`, { ...message, request, superseded: Boolean(waiting.draw) });
    if (!message.last) return;
    clearTimeout(watchdog);
    current = null;
    emit(`${tab}:finished`, { ...message, request });
    pump();
  }

  return {
    waiting,
    ask,
    interrupt,
    stop,
    receive,
    failed,
    connect(island) {
      handle = island;
      pump();
    },
    get busy() {
      return current;
    },
    get idle() {
      return !current && !order.some((slot) => waiting[slot]);
    },
    get calm() {
      return (!current || Boolean(slots[current.slot].background)) && !waiting.draw; // nobody waits for a drawing
    },
  };
}

export { wire };
