import { el } from "./dom.js";

/**
 * Words whose definition opens under the pointer, on focus and by a tap.
 * @param {string} id in learn/terms.json
 * @param {string} words as they stand in the page
 */
export const term = (id, words) => el("span", { class: "term", "data-term": id, role: "button", tabindex: 0 }, words);
