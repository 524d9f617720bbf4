// The lessons as data: a list of them, and the cards of one.

/**
 * One card. `act` is done when the card opens, `show` once somebody has said what they expect (shared/act.js).
 * @typedef {object} Card
 * @property {string} title
 * @property {string[]} text paragraphs; [[term]] and [[term|words]] are explained
 * @property {object} [act]
 * @property {{ask: string, choices: string[], right: number}} [question]
 * @property {object} [show]
 * @property {string[]} [then] paragraphs, after the answer
 * @property {{words: string, link: string}} [paper]
 * @property {string} [source] "FILE::FUNCTION" of the repository, the code that does it
 * @property {string} claim what tests/test_lessons.py checks on the shipped models
 */

/** @typedef {{name: string, title: string, about: string}} Entry */

const files = {};

function load(name) {
  files[name] ||= fetch(new URL(name, import.meta.url)).then((answer) => answer.json()).catch((error) => {
    delete files[name];
    throw error;
  });
  return files[name];
}

/** @returns {Promise<Entry[]>} in their order */
export const loadList = () => load("./lessons/list.json");

/** @param {string} name @returns {Promise<{cards: Card[]}>} */
export const loadLesson = (name) => load(`./lessons/${name}.json`);

/** @returns {Promise<Record<string, {path: string, name: string, line: number, code: string}>>} */
export const loadSources = () => load("./sources.json");
