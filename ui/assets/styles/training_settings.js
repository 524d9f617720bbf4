// The settings of a style's training, in the control column.
import { button, fileInput, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { whereItGoes } from "../shared/where.js";
import { addPictures, clearPictures, train } from "./jobs.js";
import { state } from "./state.js";

const PICTURES = "5 to 200 pictures that share one look, or a zip of them. Centre squares are used. ";
const fields = {};

function number(key, title, explained, step) {
  const { value, min, max } = state.words.train[key];
  const range = { type: "number", class: "field number", min, max, step, value };
  const field = el("input", { ...range, id: `train-${key}`, "aria-label": title });
  field.addEventListener("change", () => {
    const wanted = Number(field.value);
    const usable = field.value !== "" && Number.isFinite(wanted);
    field.value = usable ? Math.min(max, Math.max(min, wanted)) : value;
  });
  fields[key] = field;
  return setting(term(explained, title), field, { tag: "label", class: "setting train-setting" });
}

function begin() {
  const title = fields.title.value.trim();
  if (!title) {
    fields.title.focus();
    return emit("styles:train-say", "Give the style a name first.");
  }
  emit("styles:train-say", "");
  const [rank, steps] = [fields.rank, fields.steps].map((field) => Math.round(Number(field.value)));
  train({ title, rank, steps, rate: Number(fields.rate.value) });
}

function titleSetting() {
  const named = { class: "field", id: "train-title", "aria-label": "Name of the style", placeholder: "Its name" };
  fields.title = el("input", { type: "text", maxlength: 64, autocomplete: "off", ...named });
  return setting("Name", fields.title, { tag: "label", class: "setting train-title" });
}

export function trainSettings() {
  const input = fileInput("train-files", "image/*,.zip,.heic", addPictures, { multiple: true });
  const start = button("Teach", begin, { class: "primary", id: "train-start", disabled: true });
  const clear = button("Clear", clearPictures, { id: "train-clear" });
  const add = button([icon("upload"), "Add pictures"], () => input.click(), { id: "train-add" });
  const node = el(
    "section",
    { class: "group train", hidden: true },
    el("h2", {}, "Teach a style"),
    input,
    el("p", { class: "hint style-hint" }, PICTURES, whereItGoes({ several: true })),
    el("div", { class: "button-row style-buttons" }, add, clear),
    titleSetting(),
    number("steps", "Steps", "loss", 10),
    number("rank", "Rank", "rank", 1),
    number("rate", "Learning rate", "learning-rate", 0.0001),
    el("div", { class: "button-row style-buttons" }, start),
  );
  on("styles:changed", () => (node.hidden = state.mode !== "train"));
  on("styles:job", () => {
    const running = state.job && !state.job.over;
    start.disabled = Boolean(running || state.sending || !state.checked || state.checked.refused);
    clear.disabled = Boolean(running || !state.paths.length);
  });
  return node;
}
