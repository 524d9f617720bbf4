// Which pictures are on the map, through which encoder, laid out and coloured how.
import { radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { colourBy, legendView } from "./colours.js";
import { chooseAtlas } from "./requests.js";
import { setBeside, showSecond } from "./stage.js";
import { spaceOf, state } from "./state.js";

const FIRST = ["vae", "kl", "cae"]; // spaces to begin with
const LAYOUTS = ["umap2", "tsne2", "pca2"]; // to begin with
const COLOURS = ["cluster:kmeans", "measured:Smiling", "density"]; // to begin with
const GROUPS = [["Structure", /^(?!measured:|requested:)/], ["Measured attributes", /^measured:/], [
  "Attributes as requested",
  /^requested:/,
]];

const option = (value, words, selected = false) => el("option", { value, selected }, words);

export const atlases = el("select", {
  class: "field",
  "aria-label": "Pictures",
  onchange: () => chooseAtlas(atlases.value),
});
export const spaces = radioGroup("Space", [], { class: "latent-map-spaces" });
export const card = el("p", { class: "hint latent-map-card" });
export const projections = radioGroup("Projection", [], { class: "states latent-map-projections" });
export const layoutNote = el("p", { class: "hint reconstruction-note number" });
export const colours = el("select", {
  class: "field",
  id: "latent-map-colour",
  "aria-label": "Colour by",
  onchange: () => colourBy(colours.value),
});
export const legend = el("div", {});

function showAtlases() {
  const title = (one) => (one.problem ? `${one.title} (cannot be opened)` : one.title);
  atlases.replaceChildren(
    ...state.atlases.map((one) => option(one.name, title(one), one.name === state.atlas?.name)),
  );
  if (atlases.parentNode) atlases.parentNode.hidden = state.atlases.length < 2;
}

function begin() {
  const keys = state.atlas.spaces.map((one) => one.key);
  const key = FIRST.find((name) => keys.includes(name)) || keys[0];
  const ready = spaceOf(key).projections;
  showAtlases();
  if (state.side) setBeside(false);
  state.plane.show(key, LAYOUTS.find((name) => ready.includes(name)) || ready[0]);
}

export function showSpace(key) {
  if (key === state.plane.space) return;
  const ready = spaceOf(key).projections;
  state.plane.show(key, ready.includes(state.plane.projection) ? state.plane.projection : ready[0]);
}

function spaceButton(one, current) {
  const size = `${one.dimensions}${one.decodes ? "" : ", no decoder"}`;
  const words = [el("span", {}, one.title), el("small", { class: "number" }, size)];
  const checked = String(one.key === current);
  return radio(words, () => showSpace(one.key), {
    class: "latent-map-space",
    "data-key": one.key,
    "aria-checked": checked,
  });
}

function layoutWords(plane, space) {
  const { projections: titles } = state.words;
  const held = plane.explained?.reduce((sum, one) => sum + one, 0);
  const shares = held ? `These axes hold ${percent(held)} of the variance.` : "";
  const waiting = space.pending.map((key) => titles[key].title).join(", ");
  return [shares, waiting && `Being fitted: ${waiting}.`].filter(Boolean).join(" ");
}

function showPlane(plane) {
  if (plane.slot !== "first") return;
  const space = spaceOf(plane.space);
  spaces.replaceChildren(...state.atlas.spaces.map((one) => spaceButton(one, plane.space)));
  card.textContent = space.problem || space.card;
  projections.replaceChildren(...space.projections.map((key) => {
    const title = state.words.projections[key].title.replace(", 3-D", " 3-D");
    const checked = String(key === plane.projection);
    return radio(title, () => plane.show(plane.space, key), { "data-key": key, "aria-checked": checked });
  }));
  layoutNote.textContent = layoutWords(plane, space);
  showColours();
}

function showColours() {
  const sought = state.sought ? [["sought", "Nearness to the words"]] : [];
  const found = state.found ? [["found", "Clusters as found"]] : [];
  const all = [...sought, ...found, ...state.colourings];
  const groups = GROUPS.map(([label, pattern]) => {
    const options = all.filter(([key]) => pattern.test(key)).map(([key, title]) => option(key, title));
    return options.length && el("optgroup", { label }, options);
  });
  colours.replaceChildren(...groups.filter(Boolean));
  const keys = all.map(([key]) => key);
  const wanted = [state.by, ...COLOURS].find((key) => keys.includes(key));
  colours.value = wanted;
  if (!state.colouring || wanted !== state.by || !/^(measured|requested|class)/.test(wanted)) colourBy(wanted);
}

/** Another space beside the first one. */
export function besideGroup() {
  const field = el("select", { class: "field", id: "latent-map-second", "aria-label": "Second space", hidden: true });
  field.addEventListener("change", () => showSecond(field.value));
  const beside = el("input", { type: "checkbox", role: "switch", id: "latent-map-beside" });
  beside.addEventListener("change", () => setBeside(beside.checked));
  on("latent-map:beside", () => {
    beside.checked = state.side;
    field.hidden = !state.side;
    const current = state.second?.space;
    field.replaceChildren(...state.atlas.spaces.map((one) => option(one.key, one.title, one.key === current)));
  });
  const row = el("label", { class: "reconstruction-model" }, el("span", {}, "Another space beside it"), beside);
  return el("div", { class: "latent-map-beside" }, row, field);
}

/** How a setting of the points is written: all maps are drawn anew. */
export const redraw = (name) => (value) => {
  state[name] = value;
  emit("latent-map:redraw");
};

on("latent-map:atlases", showAtlases);
on("latent-map:atlas", begin);
on("latent-map:shown", showPlane);
on("latent-map:ready", () => showPlane(state.plane));
on("latent-map:colours", () => {
  legend.replaceChildren(legendView());
});
on("latent-map:found-clusters", showColours);
on("latent-map:sought", () => {
  if (state.by === "sought" || !state.colouring) showColours();
  else colours.querySelector('option[value="sought"]')?.remove();
});
