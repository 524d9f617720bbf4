// The control column of the Compare tab: what is requested, of whom, and how many pictures.
import { register } from "../shared/components.js";
import { button, checkRadio, group, isEnter, numberSetting, radio, radioGroup, seedField } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { attributesGroup } from "./attributes.js";
import { photoGroup } from "./photo.js";
import { refresh, whenRefreshed } from "./refresh.js";
import { change, requests, reroll } from "./requests.js";
import { KINDS, state } from "./state.js";

const TITLES = { nothing: "Nothing", attributes: "Attributes", photo: "Photo", sentence: "Sentence" };
const EXAMPLE = "a smiling woman with blond hair";

function kinds() {
  const buttons = KINDS.map((kind) => radio(TITLES[kind], () => change({ kind }), { "data-kind": kind }));
  whenRefreshed(() => checkRadio(buttons, (one) => one.dataset.kind === state.kind));
  return radioGroup("What is requested", buttons, { class: "states modes", id: "compare-kinds" });
}

function nothingGroup() {
  return group("", el("p", { class: "hint" }, "Every generator draws whatever its seed brings."));
}

function sentenceGroup() {
  const field = /** @type {HTMLTextAreaElement} */ (el("textarea", {
    class: "field compare-sentence",
    id: "compare-sentence",
    rows: 3,
    "aria-label": "Sentence",
    placeholder: EXAMPLE,
  }));
  const draw = () => field.value !== state.prompt && change({ prompt: field.value });
  field.addEventListener("change", draw);
  field.addEventListener("keydown", (event) => {
    if (!isEnter(event) || event.shiftKey) return;
    event.preventDefault();
    draw();
  });
  whenRefreshed(() => document.activeElement !== field && (field.value = state.prompt));
  const hint = "Text diffusion reads the sentence, the others the attributes that it names. Enter draws.";
  return group("", field, el("p", { class: "hint compare-hint" }, hint));
}

function toggle(name) {
  const off = new Set(state.off);
  if (!off.delete(name)) off.add(name);
  change({ off });
}

function makersGroup() {
  const list = el("div", { class: "compare-makers" });
  on("compare:makers", () =>
    list.replaceChildren(...state.makers.map(({ name, title, about, problem }) => {
      const box = el("input", { type: "checkbox", role: "switch", onchange: () => toggle(name) });
      box.checked = !state.off.has(name);
      const words = el("span", {}, title);
      const detail = problem && el("span", { class: "hint" }, "Not on this machine");
      const both = el("span", { class: "reconstruction-model-words" }, words, detail);
      return el("label", { class: "reconstruction-model", title: about, "data-maker": name }, both, box);
    })));
  return group("Generators", list);
}

function foot() {
  const say = (words) => emit("compare:say", words);
  const hint = "Pictures of each generator";
  const count = numberSetting(
    "Pictures",
    { min: 1, max: state.words.most, step: 1, hint },
    () => state.count,
    (value, moving) => change({ count: value }, { live: moving }),
  );
  const { field, label, refresh: show } = seedField("compare-seed", () => state.seed, (seed) => change({ seed }), say);
  const words = { class: "primary", id: "compare-reroll", title: "The same request with other seeds (R)" };
  const again = button([icon("reroll"), el("span", {}, "Reroll")], reroll, words);
  whenRefreshed(() => {
    show();
    count.refresh();
  });
  return el(
    "footer",
    { class: "foot" },
    count.node,
    el("div", { class: "seed-row compare-seed" }, label, field, again),
  );
}

register("compare-controls", (handle) => {
  const { root, props } = handle;
  state.words = props.config;
  const parts = {
    nothing: nothingGroup(),
    attributes: attributesGroup(),
    photo: photoGroup(),
    sentence: sentenceGroup(),
  };
  whenRefreshed(() => KINDS.forEach((kind) => (parts[kind].hidden = kind !== state.kind)));
  root.classList.add("column", "compare-column");
  root.append(el("div", { class: "column-body" }, kinds(), Object.values(parts), makersGroup()), foot());
  refresh();
  requests.connect(handle);
});
