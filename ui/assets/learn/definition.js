// The definition of one term, beside its word.
import { textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { openGlossary } from "./glossary.js";
import { formulaLine, loadTerms, sourceLine } from "./terms.js";

const GAP = 6; // CSS pixels between the word and its definition
const EDGE = 8; // and between the definition and the edge of the window
const LINGER = 250; // milliseconds in which the pointer finds its way from the word into the definition
const TEXT = "definition-text";

const card = el("div", { class: "component definition", id: "definition", role: "group", hidden: true });
/** @type {HTMLElement | null} */
let word = null; // whose definition is open
let pinned = false; // it stays when the pointer leaves
let timer = 0;

/**
 * Opens the definition of a word.
 * @param {HTMLElement} node with `data-term`
 * @param {"hover" | "focus" | "press"} how a press again closes what a press opened
 */
export async function define(node, how) {
  clearTimeout(timer);
  const again = word === node;
  if (again && how === "press" && pinned) return close();
  pinned = how === "press" || (again && pinned);
  if (again) return;
  close();
  word = node;
  pinned = how === "press";
  const entry = (await loadTerms())[node.dataset.term];
  if (word !== node || !entry || !node.isConnected) return;
  fill(entry);
  place(node.getBoundingClientRect());
  node.setAttribute("aria-describedby", TEXT);
  node.setAttribute("aria-expanded", "true");
}

function fill(entry) {
  const { term: id } = word.dataset;
  const all = () => {
    close();
    openGlossary(id);
  };
  card.setAttribute("aria-label", entry.title);
  card.replaceChildren(
    el("strong", {}, entry.title),
    el("p", { id: TEXT }, entry.text),
    formulaLine(entry) || "",
    sourceLine(entry),
    textButton("All terms", all),
  );
  card.hidden = false;
  if (!card.isConnected) document.body.append(card);
}

// Below the word, or above it where there is more room; always inside of the window.
function place(box) {
  card.style.maxHeight = "";
  const { width, height } = card.getBoundingClientRect();
  const below = innerHeight - box.bottom - GAP - EDGE;
  const above = box.top - GAP - EDGE;
  const under = height <= below || below >= above;
  const tall = Math.min(height, under ? below : above);
  card.style.maxHeight = `${tall}px`;
  card.style.left = `${Math.max(EDGE, Math.min(innerWidth - width - EDGE, box.left))}px`;
  card.style.top = `${under ? box.bottom + GAP : box.top - GAP - tall}px`;
}

export function close() {
  clearTimeout(timer);
  word?.removeAttribute("aria-describedby");
  word?.setAttribute("aria-expanded", "false");
  word = null;
  card.hidden = true;
}

const inside = (target) => target instanceof Node && (card.contains(target) || Boolean(word?.contains(target)));

addEventListener("pointerover", ({ target }) => {
  if (!word || pinned) return;
  clearTimeout(timer);
  if (!inside(target)) timer = setTimeout(close, LINGER);
});
addEventListener("focusout", ({ relatedTarget }) => word && relatedTarget && !inside(relatedTarget) && close());
addEventListener("pointerdown", ({ target }) => word && !inside(target) && close(), true);
addEventListener("scroll", ({ target }) => word && !inside(target) && close(), true);
addEventListener("resize", close);
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || card.hidden) return;
  event.stopImmediatePropagation(); // of the page only the definition closes
  close();
}, true);
