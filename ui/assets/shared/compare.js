// Before and after: two pictures one over the other, with a slider that moves the border between them.
import { el } from "./dom.js";

/**
 * @param {object} words
 * @param {string} words.slider what the slider does, for who cannot see it
 * @param {[string, string]} words.labels of the two pictures, for who cannot see them
 * @param {[string, string]} [words.tags] what stands in their corners
 * @param {object} [attributes] of the view
 * @param {object} [sliderAttributes]
 * @returns {{node: HTMLElement, canvases: HTMLCanvasElement[], tags: HTMLElement[], resize: (side: number) => void}}
 */
export function makeCompare({ slider: title, labels, tags: said = ["", ""] }, attributes = {}, sliderAttributes = {}) {
  const canvases = labels.map((label, place) =>
    el("canvas", { role: "img", "aria-label": label, class: place ? "after" : null })
  );
  const tags = said.map((words, place) => el("span", { class: `tag tag-${place ? "after" : "before"}` }, words));
  const range = { type: "range", min: 0, max: 1, step: 0.005, value: 0.5, class: "split", "aria-label": title };
  const slider = el("input", { ...range, ...sliderAttributes });
  const node = el(
    "div",
    { class: "compare", ...attributes },
    ...canvases,
    el("span", { class: "divider" }),
    ...tags,
    slider,
  );
  const slide = () => node.style.setProperty("--split", `${100 * Number(slider.value)}%`);
  slider.addEventListener("input", slide);
  slide();
  return { node, canvases, tags, resize: (side) => node.style.setProperty("--side", `${side}px`) };
}
