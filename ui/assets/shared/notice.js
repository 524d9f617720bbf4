// One sentence over a canvas: what went wrong, or what has just been done.
import { el } from "./dom.js";
import { icon } from "./icons.js";

const BRIEF = 5000; // milliseconds for which a sentence is shown
const LONG = 12000;

/**
 * @typedef {object} Words
 * @property {string} text nothing closes the notice
 * @property {boolean} [error] it stays until somebody closes it
 * @property {boolean} [brief] it goes by itself, whether an error or not
 * @property {boolean} [long] an error that goes by itself, later
 * @property {string} [link] a text to be copied by hand
 * @property {{words: string, act: () => void}} [offer] what can be done about it, by a button that closes the notice
 */

function linkField(link) {
  const field = /** @type {HTMLInputElement} */ (el("input", { class: "field", readonly: true, "aria-label": "Link" }));
  field.value = link;
  field.addEventListener("focus", () => field.select());
  return field;
}

const offerButton = ({ words, act }, close) =>
  el("button", {
    type: "button",
    class: "button small",
    onclick: () => {
      close();
      act();
    },
  }, words);

/** @returns {{node: HTMLElement, say: (words: Words) => void, isError: () => boolean, close: () => void}} */
export function makeNotice() {
  const node = el("div", { class: "message", role: "alert", hidden: true });
  let timer = 0;
  const close = () => (node.hidden = true);
  const button = el(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close this message", onclick: close },
    icon("close"),
  );
  function say({ text, error = false, brief = !error, long = false, link = "", offer = null }) {
    node.hidden = !text;
    node.dataset.kind = error ? "error" : "note";
    const more = [link && linkField(link), offer && offerButton(offer, close)].filter(Boolean);
    node.replaceChildren(error ? icon("warning") : "", el("span", {}, text), ...more, button);
    clearTimeout(timer);
    if (brief || long) timer = setTimeout(close, long ? LONG : BRIEF);
  }
  return { node, say, close, isError: () => node.dataset.kind === "error" };
}

/** A sentence that ends in a command, as [words, command]. */
export function splitCommand(sentence) {
  const at = sentence.indexOf("python ");
  return at > 0 ? [sentence.slice(0, at), sentence.slice(at)] : [sentence, ""];
}
