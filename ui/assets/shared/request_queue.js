// A queue of requests to the server: one is under way, and the others wait by the rules of their kind.
//
// Every tab has queues of its own, so that a heavy request of one never holds up a light one of another.
import { onFailure } from "./components.js";
import { emit } from "./events.js";
import { begun, waits } from "./queue_place.js";

const SLOW = 500; // milliseconds after which an unfinished request gives way to an urgent one

/**
 * How requests of one kind wait and what ends them.
 * @typedef {object} Kind
 * @property {boolean} [every] all of them wait, in order; without it only the newest does
 * @property {boolean} [urgent] ends what is under way once that is slow
 * @property {boolean} [background] gives way to any other kind that waits
 * @property {boolean} [whole] is never ended
 */

/**
 * What a line has sent: the options of `request`, and what is known of it.
 * @typedef {object} Sent
 * @property {string} slot the name of its kind
 * @property {object} content what the server was sent, without the number
 * @property {string} kind `content.kind`
 * @property {number} request_id its number, which every response to it carries
 * @property {number} sent when, by `performance.now()`
 */

/**
 * A response as the server sends it; other keys depend on the request (ui/TAB/responses.py).
 * @typedef {object} Response
 * @property {number} request_id the number of its request
 * @property {boolean} last whether this ends the response
 * @property {string} [error] what went wrong, in a sentence
 */

export class RequestQueue {
  #name;
  #kinds;
  #options;
  #handle = null; // the component whose value is the request
  #last = 0; // request_id of the newest
  #watchdog = 0;

  waiting = {}; // slot -> requests

  /** @type {Sent | null} */
  current = null;

  /**
   * Tells of requests and responses by the events `NAME:requested`, `NAME:response`, `NAME:finished` and `NAME:idle`.
   * @param {string} name as in `failure_script(NAME)` of the tab
   * @param {Record<string, Kind>} kinds in the order of their turns
   * @param {object} [options]
   * @param {number} [options.patience] milliseconds without a word from the server
   * @param {string} [options.kept] what a failure leaves to the visitor, as a clause
   * @param {string} [options.failure] the sentence for a request that ended without a response
   * @param {{send: string, stop?: string}} [options.events] of the component
   * @param {() => object} [options.common] what goes along with every request
   * @param {number} [options.giveWay] milliseconds that a background request may go on when another waits
   * @param {() => {slot: string, content: object} | null} [options.fill] what to do when nothing waits
   * @param {(content: object) => Promise<Response> | null} [options.direct] sends a light request past Gradio's queue
   * @param {(message: Response, request: Sent) => boolean | void} [options.take] hears a response first; `false` drops it
   */
  constructor(name, kinds, options = {}) {
    this.#name = name;
    this.#kinds = kinds;
    this.#options = {
      patience: 120_000,
      kept: "",
      giveWay: 0,
      events: { send: "request", stop: "cancel" },
      ...options,
    };
    for (const slot of Object.keys(kinds)) this.waiting[slot] = [];
    onFailure(name, () => this.fail());
  }

  connect(handle) {
    this.#handle = handle;
    this.pump();
  }

  /**
   * Lets a request wait for its turn.
   * @param {string} slot the name of its kind
   * @param {object | (() => object | null)} content {kind, ...}, or what gives it at its turn; null: no longer wanted
   * @param {{onLast?: (message: Response) => void}} [options] what they hold travels with the request; `onLast` gets its last message
   */
  request(slot, content, options = {}) {
    const request = { ...options, slot, content };
    if (this.#kinds[slot].every) this.waiting[slot].push(request);
    else this.waiting[slot] = [request];
    this.pump();
  }

  cancel(slot) {
    this.waiting[slot] = [];
  }

  pump() {
    if (!this.#handle) return;
    if (this.current) return this.#giveWay();
    const request = this.#next();
    if (!request) return emit(`${this.#name}:idle`);
    const content = typeof request.content === "function" ? request.content() : request.content;
    if (!content) return this.pump();
    this.#send({ ...request, content, kind: content.kind, request_id: ++this.#last, sent: performance.now() });
  }

  #next() {
    const slot = Object.keys(this.#kinds).find((name) => this.waiting[name].length);
    return slot ? this.waiting[slot].shift() : this.#options.fill?.();
  }

  #send(request) {
    this.current = request;
    const value = { ...this.#options.common?.(), ...request.content, request_id: request.request_id };
    this.#watch();
    const direct = this.#options.direct?.(value);
    if (direct) {
      direct.then((message) => (message ? this.receive(message) : this.fail()), () => this.fail());
    } else {
      this.#handle.props.value = value;
      this.#handle.trigger(this.#options.events.send);
      waits(this.#name);
    }
    emit(`${this.#name}:requested`, request);
  }

  // What is under way ends for what waits, if its kind and its age say so.
  #giveWay() {
    const { slot, sent, request_id: id } = this.current;
    const waits = Object.keys(this.#kinds).filter((name) => this.waiting[name].length);
    const age = performance.now() - sent;
    if (this.#kinds[slot].background) {
      if (waits.some((name) => !this.#kinds[name].background)) this.#interruptIn(this.#options.giveWay, id);
    } else if (waits.some((name) => this.#kinds[name].urgent)) {
      if (age > SLOW) this.interrupt();
      else setTimeout(() => this.pump(), SLOW - age + 5);
    }
  }

  #interruptIn(wait, id) {
    if (wait) setTimeout(() => this.current?.request_id === id && this.interrupt(), wait);
    else this.interrupt();
  }

  interrupt() {
    if (!this.current || this.current.interrupted || this.#kinds[this.current.slot].whole) return;
    this.current.interrupted = true;
    this.#handle.trigger(this.#options.events.stop);
  }

  // Nothing more is wanted; what has come so far stays.
  stop() {
    for (const slot of Object.keys(this.waiting)) this.cancel(slot);
    if (!this.current) return;
    this.current.stopped = true;
    this.interrupt();
  }

  #watch() {
    clearTimeout(this.#watchdog);
    const { patience } = this.#options;
    if (patience === Infinity) return;
    this.#watchdog = setTimeout(() => this.fail(`The server does not answer. ${this.#advice("")}`), patience);
  }

  #advice(when) {
    const { kept } = this.#options;
    return kept ? `${kept}; try again${when}.` : `Try again${when}.`;
  }

  // The request ended without a response: the queue was full, or the connection broke.
  fail(error = this.#options.failure || `The server is busy. ${this.#advice(" in a moment")}`) {
    if (this.current) this.receive({ request_id: this.current.request_id, last: true, error });
  }

  /** @param {Response} message */
  receive(message) {
    const request = this.current;
    if (!request || !message || message.request_id !== request.request_id || !("last" in message)) return;
    begun(this.#name);
    this.#watch();
    const wanted = this.#options.take?.(message, request) !== false;
    const superseded = Boolean(this.waiting.draw?.length);
    if (wanted) emit(`${this.#name}:response`, { ...message, request, superseded });
    if (!message.last) return;
    clearTimeout(this.#watchdog);
    this.current = null;
    if (wanted) request.onLast?.(message);
    emit(`${this.#name}:finished`, { ...message, request });
    this.pump();
  }

  get idle() {
    return !this.current && !Object.values(this.waiting).some((requests) => requests.length);
  }

  // Nobody waits for a drawing.
  get calm() {
    return (!this.current || Boolean(this.#kinds[this.current.slot].background)) && !this.waiting.draw?.length;
  }
}
