// Values to colours, and the legend that says which is which.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { scaleOf } from "./quality.js";
import { request } from "./requests.js";
import { floats, selectRows, state, where } from "./state.js";

const FAINT = 20; // of 255: what a filter or a selection leaves out
const QUIET = 150; // what words leave out has its similarity, too
const UNKNOWN = [128, 128, 134];
const RAMPS = { // from little to much; the accent is in the middle
  dark: [[52, 62, 92], [66, 122, 214], [120, 200, 226], [246, 240, 170]],
  light: [[196, 208, 226], [92, 148, 222], [30, 88, 190], [36, 20, 96]],
};
const KINDS = [
  [78, 121, 216],
  [232, 133, 54],
  [72, 164, 96],
  [208, 74, 96],
  [142, 104, 200],
  [36, 166, 176],
  [206, 168, 44],
  [214, 112, 176],
  [128, 138, 150],
  [150, 108, 76],
  [124, 176, 60],
  [92, 92, 160],
];
const SIGNS = {
  dark: [[224, 128, 72], [74, 74, 82], [120, 168, 255]],
  light: [[196, 96, 32], [190, 190, 196], [29, 95, 209]],
};

const SIGN_NAMES = [["yes", 1], ["open", 0], ["no", -1]];

const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
const css = (rgb) => `rgb(${rgb.map(Math.round).join(" ")})`;

function ramp(share) {
  const stops = RAMPS[theme()];
  const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return stops[low].map((value, channel) => value + (at - low) * (stops[low + 1][channel] - value));
}

const kindColour = (number) => (number < 0 ? UNKNOWN : KINDS[number % KINDS.length]);

// Range of the values, without the outermost hundredth: one odd picture does not make all others alike.
const range = ({ scale, values }) => (scale === "share" ? [0, 1] : scaleOf(values).range);

function colourOf(colouring, value, [low, high]) {
  if (Number.isNaN(value)) return UNKNOWN;
  if (colouring.scale === "category") return kindColour(value);
  if (colouring.scale === "sign") return SIGNS[theme()][Math.sign(value) + 1];
  return ramp((value - low) / (high - low));
}

// RGBA of every point; what is not selected is faint.
function colours(count) {
  const rgba = new Uint8Array(4 * count).fill(255);
  const { colouring } = state;
  const limits = colouring && range(colouring);
  const chosen = state.rows && new Uint8Array(count);
  for (const row of state.rows || []) chosen[row] = 1;
  const left = state.by === "sought" && state.sought?.rows === state.rows ? QUIET : FAINT;
  for (let row = 0; row < count; row++) {
    rgba.set(colouring ? colourOf(colouring, colouring.values[row], limits) : UNKNOWN, 4 * row);
    rgba[4 * row + 3] = !chosen || chosen[row] ? 255 : left;
  }
  return rgba;
}

// What a picture has of the current colouring, in words.
function valueWords(row) {
  const { colouring } = state;
  if (!colouring) return "";
  const value = colouring.values[row];
  if (Number.isNaN(value)) return `${colouring.title}: not known`;
  if (colouring.scale === "category") {
    return value < 0 ? "In no cluster" : colouring.names[value] || `Cluster ${value + 1}`;
  }
  if (colouring.scale === "sign") return `${colouring.title}: ${["no", "open", "yes"][Math.sign(value) + 1]}`;
  return `${colouring.title} ${
    colouring.scale === "share" ? `${Math.round(100 * value)} %` : value.toFixed(colouring.digits ?? 1)
  }`;
}

// A chip for each value: it selects the pictures that have it.
function valueChip(name, value) {
  const { colouring } = state;
  const mark = el("span", { class: "latent-map-dot" });
  mark.style.background = css(colourOf(colouring, value, [0, 1]));
  const choose = () => {
    const rows = [...colouring.values.keys()].filter((row) => colouring.values[row] === value);
    selectRows(rows, { describe: true });
  };
  return button([mark, name], choose, { class: "chip" });
}

function valueChips({ scale, names, values }) {
  const all = scale === "sign" ? [...SIGN_NAMES] : names.map((name, number) => [name, number]);
  if (scale === "category") all.push(["In no cluster", -1]);
  const there = all.filter(([, value]) => values.includes(value));
  return el("div", { class: "latent-map-legend chips" }, there.map(([name, value]) => valueChip(name, value)));
}

export function legendView() {
  const { colouring } = state;
  if (!colouring) return el("div", { class: "latent-map-legend" });
  if (["category", "sign"].includes(colouring.scale)) return valueChips(colouring);
  const words = (value) => (colouring.scale === "share" ? percent(value) : value.toFixed(colouring.digits ?? 1));
  const beyond = colouring.scale === "share" ? [false, false] : scaleOf(colouring.values).beyond;
  const signs = [beyond[0] ? "\u2264 " : "", beyond[1] ? "\u2265 " : ""];
  const ends = range(colouring).map((value, end) => el("span", {}, signs[end] + words(value)));
  const bar = el("div", { class: "latent-map-ramp" });
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => css(ramp(share)));
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  return el("div", { class: "latent-map-legend" }, bar, el("div", { class: "latent-map-ends number hint" }, ends));
}

// The colouring as it goes into a file: each name with its colour, or colours from little to much.
export function palette({ scale, names }) {
  const hex = (rgb) => `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
  if (scale === "category") return { names, colours: names.map((_, number) => hex(kindColour(number))) };
  if (scale === "sign") return { names: ["yes", "open", "no"], colours: SIGNS[theme()].toReversed().map(hex) };
  return { names: [], colours: RAMPS[theme()].map(hex) };
}

function colourBy(key) {
  state.by = key;
  if (key === "sought") {
    state.colouring = { title: "Similarity", scale: "amount", values: state.sought.values, names: [], digits: 2 };
    return emit("latent-map:colours");
  }
  if (key === "found") {
    state.colouring = state.found;
    return emit("latent-map:colours");
  }
  const { atlas, space } = where();
  request("colour", { kind: "colour", atlas, space, by: key }, (message) => {
    if (message.error || state.by !== key) return;
    state.colouring = {
      title: message.title,
      scale: message.scale,
      values: floats(message.values),
      names: message.names,
    };
    emit("latent-map:colours");
  });
}

// How near the pictures are to some words is a colouring, until other words or none are looked for.
function seek(sought) {
  if (state.by !== "sought") state.before = state.by;
  else if (!sought) Object.assign(state, { by: state.before, colouring: null });
  if (sought) state.by = "sought";
  else if (!state.sought) return;
  state.sought = sought;
  emit("latent-map:sought");
}

new MutationObserver(() => emit("latent-map:colours")).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["data-theme"],
});
on("latent-map:clusters", (found) => {
  const names = found.cards.map((card) => card.name);
  state.found = { title: "Cluster", scale: "category", values: floats(found.labels), names };
  colourBy("found");
  emit("latent-map:found-clusters");
});
export const clusterColour = (number) => css(kindColour(number));
export { colourBy, colours as pointColours, seek, valueWords };
