// Chips that write the sentence, for people who do not know what to type; and whole sentences to begin with.
import { button, groupHead, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { randomSeed } from "../shared/seeds.js";
import { state } from "./state.js";
import { writePrompt } from "./words.js";

const FEMALE = ["lipstick", "earrings"];
const chips = []; // {role, phrase, node}
let composed = ""; // the sentence that the chips wrote last

const set = () => chips.filter((chip) => chip.node.getAttribute("aria-pressed") === "true");
const listed = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`);
const withArticle = (words) => `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;

// As the captions that the model learned from: a smiling young woman with wavy blond hair, wearing glasses.
function compose(chosen) {
  const of = (...roles) =>
    roles.flatMap((role) => chosen.filter((chip) => chip.role === role).map((chip) => chip.phrase));
  if (of("food").length) return of("food")[0];
  if (!chosen.length) return "";
  const hair = [...of("texture"), ...of("colour")].join(" ");
  const features = [...(hair ? [`${hair} hair`] : []), ...of("feature")];
  let text = withArticle([...of("mood", "age", "adjective"), of("noun")[0] || "person"].join(" "));
  if (features.length) text += ` with ${listed(features)}`;
  if (of("worn").length) text += `${features.length ? "," : ""} wearing ${listed(of("worn"))}`;
  return text;
}

const has = (text, phrase) => new RegExp(`(^|[^\\p{L}])${phrase.replace(/^an? /, "")}([^\\p{L}]|$)`, "iu").test(text);
const named = (
  chip,
) => (chip.role === "colour" || chip.role === "texture"
  ? new RegExp(`${chip.phrase}[a-z ,-]*hair`, "i").test(state.recipe.prompt)
  : has(state.recipe.prompt, chip.phrase));

function toggle(chip) {
  const text = state.recipe.prompt.trim();
  const on = chip.node.getAttribute("aria-pressed") === "true";
  const others = set().filter((one) =>
    one !== chip && !(state.words.one.includes(chip.role) && one.role === chip.role) &&
    (chip.role === "food" ? false : one.role !== "food")
  );
  if (
    text === composed || !text || compose(set()) === text || chip.role === "food" ||
    set().some((one) => one.role === "food")
  ) {
    composed = compose(on ? others : [...others, chip]);
  } else if (on) {
    composed = text.replace(new RegExp(`(,| and| with| wearing)? (an? )?${chip.phrase.replace(/^an? /, "")}`, "i"), "");
  } else {
    const words = ["colour", "texture"].includes(chip.role) ? `${chip.phrase} hair` : chip.phrase;
    composed = `${text.replace(/[ ,.]+$/, "")}, ${words}`;
  }
  writePrompt(composed);
}

function surprise() {
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const of = (...roles) => chips.filter((chip) => roles.includes(chip.role));
  let chosen = [pick(of("food"))];
  if (Math.random() < 0.75) {
    chosen = [pick(of("noun"))];
    for (const role of ["age", "mood", "colour", "texture"]) if (Math.random() < 0.6) chosen.push(pick(of(role)));
    const man = chosen[0].phrase === "man";
    const fits = of("feature", "worn").filter((
      chip,
    ) => (man ? !FEMALE.includes(chip.phrase) : !/beard|mustache/.test(chip.phrase)));
    for (let i = 0; i < 2; i++) if (Math.random() < 0.7) chosen.push(pick(fits));
  }
  composed = compose([...new Set(chosen)]);
  if (!state.locked) state.recipe = { ...state.recipe, seed: randomSeed() };
  writePrompt(composed);
}

export const examplesView = () =>
  el(
    "section",
    { class: "group" },
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Examples"),
      el("button", { type: "button", class: "text-button", onclick: surprise }, "Surprise me"),
    ),
    el(
      "div",
      { class: "prompt-examples" },
      state.words.examples.map((text) =>
        el("button", { type: "button", class: "prompt-example", onclick: () => writePrompt(text) }, text)
      ),
    ),
  );

function chipButton([words, role, phrase]) {
  const chip = { role, phrase, node: null };
  const named = { class: "chip", "aria-pressed": "false", "data-phrase": phrase };
  chip.node = button(words, () => toggle(chip), named);
  chips.push(chip);
  return chip.node;
}

function refresh() {
  for (const chip of chips) {
    const on = named(chip);
    chip.node.setAttribute("aria-pressed", String(on));
    chip.node.dataset.state = on ? "present" : "unspecified";
  }
}

export function builderView() {
  const groups = state.words.builder.map(({ title, chips: rows }) =>
    el(
      "div",
      { class: "chip-group", role: "group", "aria-label": title },
      el("h3", {}, title),
      el("div", { class: "chips" }, rows.map(chipButton)),
    )
  );
  const clear = textButton("Clear", () => writePrompt(""));
  on("prompts:recipe", refresh);
  on("prompts:typed", refresh);
  return el("section", { class: "group prompt-builder" }, groupHead("Words to choose", clear), groups);
}
