// The film under the map: the pictures of a path or a walk, to scrub through and to keep.
import { el, emit, icon, on } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { askPath, clearPath, filmSettings, saveGif, saveMp4, scrub } from "./acts.js";
import { canFilm } from "./film.js";
import { state } from "./wire.js";

let strip, tiles, slider, title, ways, frames;

function view() {
  title = el("p", { class: "map-film-title number" });
  tiles = el("div", { class: "map-tiles", role: "listbox", "aria-label": "Pictures along the path" });
  slider = el("input", { type: "range", class: "plain", min: 0, value: 0, "aria-label": "Position on the path" });
  slider.addEventListener("input", () => scrub(Number(slider.value)));
  ways = el("select", {
    class: "field",
    "aria-label": "How the path goes",
    onchange: () => {
      filmSettings.way = ways.value;
      askPath();
    },
  });
  frames = el(
    "select",
    {
      class: "field",
      "aria-label": "Number of pictures",
      onchange: () => {
        filmSettings.frames = Number(frames.value);
        askPath();
      },
    },
    [8, 16, 24, 32, 48].map((count) =>
      el("option", { value: count, selected: count === filmSettings.frames }, `${count} pictures`)
    ),
  );
  strip = el(
    "section",
    { class: "map-film", "aria-label": "Path", hidden: true },
    el(
      "div",
      { class: "map-film-bar" },
      title,
      ways,
      frames,
      el("button", { type: "button", class: "button small", id: "map-gif", onclick: saveGif }, icon("download"), "GIF"),
      canFilm() &&
        el(
          "button",
          { type: "button", class: "button small", id: "map-mp4", onclick: saveMp4 },
          icon("download"),
          "MP4",
        ),
      el("button", {
        type: "button",
        class: "icon-button",
        title: "Clear the path",
        "aria-label": "Clear the path",
        onclick: clearPath,
      }, icon("close")),
    ),
    tiles,
    slider,
  );
  return strip;
}

function scrubbing(event) {
  const tile = document.elementFromPoint(event.clientX, event.clientY)?.closest(".map-frame");
  if (tile && (event.type === "pointerdown" || event.buttons)) scrub(Number(tile.dataset.frame));
}

function show() {
  const film = state.strip;
  strip.hidden = !film;
  emit("map:panel");
  if (!film) return;
  if (!ways.options.length) {
    ways.append(...Object.entries(state.words.ways).map(([key, words]) => el("option", { value: key }, words)));
  }
  ways.hidden = frames.hidden = Boolean(film.attribute);
  const label = state.words.labels[film.attribute];
  const known = film.auc === null ? "" : `, AUC ${film.auc}`;
  title.replaceChildren(
    el("strong", {}, film.attribute ? `Along ${label.toLowerCase()}${known}` : `Path of ${state.stops.length} stops`),
    ` ${
      film.notes.join(" ") || (film.decoded
        ? `decoded in ${Math.round(film.milliseconds || 0) || "a few"} ms`
        : "nearest pictures: this space has no decoder")
    }`,
  );
  tiles.style.setProperty("--count", film.frames.length);
  tiles.replaceChildren(...film.frames.map((uri, number) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paint(canvas, uri, 96);
    const words = film.strengths ? el("span", { class: "number" }, film.strengths[number].toFixed(1)) : null;
    const beyond = film.attribute && film.probabilities[number] >= 0.5;
    return el(
      "div",
      {
        class: "map-frame",
        role: "option",
        "data-frame": number,
        "data-beyond": beyond || null,
        title: film.attribute ? `${label}: ${Math.round(100 * film.probabilities[number])} % by the probe` : null,
      },
      canvas,
      words,
    );
  }));
  slider.max = film.frames.length - 1;
  tiles.onpointerdown = tiles.onpointermove = scrubbing;
  here();
}

function here() {
  if (!state.strip) return;
  slider.value = state.frame;
  slider.style.setProperty("--from", "0%");
  slider.style.setProperty("--to", `${(100 * state.frame) / Math.max(1, state.strip.frames.length - 1)}%`);
  [...tiles.children].forEach((tile, number) => tile.setAttribute("aria-selected", String(number === state.frame)));
}

on("map:strip", () => strip && show());
on("map:frame", here);
export { view as filmView };
