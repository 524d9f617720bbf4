// The latents of one cell: channels as pictures, or a code as bars; how their values are spread; and operations on them, live.
import { makeChart } from "../shared/charts.js";
import { el, emit, icon, on } from "../shared/core.js";
import { ask, state } from "./wire.js";

const AS_IT_IS = 9; // the bits slider's last step
const REACH = 3; // deviations

let view, body, head, now, latent, values, chart, bend;
let surgery = neutral();
let other = "";
let dimension = 0;
let bent = false; // the picture shows a dragged dimension

const signed = (value, digits) => value.toFixed(digits).replace("-", "\u2212");

function neutral() {
  return { swap: [], silence: [], bits: null, noise: 0, blur: 0, seed: 0 };
}

const touched = () =>
  Boolean(surgery.swap.length || surgery.silence.length || surgery.bits || surgery.noise || surgery.blur);

function operate() {
  bent = false;
  if (chart?.isConnected) bend.reset();
  head.querySelector("#lab-reset").disabled = !touched();
  if (!touched()) return emit("lab:untouched");
  ask({ kind: "operate", picture: now.id, model: now.model.key, surgery, other: surgery.swap.length ? other : "" }, {
    slot: "live",
  });
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

// --- drawings ---------------------------------------------------------------------------------------------------

function svg(width, height, content, words) {
  const holder = el("span", { class: "lab-drawing", role: "img", "aria-label": words });
  holder.innerHTML = `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${content}</svg>`;
  return holder;
}

function code() {
  const values = latent.code;
  const step = 320 / values.length;
  const top = Math.max(REACH, ...values.map(Math.abs));
  const bars = values.map((value, i) => {
    const height = (44 * Math.abs(value)) / top;
    const mark = i === dimension
      ? "current"
      : surgery.silence.includes(i)
      ? "silent"
      : surgery.swap.includes(i)
      ? "swapped"
      : "";
    return `<rect class="${mark}" x="${(i * step).toFixed(2)}" y="${
      (value > 0 ? 48 - height : 48).toFixed(2)
    }" width="${(step * 0.8).toFixed(2)}" height="${Math.max(0.6, height).toFixed(2)}"/>`;
  });
  return svg(320, 96, `<line x1="0" x2="320" y1="48" y2="48"/>${bars.join("")}`, `The code, ${values.length} numbers`);
}

// --- channels ---------------------------------------------------------------------------------------------------

function channelTile(index) {
  const button = (list, words) =>
    el("button", {
      type: "button",
      class: "chip",
      "data-operation": list,
      "data-channel": index,
      "aria-label": `${words} channel ${index + 1}`,
      onclick: () => flip(list, index),
    }, words);
  const image = el("img", { src: latent.channels[index], alt: `Channel ${index + 1}`, draggable: false });
  const spread = `mean ${latent.mean[index].toFixed(2)}, deviation ${latent.deviation[index].toFixed(2)}`;
  return el(
    "div",
    { class: "lab-channel", "data-channel": index, title: spread },
    image,
    el("div", { class: "lab-channel-buttons" }, button("silence", "Silence"), button("swap", "Swap")),
  );
}

function codePanel() {
  chart = el("div", {
    class: "lab-code",
    tabindex: 0,
    role: "slider",
    "aria-label": "Dimension",
    "aria-valuemin": 1,
    "aria-valuemax": latent.code.length,
  });
  chart.append(code());
  const at = (event) => {
    const box = chart.getBoundingClientRect();
    return Math.min(
      latent.code.length - 1,
      Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * latent.code.length)),
    );
  };
  chart.addEventListener("pointerdown", (event) => setDimension(at(event)));
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    setDimension(Math.min(latent.code.length - 1, Math.max(0, dimension + step)));
  });
  bend = slider("Value", -4, 4, 0.05, () => latent.code[dimension], () => {
    bent = true;
    head.querySelector("#lab-reset").disabled = false;
    ask({ kind: "traverse", picture: now.id, model: now.model.key, dimension, values: [Number(bend.input.value)] }, {
      slot: "live",
    });
  }, (value) => signed(value, 2));
  const button = (list, words) =>
    el(
      "button",
      { type: "button", class: "chip", "data-operation": list, onclick: () => flip(list, dimension) },
      words,
    );
  return el(
    "div",
    { class: "lab-code-panel" },
    chart,
    el(
      "div",
      { class: "lab-code-row" },
      el("strong", { class: "lab-which number" }),
      el("span", { class: "lab-channel-buttons" }, button("silence", "Silence"), button("swap", "Swap")),
    ),
    bend.node,
    el("p", { class: "hint" }, "Click a bar, then drag its value: the picture follows."),
  );
}

function setDimension(index) {
  const dragged = bent;
  dimension = index;
  bend.input.value = latent.code[index];
  refresh();
  if (dragged) operate(); // the last dimension goes back to its own value
  emit("lab:dimension");
}

// --- sliders ----------------------------------------------------------------------------------------------------

function slider(words, min, max, step, read, write, say) {
  const input = el("input", {
    type: "range",
    class: "plain",
    min,
    max,
    step,
    "aria-label": words,
    "data-slider": words,
  });
  const output = el("output", { class: "number" });
  const show = () => {
    const value = Number(input.value);
    const [from, to] = min < 0
      ? [Math.min(0, value), Math.max(0, value)]
      : words === "Bits"
      ? [value, max]
      : [0, value];
    const place = (x) => `${(100 * (x - min)) / (max - min)}%`;
    input.style.setProperty("--from", place(from));
    input.style.setProperty("--to", place(to));
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
  return {
    input,
    reset,
    show,
    node: el("div", { class: "setting" }, el("span", { class: "setting-name" }, words), input, output),
  };
}

function sliders() {
  const set = (name, value) => {
    surgery[name] = value;
    operate();
  };
  const deviations = (value) => (value ? value.toFixed(2) : "none");
  return [
    slider(
      "Bits",
      1,
      AS_IT_IS,
      1,
      () => surgery.bits ?? AS_IT_IS,
      (value) => set("bits", value === AS_IT_IS ? null : value),
      (value) => (value === AS_IT_IS ? "as is" : String(value)),
    ),
    slider("Noise", 0, 3, 0.05, () => surgery.noise, (value) => set("noise", value), deviations),
    !now.model.flat && slider("Blur", 0, 4, 0.1, () => surgery.blur, (value) => set("blur", value), deviations),
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
  for (const tile of body.querySelectorAll(".lab-channel")) {
    const channel = Number(tile.dataset.channel);
    tile.dataset.done = surgery.silence.includes(channel) ? "silence" : surgery.swap.includes(channel) ? "swap" : "";
  }
  if (!chart?.isConnected) return;
  chart.replaceChildren(code());
  chart.setAttribute("aria-valuenow", dimension + 1);
  body.querySelector(".lab-which").textContent = `Dimension ${dimension + 1} of ${latent.code.length}`;
  bend.show();
}

function render() {
  const { model } = now;
  head.querySelector("p").textContent = model.shape
    ? `${model.shape}, ${model.ratio} times fewer numbers than the picture`
    : "";
  if (!latent) return body.replaceChildren(el("p", { class: "hint" }, "Reading the latents"));
  const rows = state.rows.filter((row) => row.id !== now.id);
  other = rows.some((row) => row.id === other) ? other : rows[0]?.id || "";
  const select = el(
    "select",
    {
      class: "field",
      "aria-label": "Swap with",
      disabled: !rows.length,
      onchange: () => {
        other = select.value;
        operate();
      },
    },
    rows.length
      ? rows.map((row) => el("option", { value: row.id, selected: row.id === other }, row.name))
      : el("option", {}, "Add a second picture"),
  );
  const flat = latent.channels.length === 0;
  body.replaceChildren(
    flat ? codePanel() : el(
      "div",
      { class: "lab-channels", "data-many": String(latent.channels.length > 8) },
      latent.channels.map((_, i) => channelTile(i)),
    ),
    flat ? "" : el(
      "p",
      { class: "hint number" },
      `Black ${signed(latent.scale[0], 1)}, white ${signed(latent.scale[1], 1)}, in deviations`,
    ),
    el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Swap with"), select),
    ...sliders().map((one) => one.node),
    el("div", { class: "lab-histogram" }, values.node),
  );
  refresh();
}

function open(chosen) {
  const same = now?.model.key === chosen.model.key;
  now = chosen;
  latent = null;
  surgery = neutral();
  bent = false;
  if (!same) dimension = 0;
  head.querySelector("#lab-reset").disabled = true;
  render();
  ask({ kind: "latent", picture: now.id, model: now.model.key }, { slot: "latent" });
}

function build() {
  head = el(
    "div",
    { class: "lab-latent-head" },
    el("div", {}, el("h2", {}, "Latent surgery"), el("p", { class: "hint" })),
    el(
      "button",
      {
        type: "button",
        class: "button small",
        id: "lab-reset",
        disabled: true,
        onclick: () => {
          surgery = neutral();
          render();
          operate();
        },
      },
      icon("reroll"),
      "Reset",
    ),
  );
  body = el("div", { class: "lab-latent-body" });
  view = el("aside", { class: "lab-latent", "aria-label": "Latents" }, head, body);
  return view;
}

on("lab:answer", (message) => {
  if (!message.latent || message.id !== now?.id || message.model !== now.model.key) return;
  latent = message.latent;
  values = makeChart(latent.chart);
  render();
});

export const isBent = () => bent;
export const currentDimension = () => dimension;
export { build as latentPanel, open as openLatents, touched as isOperated };
