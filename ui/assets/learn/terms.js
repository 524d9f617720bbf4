// The terms of art: what each means, its formula and where it comes from.
import { el } from "../shared/dom.js";

/**
 * One entry of terms.json.
 * @typedef {object} Term
 * @property {string} title
 * @property {string} text two sentences
 * @property {string} [formula] in plain Unicode
 * @property {string} source a paper or a book
 * @property {string} [link] "arXiv:ID", "doi:ID" or an address
 * @property {string[]} [also] other words for it
 */

let loaded = null;

/** @returns {Promise<Record<string, Term>>} */
export function loadTerms() {
  loaded ||= fetch(new URL("./terms.json", import.meta.url)).then((answer) => answer.json()).catch((error) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

const PLACES = [["arXiv:", "https://arxiv.org/abs/"], ["doi:", "https://doi.org/"]];

/** A link to a paper, which opens beside the page. @param {string} link @param {string} [words] */
export function paperLink(link, words = link) {
  const place = PLACES.find(([start]) => link.startsWith(start));
  const href = place ? place[1] + link.slice(place[0].length) : link;
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, words.replace(/^https:\/\//, ""));
}

/** @param {Term} entry */
export const sourceLine = ({ source, link }) =>
  el("p", { class: "term-source" }, `${source}${link ? ", " : ""}`, link && paperLink(link));

/** @param {Term} entry */
export const formulaLine = ({ formula }) => formula && el("p", { class: "term-formula" }, formula);
