// The film: what the model thought the picture would be after every step, or the way from one prompt to another.
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { paint } from "../shared/pictures.js";
import { term } from "../shared/term.js";
import { showFrame } from "./canvas.js";

const SCRUB = {
  morph: "Drag from one prompt to the other.",
  steps: "Scrub the denoising steps: the picture that the model predicts at each.",
};
const THUMB = 56;
let view, strip, slider, title, hint, ends;
let frames = []; // {uri, tag}
let morph = false;

function take({ entry, explained }) {
  morph = entry?.kind === "morph";
  if (morph) {
    frames = entry.frames.map((uri, index) => ({
      uri,
      tag: `${Math.round((100 * index) / (entry.frames.length - 1))} %`,
    }));
  } else if (explained) {
    const { picture, draft } = entry.pictures[entry.selected];
    const film = explained.film.map((uri, index) => ({ uri, tag: `Step ${index + 1}` }));
    if (film.length) film[film.length - 1] = { uri: picture, tag: film.at(-1).tag };
    frames = draft ? [{ uri: draft, tag: "Draft" }, ...film] : film;
  } else frames = [];
  title.replaceChildren(morph ? term("interpolation", "Morph") : term("diffusion", "Film"));
  hint.textContent = frames.length ? (morph ? SCRUB.morph : SCRUB.steps) : "";
  view.toggleAttribute("data-morph", morph);
  view.toggleAttribute("data-empty", !frames.length);
  ends.hidden = !morph;
  if (morph) ends.replaceChildren(el("span", {}, entry.recipe.prompt || "No prompt"), el("span", {}, entry.other));
  strip.replaceChildren(
    ...shown().map(([frame, index]) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, frame.uri, THUMB);
      return el("button", {
        type: "button",
        class: "film-frame",
        tabindex: "-1",
        title: frame.tag,
        "data-index": index,
        onclick: () => go(index),
      }, canvas);
    }),
  );
  slider.style.width = ends.style.width = `${Math.max(236, strip.children.length * (THUMB + 4))}px`;
  slider.max = Math.max(0, frames.length - 1);
  slider.disabled = !frames.length;
  mark(morph ? 0 : frames.length - 1);
}

// At most a dozen, evenly over the film; the slider reaches all.
function shown() {
  const most = 12;
  const places = frames.length <= most
    ? frames.map((_, index) => index)
    : Array.from({ length: most }, (_, i) => Math.round((i * (frames.length - 1)) / (most - 1)));
  return places.map((index) => [frames[index], index]);
}

function mark(index) {
  slider.value = index;
  const share = frames.length > 1 ? (100 * index) / (frames.length - 1) : 0;
  slider.style.setProperty("--from", "0%");
  slider.style.setProperty("--to", `${share}%`);
  slider.setAttribute("aria-valuetext", frames[index]?.tag || "");
  let nearest = null;
  for (const node of strip.children) {
    node.removeAttribute("data-current");
    if (!nearest || Math.abs(node.dataset.index - index) < Math.abs(nearest.dataset.index - index)) nearest = node;
  }
  nearest?.toggleAttribute("data-current", true);
}

function go(index) {
  mark(index);
  const last = !morph && index === frames.length - 1;
  showFrame(last ? null : frames[index].uri);
}

export const filmView = () => {
  title = el("h2", {});
  hint = el("p", { class: "hint" });
  strip = el("div", { class: "film-strip" });
  slider = el("input", {
    type: "range",
    min: 0,
    max: 0,
    step: 1,
    value: 0,
    class: "plain",
    id: "prompts-film",
    "aria-label": "Step of the film",
    disabled: true,
  });
  slider.addEventListener("input", () => go(Number(slider.value)));
  ends = el("div", { class: "film-ends hint", hidden: true });
  view = el(
    "div",
    { class: "prompt-film", "data-empty": true },
    el("div", { class: "prompt-words-head" }, title, hint),
    strip,
    slider,
    ends,
  );
  return view;
};

on("prompts:film", take);
