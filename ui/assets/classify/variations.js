// The controls of the mode Variations: the one or two pictures, what is done with them, how strongly, and how many.
import {
  button,
  checkRadio,
  group,
  iconButton,
  numberSetting,
  plainSlider,
  radio,
  radioGroup,
  seedField,
  setSlider,
  setting,
} from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { randomSeed } from "../shared/seeds.js";
import { drawVariations, setVariations } from "./requests.js";
import { state, vary } from "./state.js";

const SLOT = 56; // CSS pixels
const HOWS = { mix: "Mix", borrow: "Borrow", walk: "Walk" };
const HINTS = {
  mix: "What the classifier sees is mixed: the first picture at 0 %, the second at 100 %.",
  borrow: "The first picture, with this from the second.",
  walk: "From the first picture to the second, all with one seed.",
};
const refreshers = [];

const set = (patch) => setVariations(patch);
const when = (refresher) => refreshers.push(refresher);

function choice(label, options, read, write) {
  const buttons = Object.entries(options).map(([key, words]) => radio(words, () => write(key), { "data-key": key }));
  when(() => checkRadio(buttons, (one) => one.dataset.key === read()));
  return radioGroup(label, buttons);
}

function slotButton(key, words, read) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const name = el("span", { class: "hint" });
  const content = [canvas, el("span", { class: "classify-slot-words" }, el("strong", {}, words), name)];
  const node = button(content, () => set({ slot: key }), { class: "classify-slot", role: "radio", "data-slot": key });
  when(() => {
    const photo = read();
    canvas.hidden = !photo;
    if (photo) paint(canvas, photo.source, SLOT);
    name.textContent = photo?.name || "Add one";
    node.setAttribute("aria-checked", String(vary.slot === key));
  });
  return node;
}

function slots() {
  const first = slotButton("first", "First", () => state.photo);
  const second = slotButton("second", "Second", () => vary.other);
  const remove = iconButton("close", "Remove the second picture", () => set({ other: null, slot: "first" }));
  when(() => (remove.hidden = !vary.other));
  const hint = el("p", { class: "hint classify-note" }, "A picture that comes in goes where the mark is.");
  const both = { class: "classify-slots", role: "radiogroup", "aria-label": "Which picture is added" };
  return group("", el("div", both, first, second, remove), hint);
}

function borrowed(names) {
  const chips = names.map((name) => {
    const flip = () => {
      const { groups } = vary;
      set({ groups: groups.includes(name) ? groups.filter((one) => one !== name) : [...groups, name] });
    };
    const node = button(name, flip, { class: "chip", role: "switch" });
    when(() => node.setAttribute("aria-checked", String(vary.groups.includes(name))));
    return node;
  });
  return el(
    "div",
    { class: "chips classify-note", role: "group", "aria-label": "Taken from the second picture" },
    chips,
  );
}

function share() {
  const slider = plainSlider("Share of the second picture", { min: 0, max: 1, step: 0.05 }, { id: "classify-share" });
  const output = el("output", { class: "number" });
  slider.addEventListener("input", () => set({ share: Number(slider.value) }));
  when(() => {
    setSlider(slider, vary.share);
    output.textContent = percent(vary.share);
  });
  return setting("Second", [slider, output]);
}

function together(names) {
  const hint = el("p", { class: "hint classify-note" });
  const [mixing, taking] = [share(), borrowed(names)];
  const node = group(
    "",
    choice("What is done with both", HOWS, () => vary.how, (how) => set({ how })),
    hint,
    mixing,
    taking,
  );
  when(() => {
    node.hidden = !vary.other;
    hint.textContent = HINTS[vary.how];
    mixing.hidden = vary.how !== "mix";
    taking.hidden = vary.how !== "borrow";
  });
  return node;
}

function settings(most) {
  const strengths = { subtle: "Subtle", strong: "Strong" };
  const strength = choice("How far they go", strengths, () => vary.strength, (value) => set({ strength: value }));
  const hint = "How many pictures are drawn";
  const range = { min: 1, max: most, step: 1, hint };
  const count = numberSetting("Pictures", range, () => vary.count, (value) => set({ count: value }));
  when(count.refresh);
  const say = (words) => emit("classify:say", words);
  const seed = seedField("classify-seed", () => vary.seed, (value) => set({ seed: value }), say);
  when(seed.refresh);
  const reroll = () => {
    set({ seed: randomSeed() });
    drawVariations();
  };
  const others = iconButton("reroll", "Others: another seed", reroll);
  const row = el("div", { class: "seed-row classify-seed" }, seed.label, seed.field, others);
  return group("", strength, count.node, row);
}

/** The foot of the column in this mode. */
export function drawFoot() {
  const node = button([icon("face"), "Draw variations"], drawVariations, { class: "primary", id: "classify-vary" });
  const foot = el("footer", { class: "foot classify-draw" }, node);
  when(() => {
    node.disabled = !state.photo;
    foot.hidden = !offered();
  });
  return foot;
}

const offered = () => state.mode === "variations" && !state.lacking;

/**
 * The sections of the column; they follow the state.
 * @param {{borrowed: Record<string, string[]>, most: number}} config
 */
export function variationParts(config) {
  const parts = [slots(), together(Object.keys(config.borrowed)), settings(config.most)];
  const node = el("div", { class: "classify-variations" }, parts);
  const refresh = () => {
    node.hidden = !offered();
    refreshers.forEach((refresher) => refresher());
  };
  on("classify:changed", refresh);
  refresh();
  return node;
}
