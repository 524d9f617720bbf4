// A canvas with what is said about it: lines beside the picture, progress with a button to stop, and notices.
import { button } from "./controls.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { roomOf } from "./layout.js";
import { makeNotice, splitCommand } from "./notice.js";

export const QUICK = 350; // milliseconds; a drawing that takes less shows no previews: they would only flicker

const LARGEST = 720; // CSS pixels of one picture
const ACTION = 36; // CSS pixels of one of its buttons, with room
const MARGIN = 24;

export class Stage {
  #info = el("div", { class: "stage-info" });
  #absent = el("div", { class: "absent", role: "alert", hidden: true });
  #words = el("span", {});
  #progress;
  #onLack;
  notice = makeNotice();

  /**
   * @param {object} options
   * @param {HTMLElement} options.actions the buttons at the top right
   * @param {HTMLElement[]} options.content pictures, and what stands where there are none
   * @param {string} options.stopId
   * @param {string} options.stopTitle
   * @param {() => void} options.stop
   * @param {string} [options.kind] a class for the stage
   * @param {(lacking: boolean) => void} [options.onLack] hears that weights are missing, or there again
   */
  constructor({ actions, content, stopId, stopTitle, stop, kind = "", onLack = () => {} }) {
    const ending = button([icon("stop"), "Stop"], stop, { class: "button small", id: stopId, title: stopTitle });
    this.#progress = el("div", { class: "progress", hidden: true, role: "status" }, this.#words, ending);
    this.#onLack = onLack;
    const parts = [this.#info, actions, ...content, this.#absent, this.#progress, this.notice.node];
    this.node = el("section", { class: `stage ${kind}`.trim(), "aria-label": "Picture" }, parts);
    new ResizeObserver(() => this.#clear(actions)).observe(this.node); // before those of who paints into it
  }

  // Beside the picture there is room for the lines and the buttons, in one line or two, or they stand in a bar above it.
  #clear(actions) {
    if (!this.node.clientWidth) return;
    this.node.removeAttribute("data-bar");
    const side = Math.min(...roomOf(this.node), LARGEST);
    const beside = (this.node.clientWidth - side) / 2;
    const bar = beside < ACTION * Math.ceil(actions.children.length / 2) + MARGIN;
    this.node.toggleAttribute("data-bar", bar);
    actions.style.maxWidth = bar ? "" : `${Math.floor(beside - MARGIN)}px`;
  }

  say = (words) => this.notice.say(words);

  /** Lines about the picture; the first one is the strongest. */
  tell([first, ...rest]) {
    this.#info.replaceChildren(el("strong", {}, first), ...rest.map((line) => el("span", {}, line)));
  }

  /** @param {number} share of the drawing, 0..1 */
  done(share) {
    this.node.style.setProperty("--done", `${Math.round(100 * share)}%`);
  }

  busy(on, words = "") {
    this.node.toggleAttribute("data-busy", on);
    this.#progress.hidden = !on;
    this.#words.textContent = words;
    if (!on) this.done(0);
  }

  get isBusy() {
    return !this.#progress.hidden;
  }

  lack(on) {
    this.#absent.hidden = !on;
    this.node.toggleAttribute("data-absent", on);
    this.#onLack(on);
  }

  get lacks() {
    return !this.#absent.hidden;
  }

  /** Weights that are not there: what to do, where the picture would be. Everything else on the page goes on. */
  missing(title, sentence, ...more) {
    const [words, command] = splitCommand(sentence);
    const code = command ? el("code", {}, command) : "";
    this.#absent.replaceChildren(el("strong", {}, title), el("p", {}, words), code, ...more);
    this.lack(true);
  }
}
