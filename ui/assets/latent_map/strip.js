// The film under the map: the pictures of a path or a walk, to scrub through and to keep.
import { button, iconButton, plainSlider, select, setSlider } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { term } from "../shared/term.js";
import { askPath, clearPath, filmSettings, saveGif, saveMp4, scrub } from "./acts.js";
import { canFilm } from "./film.js";
import { state } from "./state.js";

let strip, tiles, slider, title, ways, frames;

const COUNTS = [8, 16, 24, 32, 48]; // pictures of a path

function setter(label, options, write) {
  const field = select(label, options);
  field.addEventListener("change", () => {
    write(field.value);
    askPath();
  });
  return field;
}

function bar() {
  title = el("p", { class: "latent-map-film-title number" });
  ways = setter("How the path goes", [], (way) => (filmSettings.way = way));
  const counts = COUNTS.map((count) => [count, `${count} pictures`]);
  frames = setter("Number of pictures", counts, (count) => (filmSettings.frames = Number(count)));
  frames.value = filmSettings.frames;
  const saver = (words, save, id) => button([icon("download"), words], save, { class: "button small", id });
  return el(
    "div",
    { class: "latent-map-film-bar" },
    title,
    ways,
    frames,
    saver("GIF", saveGif, "latent-map-gif"),
    canFilm() && saver("MP4", saveMp4, "latent-map-mp4"),
    iconButton("close", "Clear the path", clearPath),
  );
}

export function filmView() {
  tiles = el("div", { class: "latent-map-tiles", role: "listbox", "aria-label": "Pictures along the path" });
  slider = plainSlider("Position on the path", { min: 0 }, { value: 0 });
  slider.addEventListener("input", () => scrub(Number(slider.value)));
  strip = el("section", { class: "latent-map-film", "aria-label": "Path", hidden: true }, bar(), tiles, slider);
  return strip;
}

function scrubbing(event) {
  const tile = document.elementFromPoint(event.clientX, event.clientY)?.closest(".latent-map-frame");
  if (tile && (event.type === "pointerdown" || event.buttons)) scrub(Number(tile.dataset.frame));
}

function heading(film) {
  if (!film.attribute) return term("interpolation", `Path of ${state.stops.length} stops`);
  const known = film.auc === null ? "" : `, AUC ${film.auc}`;
  return `Along ${state.words.labels[film.attribute].toLowerCase()}${known}`;
}

function note(film) {
  if (film.notes.length) return film.notes.join(" ");
  if (!film.decoded) return "nearest pictures: this space has no decoder";
  return `decoded in ${Math.round(film.milliseconds || 0) || "a few"} ms`;
}

function frameTile(film, uri, number) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  paint(canvas, uri, 96);
  const words = film.strengths ? el("span", { class: "number" }, film.strengths[number].toFixed(1)) : null;
  const share = film.attribute && film.probabilities[number];
  const named = {
    class: "latent-map-frame",
    role: "option",
    "data-frame": number,
    "data-beyond": (film.attribute && share >= 0.5) || null,
    title: film.attribute ? `${state.words.labels[film.attribute]}: ${percent(share)} by the probe` : null,
  };
  return el("div", named, canvas, words);
}

function show() {
  const film = state.strip;
  strip.hidden = !film;
  emit("latent-map:panel");
  if (!film) return;
  if (!ways.options.length) {
    ways.append(...Object.entries(state.words.ways).map(([value, words]) => el("option", { value }, words)));
  }
  ways.hidden = frames.hidden = Boolean(film.attribute);
  title.replaceChildren(el("strong", {}, heading(film)), ` ${note(film)}`);
  tiles.style.setProperty("--count", film.frames.length);
  tiles.replaceChildren(...film.frames.map((uri, number) => frameTile(film, uri, number)));
  slider.max = film.frames.length - 1;
  tiles.onpointerdown = tiles.onpointermove = scrubbing;
  here();
}

function here() {
  if (!state.strip) return;
  setSlider(slider, state.frame);
  [...tiles.children].forEach((tile, number) => tile.setAttribute("aria-selected", String(number === state.frame)));
}

on("latent-map:strip", () => strip && show());
on("latent-map:frame", here);
