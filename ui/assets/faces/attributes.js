// The attributes of the control column: four with a slider each, the others as chips.
import { checkRadio, group, groupHead, radio, radioGroup, setSlider } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { strengthText } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { whenRefreshed } from "./refresh.js";
import { change, setAttributes, state, value } from "./state.js";

const stateOf = (x) => (x > 0 ? "present" : x < 0 ? "absent" : "unspecified");
const NOTHING = 0.08; // smaller strengths count as 0
// In a photo: set, and as the photo had it.
const kept = (name) => state.mode === "edit" && value(name) !== 0 && state.photo?.base?.[name] === value(name);
const label = (name) => state.words.labels[name];

// From absent over unspecified (0) to present; a double click goes back to 0.
function strengthSlider(name) {
  const range = { type: "range", min: -1, max: 1, step: 0.05, class: "bipolar" };
  const slider = el("input", { ...range, "aria-label": `${label(name)}, strength` });
  const number = el("output", { class: "number" });
  slider.addEventListener("input", () => {
    const value = Number(slider.value);
    setAttributes({ [name]: Math.abs(value) < NOTHING ? 0 : value }, { live: true });
  });
  slider.addEventListener("change", () => change({}, {}));
  slider.addEventListener("dblclick", () => setAttributes({ [name]: 0 }));
  whenRefreshed(() => {
    const strength = value(name);
    setSlider(slider, strength);
    number.textContent = strengthText(strength);
    slider.setAttribute("aria-valuetext", number.textContent);
  });
  return { slider, number };
}

// --- the four main attributes -----------------------------------------------------------------------------------

const STATES = [["Absent", -1], ["Any", 0], ["Present", 1]];
const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function stateButtons(name) {
  const buttons = STATES.map(([words, strength]) =>
    radio(words, () => setAttributes({ [name]: strength }), { "data-state": stateOf(strength) })
  );
  const radios = radioGroup(label(name), buttons);
  radios.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const index = Math.min(2, Math.max(0, buttons.indexOf(document.activeElement) + step));
    buttons[index].focus();
    buttons[index].click();
  });
  whenRefreshed(() => {
    const now = Math.sign(value(name));
    checkRadio(buttons, (_, place) => STATES[place][1] === now);
    buttons.forEach((one, place) => (one.tabIndex = STATES[place][1] === now ? 0 : -1));
  });
  return radios;
}

export function mainAttribute(name) {
  const { slider, number } = strengthSlider(name);
  const title = el("span", { class: "attribute-name" }, label(name));
  const block = el(
    "div",
    { class: "attribute", "data-attribute": name },
    el("div", { class: "attribute-head" }, title, stateButtons(name)),
    el("div", { class: "attribute-strength" }, slider, number),
  );
  whenRefreshed(() => {
    block.dataset.state = stateOf(value(name));
    block.toggleAttribute("data-kept", kept(name));
  });
  return block;
}

// --- the other thirty-six ---------------------------------------------------------------------------------------

// Click: unspecified, present, absent, unspecified. Shift-click goes the other way.
function chip(name) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const amount = el("span", { class: "amount" });
  const button = el(
    "button",
    { type: "button", class: "chip", "data-attribute": name, "data-search": label(name).toLowerCase() },
    mark,
    el("span", {}, label(name)),
    amount,
  );
  button.addEventListener("click", (event) => {
    const order = event.shiftKey ? [0, -1, 1] : [0, 1, -1];
    setAttributes({ [name]: order[(order.indexOf(Math.sign(value(name))) + 1) % 3] });
  });
  whenRefreshed(() => {
    const strength = value(name);
    const state = stateOf(strength);
    button.dataset.state = state;
    button.toggleAttribute("data-kept", kept(name));
    button.setAttribute("aria-pressed", state === "present" ? "true" : state === "absent" ? "mixed" : "false");
    button.title = `${
      label(name)
    }: ${state}. Click for present, absent, unspecified; once set, its strength appears below.`;
    amount.textContent = strength && Math.abs(strength) < 1 ? Math.abs(strength).toFixed(2) : "";
    button.setAttribute("aria-label", `${label(name)} ${amount.textContent}: ${state}`.replace(" :", ":"));
  });
  return button;
}

// The strength of a chip that was set. While its slider is held, the row stays even at 0.
function chipStrength(name) {
  const { slider, number } = strengthSlider(name);
  const row = el(
    "div",
    { class: "chip-strength", "data-attribute": name },
    el("span", { class: "setting-name" }, label(name)),
    slider,
    number,
  );
  const show = () => (row.hidden = (!value(name) || kept(name)) && document.activeElement !== slider);
  slider.addEventListener("blur", show);
  whenRefreshed(show);
  return row;
}

function chipGroup(title, names) {
  const chips = names.map(chip);
  const group = el(
    "div",
    { class: "chip-group", role: "group", "aria-label": title },
    el("h3", {}, title),
    el("div", { class: "chips" }, chips),
    el("div", { class: "chip-strengths" }, names.map(chipStrength)),
  );
  on("faces:filter", (text) => {
    let any = false;
    for (const node of chips) {
      node.hidden = Boolean(text) && !node.dataset.search.includes(text) && !title.toLowerCase().includes(text);
      any ||= !node.hidden;
    }
    group.hidden = !any;
  });
  return group;
}

function filterField(groups) {
  const plain = { autocomplete: "off", spellcheck: "false" };
  const named = { placeholder: "Filter", "aria-label": "Filter attributes" };
  const field = el("input", { type: "search", class: "field", ...named, ...plain });
  const none = el("p", { class: "hint", hidden: true }, "No attribute is called that.");
  field.addEventListener("input", () => {
    emit("faces:filter", field.value.trim().toLowerCase());
    none.hidden = groups.some((one) => !one.hidden);
  });
  return [el("label", { class: "search" }, icon("search"), field), none];
}

// When a new attribute excludes an older one, the older one is unset: a line says so, and its chip flashes.
function contradictionLine() {
  const line = el("p", { class: "hint contradiction", role: "status", "aria-live": "polite" });
  let timer = 0;
  on("faces:contradiction", (notes) => {
    const { name, by } = notes[notes.length - 1];
    line.textContent = `${label(name)} is unspecified now: it contradicts ${label(by)}.`;
    for (const item of notes) {
      const node = document.querySelector(`#faces-controls .chip[data-attribute="${item.name}"]`);
      node?.animate([{ outline: "2px solid var(--accent)" }, { outline: "2px solid transparent" }], 1400);
    }
    clearTimeout(timer);
    timer = setTimeout(() => (line.textContent = ""), 6000);
  });
  return line;
}

export function moreAttributes() {
  const groups = Object.entries(state.words.groups).map(([title, names]) => chipGroup(title, names));
  const [search, none] = filterField(groups);
  const count = el("span", { class: "count" });
  whenRefreshed(() => {
    const set = Object.keys(state.recipe.attributes).filter((name) => !state.words.main.includes(name)).length;
    count.textContent = set ? `${set} set` : "";
  });
  return group(
    null,
    groupHead(["More ", term("attribute", "attributes")], count),
    search,
    contradictionLine(),
    groups,
    none,
  );
}
