// A slider of the latent surgery, with its value in words.
import { fillSlider, plainSlider, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { term } from "../shared/term.js";

/**
 * @param {string} words its name
 * @param {{min: number, max: number, step: number, fromTop?: boolean, explained?: string}} range `fromTop`: its track is
 *   filled from the top; `explained`: the term that its name is
 * @param {() => number} read
 * @param {(value: number) => void} write
 * @param {(value: number) => string} say
 */
export function surgerySlider(words, { min, max, step, fromTop = false, explained = "" }, read, write, say) {
  const input = plainSlider(words, { min, max, step }, { "data-slider": words });
  const output = el("output", { class: "number" });
  const show = () => {
    const value = Number(input.value);
    if (fromTop) fillSlider(input, value, max);
    else fillSlider(input, Math.min(0, value), Math.max(0, value));
    output.textContent = say(value);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const reset = () => {
    input.value = read();
    show();
  };
  input.addEventListener("input", () => {
    show();
    write(Number(input.value));
  });
  reset();
  return { input, reset, show, node: setting(explained ? term(explained, words) : words, [input, output]) };
}
