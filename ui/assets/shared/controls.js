// Buttons, sliders and fields that every control column has.
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { parseSeed, SEED_HINT } from "./seeds.js";
import { term } from "./term.js";

/** Enter by itself: while an input method composes, Enter chooses among its words (229: in Safari a moment after, too). */
export const isEnter = (event) => event.key === "Enter" && !event.isComposing && event.keyCode !== 229;

/** `content` is text, an element or a list of both. */
export const button = (content, onclick, attributes = {}) =>
  el("button", { type: "button", class: "button", onclick, ...attributes }, content);

export const iconButton = (name, words, onclick, attributes = {}) =>
  button(icon(name), onclick, { class: "icon-button", "data-tip": words, "aria-label": words, ...attributes });

export const textButton = (words, onclick, attributes = {}) =>
  button(words, onclick, { class: "text-button", ...attributes });

/** One of several that exclude each other, in a `radioGroup`. */
export const radio = (words, onclick, attributes = {}) =>
  button(words, onclick, { class: "state", role: "radio", ...attributes });

export const radioGroup = (label, buttons, attributes = {}) =>
  el("div", { class: "states", role: "radiogroup", "aria-label": label, ...attributes }, buttons);

/** Checks the radio button whose place `chosen` says. */
export const checkRadio = (buttons, chosen) =>
  buttons.forEach((one, place) => one.setAttribute("aria-checked", String(chosen(one, place))));

export const group = (title, ...content) => el("section", { class: "group" }, title && el("h2", {}, title), ...content);

/** A title with buttons at its right. */
export const groupHead = (title, ...end) => el("div", { class: "group-head" }, el("h2", {}, title), ...end);

/** One line of a column: its name, and what sets it. A name that is a `term` says more than a `hint`. */
export const setting = (name, content, { hint = null, tag = "div", ...attributes } = {}) => {
  const words = el("span", { class: "setting-name", title: typeof name === "string" ? hint : null }, name);
  return el(tag, { class: "setting", ...attributes }, words, content);
};

export const select = (label, options, attributes = {}) =>
  el(
    "select",
    { class: "field", "aria-label": label, ...attributes },
    options.map(([value, words]) => el("option", { value }, words)),
  );

/** Shows the part of a slider's track between two of its values as filled. */
export function fillSlider(slider, from, to) {
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const place = (value) => `${(100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low || 1)}%`;
  slider.style.setProperty("--from", place(from));
  slider.style.setProperty("--to", place(to));
}

/** Sets a slider that is filled from its least value, or from zero if that lies within. */
export function setSlider(slider, value) {
  slider.value = value;
  const start = Math.max(0, Number(slider.min));
  const from = Number(slider.min) < 0 ? 0 : start;
  fillSlider(slider, Math.min(from, value), Math.max(from, value));
}

export const plainSlider = (label, { min, max, step }, attributes = {}) =>
  el("input", { type: "range", class: "plain", min, max, step, "aria-label": label, ...attributes });

/**
 * A slider with an exact field beside it, which may go further (`limit`).
 * @param {string} title
 * @param {{min: number, max: number, limit?: number, step: number, hint: string, explained?: string}} range `explained` is
 *   the term that the title is
 * @param {() => number} read the value as it stands
 * @param {(value: number, moving: boolean) => void} write
 * @returns {{node: HTMLElement, refresh: () => void}}
 */
export function numberSetting(title, { min, max, limit = max, step, hint, explained = "" }, read, write) {
  const slider = plainSlider(title, { min, max, step }, { title: hint });
  const exact = { type: "number", min, max: limit, step, class: "field number", "aria-label": `${title}, exact` };
  const field = el("input", exact);
  slider.addEventListener("input", () => write(Number(slider.value), true));
  slider.addEventListener("change", () => write(read(), false));
  field.addEventListener("change", () => {
    const wanted = Number(field.value);
    const usable = field.value !== "" && Number.isFinite(wanted);
    const whole = step === 1 ? Math.round(wanted) : wanted;
    write(usable ? Math.min(limit, Math.max(min, whole)) : read(), false);
  });
  const refresh = () => {
    const now = read();
    slider.value = now;
    fillSlider(slider, min, now);
    if (document.activeElement !== field) field.value = now;
  };
  return { node: setting(explained ? term(explained, title) : title, [slider, field], { hint }), refresh };
}

/**
 * A field for an exact seed.
 * @param {string} id
 * @param {() => number} read
 * @param {(seed: number) => void} write
 * @param {(words: {text: string, error: boolean}) => void} say what is no seed is said
 * @returns {{field: HTMLInputElement, label: HTMLElement, refresh: () => void}}
 */
export function seedField(id, read, write, say) {
  const plain = { autocomplete: "off", spellcheck: "false" };
  const field = el("input", { type: "text", inputmode: "numeric", class: "field", id, "aria-label": "Seed", ...plain });
  field.addEventListener("change", () => {
    const seed = parseSeed(field.value);
    if (seed !== null) return write(seed);
    field.value = read();
    say({ text: SEED_HINT, error: true });
  });
  field.addEventListener("keydown", (event) => isEnter(event) && field.blur());
  const refresh = () => {
    if (document.activeElement !== field) field.value = read();
  };
  return { field, label: el("label", { for: id, class: "setting-name" }, term("seed", "Seed")), refresh };
}

/** A button that keeps the seed. `words` are the titles when it is locked and when it is not. */
export function lockButton(id, read, toggle, words) {
  const node = el("button", { type: "button", class: "icon-button", id, onclick: toggle });
  const refresh = () => {
    const locked = read();
    node.setAttribute("aria-pressed", String(locked));
    node.dataset.tip = words[locked ? 0 : 1];
    node.setAttribute("aria-label", node.dataset.tip);
    node.replaceChildren(icon(locked ? "lock" : "unlock"));
  };
  return { node, refresh };
}

/** A hidden field for files; `take` gets what was chosen. */
export function fileInput(id, accept, take, attributes = {}) {
  const input = el("input", { type: "file", accept, hidden: true, id, ...attributes });
  input.addEventListener("change", () => {
    if (input.files.length) take([...input.files]);
    input.value = "";
  });
  return input;
}

const ALIGN =
  "Takes the largest face of each photo, turned upright, as the models know faces. A photo without a face " +
  "is left out.";

/** The switch "Align faces" in its row; `set` gets whether it is on. */
export function alignSwitch(id, set) {
  const input = el("input", { type: "checkbox", role: "switch", id });
  input.addEventListener("change", () => set(input.checked));
  return el("label", { class: "reconstruction-model", title: ALIGN }, el("span", {}, "Align faces"), input);
}

/** A large place for pictures, before there is one; a click chooses files in the field `id`. */
export const emptyPlace = (id, title, detail, attributes = {}) =>
  button(
    [icon("upload"), el("strong", {}, title), el("span", {}, detail)],
    () => document.getElementById(id).click(),
    { class: "empty-photo", ...attributes },
  );
