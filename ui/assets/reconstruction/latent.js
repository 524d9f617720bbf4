// The latents of one cell: channels as pictures, or a code as bars; how their values are spread; and operations.
import { makeChart } from "../shared/charts.js";
import { button, select, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { withMinus } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { codeBars } from "./drawings.js";
import { request } from "./requests.js";
import { state } from "./state.js";
import { surgerySlider } from "./surgery_slider.js";

const AS_IT_IS = 9; // the bits slider's last step

let body, head, now, latent, values, chart, bend;
let surgery = neutral();
let other = "";
let dimension = 0;
let bent = false; // the picture shows a dragged dimension

function neutral() {
  return { swap: [], silence: [], bits: null, noise: 0, blur: 0, seed: 0 };
}

export const isOperated = () =>
  Boolean(surgery.swap.length || surgery.silence.length || surgery.bits || surgery.noise || surgery.blur);

function operate() {
  bent = false;
  if (chart?.isConnected) bend.reset();
  head.querySelector("#reconstruction-reset").disabled = !isOperated();
  if (!isOperated()) return emit("reconstruction:untouched");
  const content = { kind: "operate", picture: now.id, model: now.model.key, surgery };
  request("live", { ...content, other: surgery.swap.length ? other : "" });
}

/** Operates on the code of the cell that is enlarged: {swap, silence, bits, noise, blur}. */
export function operateWith(values) {
  surgery = { ...neutral(), ...values };
  if (latent) render();
  operate();
}

function flip(list, channel) {
  surgery[list] = surgery[list].includes(channel)
    ? surgery[list].filter((one) => one !== channel)
    : [...surgery[list], channel];
  const rival = list === "swap" ? "silence" : "swap";
  surgery[rival] = surgery[rival].filter((one) => one !== channel);
  refresh();
  operate();
}

// --- channels ---------------------------------------------------------------------------------------------------

const operation = (list, words, channel, attributes = {}) =>
  button(words, () => flip(list, channel()), { class: "chip", "data-operation": list, ...attributes });

function channelTile(index) {
  const named = (words) => ({ "data-channel": index, "aria-label": `${words} channel ${index + 1}` });
  const image = el("img", { src: latent.channels[index], alt: `Channel ${index + 1}`, draggable: false });
  const spread = `mean ${latent.mean[index].toFixed(2)}, deviation ${latent.deviation[index].toFixed(2)}`;
  return el(
    "div",
    { class: "reconstruction-channel", "data-channel": index, title: spread },
    image,
    el(
      "div",
      { class: "reconstruction-channel-buttons" },
      operation("silence", "Silence", () => index, named("Silence")),
      operation("swap", "Swap", () => index, named("Swap")),
    ),
  );
}

function markOf(i) {
  if (i === dimension) return "current";
  if (surgery.silence.includes(i)) return "silent";
  return surgery.swap.includes(i) ? "swapped" : "";
}

const within = (index) => Math.min(latent.code.length - 1, Math.max(0, index));

function codeChart() {
  const range = { "aria-valuemin": 1, "aria-valuemax": latent.code.length };
  chart = el("div", { class: "reconstruction-code", tabindex: 0, role: "slider", "aria-label": "Dimension", ...range });
  chart.append(codeBars(latent.code, markOf));
  chart.addEventListener("pointerdown", (event) => {
    const box = chart.getBoundingClientRect();
    setDimension(within(Math.floor(((event.clientX - box.left) / box.width) * latent.code.length)));
  });
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    setDimension(within(dimension + step));
  });
  return chart;
}

// One dimension of the code is dragged: the picture follows.
function drag(value) {
  bent = true;
  head.querySelector("#reconstruction-reset").disabled = false;
  request("live", { kind: "traverse", picture: now.id, model: now.model.key, dimension, values: [value] });
}

// A dimension that is silenced is zero, its mean over the data.
const valueNow = () => (surgery.silence.includes(dimension) ? 0 : latent.code[dimension]);

function codePanel() {
  const range = { min: -4, max: 4, step: 0.05 };
  bend = surgerySlider("Value", range, valueNow, drag, (value) => withMinus(value));
  const buttons = [operation("silence", "Silence", () => dimension), operation("swap", "Swap", () => dimension)];
  return el(
    "div",
    { class: "reconstruction-code-panel" },
    codeChart(),
    el(
      "div",
      { class: "reconstruction-code-row" },
      el("strong", { class: "reconstruction-which number" }),
      el("span", { class: "reconstruction-channel-buttons" }, buttons),
    ),
    bend.node,
    el("p", { class: "hint" }, "Click a bar, then drag its value: the picture follows."),
  );
}

function setDimension(index) {
  const dragged = bent;
  dimension = index;
  bend.input.value = valueNow();
  refresh();
  if (dragged) operate(); // the last dimension goes back to its own value
  emit("reconstruction:dimension");
}

// --- sliders -----------------------------------------------------------------------------------------------------

function sliders() {
  const set = (name, value) => {
    surgery[name] = value;
    operate();
  };
  const deviations = (value) => (value ? value.toFixed(2) : "none");
  return [
    surgerySlider(
      "Bits",
      { min: 1, max: AS_IT_IS, step: 1, fromTop: true, explained: "quantisation" },
      () => surgery.bits ?? AS_IT_IS,
      (value) => set("bits", value === AS_IT_IS ? null : value),
      (value) => (value === AS_IT_IS ? "as is" : String(value)),
    ),
    surgerySlider(
      "Noise",
      { min: 0, max: 3, step: 0.05 },
      () => surgery.noise,
      (value) => set("noise", value),
      deviations,
    ),
    !now.model.flat &&
    surgerySlider("Blur", { min: 0, max: 4, step: 0.1 }, () => surgery.blur, (value) => set("blur", value), deviations),
  ].filter(Boolean);
}

// --- the panel --------------------------------------------------------------------------------------------------

function refresh() {
  for (const button of body.querySelectorAll("[data-operation]")) {
    const channel = button.dataset.channel === undefined ? dimension : Number(button.dataset.channel);
    const on = surgery[button.dataset.operation].includes(channel);
    button.setAttribute("aria-pressed", String(on));
    button.dataset.state = on ? "present" : "";
    if (button.dataset.operation === "swap") button.disabled = !other;
  }
  for (const tile of body.querySelectorAll(".reconstruction-channel")) {
    const channel = Number(tile.dataset.channel);
    tile.dataset.done = surgery.silence.includes(channel) ? "silence" : surgery.swap.includes(channel) ? "swap" : "";
  }
  if (!chart?.isConnected) return;
  chart.replaceChildren(codeBars(latent.code, markOf));
  chart.setAttribute("aria-valuenow", dimension + 1);
  body.querySelector(".reconstruction-which").textContent = `Dimension ${dimension + 1} of ${latent.code.length}`;
  bend.show();
}

function swapSelect() {
  const rows = state.rows.filter((row) => row.id !== now.id);
  other = rows.some((row) => row.id === other) ? other : rows[0]?.id || "";
  const options = rows.length ? rows.map((row) => [row.id, row.name]) : [["", "Add a second picture"]];
  const field = select("Swap with", options, { disabled: !rows.length });
  field.value = other;
  field.addEventListener("change", () => {
    other = field.value;
    operate();
  });
  return setting("Swap with", field, { tag: "label" });
}

function channels() {
  const many = String(latent.channels.length > 8);
  const [black, white] = latent.scale.map((value) => withMinus(value, 1));
  return [
    el("div", { class: "reconstruction-channels", "data-many": many }, latent.channels.map((_, i) => channelTile(i))),
    el("p", { class: "hint number" }, `Black ${black}, white ${white}, in deviations`),
  ];
}

function render() {
  const { shape, ratio } = now.model;
  head.querySelector("p").textContent = shape ? `${shape}, ${ratio} times fewer numbers than the picture` : "";
  if (!latent) return body.replaceChildren(el("p", { class: "hint" }, "Reading the latents"));
  const flat = latent.channels.length === 0;
  const content = [...(flat ? [codePanel()] : channels()), swapSelect(), ...sliders().map((one) => one.node)];
  const spread = el("div", { class: "reconstruction-histogram" }, values.node);
  body.replaceChildren(...content, spread);
  refresh();
}

export function openLatents(chosen) {
  const same = now?.model.key === chosen.model.key;
  now = chosen;
  latent = null;
  surgery = neutral();
  bent = false;
  if (!same) dimension = 0;
  head.querySelector("#reconstruction-reset").disabled = true;
  render();
  request("latent", { kind: "latent", picture: now.id, model: now.model.key });
}

function undo() {
  surgery = neutral();
  render();
  operate();
}

export function latentPanel() {
  const reset = { class: "button small", id: "reconstruction-reset", disabled: true };
  head = el(
    "div",
    { class: "reconstruction-latent-head" },
    el("div", {}, el("h2", {}, term("surgery", "Latent surgery")), el("p", { class: "hint" })),
    button([icon("reroll"), "Reset"], undo, reset),
  );
  body = el("div", { class: "reconstruction-latent-body" });
  return el("aside", { class: "reconstruction-latent", "aria-label": "Latents" }, head, body);
}

on("reconstruction:response", (message) => {
  if (!message.latent || message.id !== now?.id || message.model !== now.model.key) return;
  latent = message.latent;
  values = makeChart(latent.chart);
  render();
});

export const isBent = () => bent;
export const currentDimension = () => dimension;
