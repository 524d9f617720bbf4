// The active styles: a strength for each style, how several are blended, and how much each part of the network takes.
import { plainSlider, setSlider, setting, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { withMinus } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { applyStyle, change } from "./requests.js";
import { state, titleOf } from "./state.js";

const PARTS = [["Early", "The first blocks: where things are"], ["Middle", "The innermost blocks: what they are"], [
  "Late",
  "The last blocks: colour and strokes",
]];

// From negative over none to more than the style was trained with; zero is marked, one is usual.
function fill(slider, value, low, high) {
  const place = (x) => (100 * (x - low)) / (high - low);
  slider.value = value;
  slider.style.setProperty("--from", `${place(Math.min(0, value))}%`);
  slider.style.setProperty("--to", `${place(Math.max(0, value))}%`);
}

// Zero is the plain picture, one the style as it was trained.
function strengthMarks() {
  const { least, most } = state.words;
  const marks = [0, 1].map((value) => {
    const mark = el("span", {}, String(value));
    mark.style.setProperty("--at", String((value - least) / (most - least)));
    return mark;
  });
  return el("span", { class: "strength-marks", "aria-hidden": "true" }, marks);
}

function row(name) {
  const { least, most } = state.words;
  const slider = el("input", {
    type: "range",
    min: least,
    max: most,
    step: 0.05,
    class: "bipolar",
    "aria-label": `${titleOf(name)}, strength`,
  });
  const number = el("output", { class: "number" });
  const off = el("button", {
    type: "button",
    class: "icon-button",
    "data-tip": `Take ${titleOf(name)} off`,
    "aria-label": `Take ${titleOf(name)} off`,
    onclick: () => applyStyle(name, true),
  }, icon("close"));
  const set = (value, options) => change({ active: { ...state.active, [name]: value } }, options);
  slider.addEventListener("input", () => set(Number(slider.value), { live: true }));
  slider.addEventListener("change", () => set(Number(slider.value)));
  slider.addEventListener("dblclick", () => set(1));
  const node = el(
    "div",
    { class: "active-row", "data-style": name },
    el("span", { class: "active-name", title: titleOf(name) }, titleOf(name)),
    number,
    off,
    slider,
    strengthMarks(),
  );
  node.refresh = () => {
    const value = state.active[name];
    fill(slider, value, least, most);
    number.textContent = withMinus(value);
    slider.setAttribute("aria-valuetext", withMinus(value));
  };
  return node;
}

function rows() {
  const list = el("div", { class: "active-rows" });
  const hint = el("p", { class: "hint" });
  const known = new Map();
  const refresh = () => {
    const names = Object.keys(state.active);
    for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
    for (const name of names) if (!known.has(name)) known.set(name, row(name));
    const wanted = names.map((name) => known.get(name));
    if (wanted.length !== list.children.length || wanted.some((node, place) => node !== list.children[place])) {
      list.replaceChildren(...wanted);
    }
    wanted.forEach((node) => node.refresh());
    hint.textContent = names.length
      ? ""
      : "Click a style on the wall to put it on. The plus in its corner adds it to the active ones, up to four.";
    hint.hidden = Boolean(names.length);
  };
  return [list, hint, refresh];
}

function blend() {
  const modes = [["sum", "Sum", "Each style with its own strength"], [
    "normalised",
    "Normalised",
    "Shares of one whole: the strengths are divided by their sum",
  ]];
  const buttons = modes.map(([key, words, hint]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-blend": key,
      title: hint,
      onclick: () => change({ blend: key }),
    }, words)
  );
  const node = el(
    "div",
    { class: "setting active-blend" },
    el("span", { class: "setting-name" }, term("blend", "Blend")),
    el("div", { class: "states", role: "radiogroup", "aria-label": "How styles are blended" }, buttons),
  );
  const refresh = () => {
    node.hidden = Object.keys(state.active).length < 2;
    buttons.forEach((button) => button.setAttribute("aria-checked", String(button.dataset.blend === state.blend)));
  };
  return [node, refresh];
}

function partSlider([title, hint], place) {
  const slider = plainSlider(`${title} blocks`, { min: 0, max: 2, step: 0.05 }, { title: hint });
  const number = el("output", { class: "number" });
  const set = (options) => {
    const value = Number(slider.value);
    change({ parts: state.parts.map((part, other) => (other === place ? value : part)) }, options);
  };
  slider.addEventListener("input", () => set({ live: true }));
  slider.addEventListener("change", () => set());
  const refresh = () => {
    setSlider(slider, state.parts[place]);
    number.textContent = state.parts[place].toFixed(2);
  };
  return { refresh, node: setting(title, [slider, number], { hint }) };
}

function parts() {
  const sliders = PARTS.map(partSlider);
  const reset = textButton("Reset", () => change({ parts: [1, 1, 1] }));
  const node = el(
    "details",
    { class: "active-parts" },
    el("summary", {}, el("span", {}, "Per part"), icon("chevron")),
    el(
      "p",
      { class: "hint" },
      "How much of the style the first, innermost and last ",
      term("blocks", "blocks of the network"),
      " take.",
    ),
    sliders.map((one) => one.node),
    reset,
  );
  const refresh = () => {
    node.hidden = !Object.keys(state.active).length;
    for (const one of sliders) one.refresh();
    reset.hidden = state.parts.every((part) => part === 1);
  };
  return [node, refresh];
}

export const activeView = () => {
  const [list, hint, first] = rows();
  const [blending, second] = blend();
  const [folded, third] = parts();
  const off = el("button", { type: "button", class: "text-button", onclick: () => applyStyle("") }, "Take all off");
  const node = el(
    "section",
    { class: "group active-styles" },
    el("div", { class: "group-head" }, el("h2", {}, "Active ", term("lora", "styles")), off),
    list,
    hint,
    blending,
    folded,
  );
  const refresh = () => {
    [first, second, third].forEach((each) => each());
    off.hidden = !Object.keys(state.active).length;
    node.hidden = !["face", "prompt", "photo"].includes(state.mode);
  };
  on("styles:changed", refresh);
  on("styles:listed", refresh);
  return node;
};
