// The control column of the Styles tab: what to do, the active styles, the face or the photo, own styles, the seed.
import { state as faces } from "../faces/state.js";
import { after, register } from "../shared/components.js";
import {
  button,
  checkRadio,
  fileInput,
  groupHead,
  iconButton,
  radio,
  radioGroup,
  seedField,
  textButton,
} from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { keep } from "../shared/kept.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { activeView } from "./active.js";
import { addStyle, paste } from "./intake.js";
import { photoParts } from "./photo.js";
import { refresh, whenRefreshed } from "./refresh.js";
import {
  change,
  changeRecipe,
  chooseMode,
  enterPicture,
  fromFaces,
  goOn,
  hasSeed,
  requests,
  rerollStyled,
} from "./requests.js";
import { promptView } from "./prompt.js";
import { settings, state } from "./state.js";
import { trainSettings } from "./training_settings.js";

const MODES = {
  face: ["Face", "A face in the active styles"],
  prompt: ["Prompt", "What a prompt says, by Stable Diffusion with its LoRAs"],
  photo: ["Photo", "A photo of your own in them"],
  grid: ["Grid", "Styles by strengths for one face"],
  train: ["Teach", "Teach the model a style from your own pictures"],
};

const section = (modes, ...content) => {
  const node = el("section", { class: "group" }, ...content);
  whenRefreshed(() => (node.hidden = !modes.includes(state.mode)));
  return node;
};

function modes() {
  const possible = { train: !state.words.closed, prompt: Boolean(state.words.prompt) };
  const shown = Object.entries(MODES).filter(([mode]) => possible[mode] ?? true);
  const buttons = shown.map(([mode, [words, title]]) =>
    radio(words, () => chooseMode(mode), { "data-mode": mode, title })
  );
  whenRefreshed(() => checkRadio(buttons, (one) => one.dataset.mode === state.mode));
  on("styles:job", () => {
    const { job } = state;
    const share = job && !job.over && job.step ? ` ${percent(job.step / job.steps)}` : "";
    for (const one of buttons) if (one.dataset.mode === "train") one.textContent = `${MODES.train[0]}${share}`;
  });
  return radioGroup("What to do", buttons, { class: "states modes" });
}

// --- the face ---------------------------------------------------------------------------------------------------

const CHOICES = [["Absent", -1, "absent"], ["Any", 0, "unspecified"], ["Present", 1, "present"]];

function attribute(name) {
  const label = state.words.labels[name];
  const set = (strength) => {
    const { [name]: _, ...others } = state.recipe.attributes;
    changeRecipe({ attributes: strength ? { ...others, [name]: strength } : others });
  };
  const buttons = CHOICES.map(([words, strength, key]) => radio(words, () => set(strength), { "data-state": key }));
  whenRefreshed(() => {
    const now = Math.sign(state.recipe.attributes[name] || 0);
    checkRadio(buttons, (_, place) => CHOICES[place][1] === now);
  });
  const title = el("span", { class: "setting-name" }, label);
  const named = { class: "attribute-head style-attribute", "data-attribute": name };
  return el("div", named, title, radioGroup(label, buttons));
}

function face() {
  const rest = el("p", { class: "hint style-rest" });
  whenRefreshed(() => {
    const others = Object.entries(state.recipe.attributes).filter(([name]) => !state.words.main.includes(name));
    rest.textContent = others.map(([name, x]) => state.words[x < 0 ? "absent" : "labels"][name]).join(", ");
    rest.hidden = !others.length;
  });
  const named = { id: "styles-from-faces", title: "The face on the canvas of the Faces tab" };
  const head = groupHead("Face", textButton("From Faces", fromFaces, named));
  return section(["face", "grid"], head, state.words.main.map(attribute), rest);
}

const GRID = "One face, a row for each style, a column for each strength. Click styles on the wall to add or remove " +
  "rows, and a picture to make it yours.";
const gridHint = () => section(["grid"], el("h2", {}, "Grid"), el("p", { class: "hint style-hint" }, GRID));

// --- styles of one's own ----------------------------------------------------------------------------------------

function ownStyle({ name, title }) {
  const request = (kind) => () => requests.request("file", { kind, base: state.base, names: [name] });
  return el(
    "li",
    { "data-style": name },
    el("span", {}, title),
    iconButton("download", `Download ${title} as a file`, request("fetch")),
    iconButton("close", `Remove ${title}`, request("remove")),
  );
}

function own() {
  const input = fileInput("styles-file", ".safetensors", ([file]) => addStyle(file));
  const list = el("ul", { class: "own-styles", "aria-label": "Your styles" });
  const status = el("p", { class: "hint", role: "status", hidden: true });
  on("styles:intake", (words) => {
    status.textContent = words;
    status.hidden = !words;
  });
  whenRefreshed(() => list.replaceChildren(...state.styles.filter((one) => one.own).map(ownStyle)));
  const named = { id: "styles-add", title: "A LoRA of the model that draws, as a safetensors file" };
  return section(
    ["face", "prompt", "photo", "grid", "train"],
    groupHead("Your styles", textButton("Load a file", () => input.click(), named)),
    input,
    status,
    list,
    el("p", { class: "hint" }, "Deleted when you close this page: download what you want to keep."),
  );
}

// --- the foot ---------------------------------------------------------------------------------------------------

function foot() {
  const say = (words) => emit("styles:say", words);
  const write = (seed) => changeRecipe({ seed });
  const { field, label, refresh: show } = seedField("styles-seed", () => state.recipe.seed, write, say);
  const named = { class: "primary", id: "styles-reroll", title: "Another person (R)" };
  const reroll = button([icon("reroll"), el("span", {}, "Reroll")], rerollStyled, named);
  const node = el("footer", { class: "foot" }, el("div", { class: "seed-row style-seed" }, label, field, reroll));
  whenRefreshed(() => {
    node.hidden = !hasSeed();
    show();
  });
  return node;
}

register("styles-controls", ({ root, props, trigger, upload }) => {
  state.words = props.config;
  state.recipe = { ...props.config.first };
  state.upload = upload;
  root.append(
    el(
      "div",
      { class: "column-body" },
      modes(),
      promptView(),
      activeView(),
      gridHint(),
      section(["photo"], ...photoParts(paste)),
      face(),
      trainSettings(),
      own(),
    ),
    foot(),
  );
  root.classList.add("column", "style-column");
  on("styles:changed", refresh);
  on("styles:listed", refresh);
  refresh();
  requests.connect({ props, trigger });
});

// Begins with the face of the Faces tab, when there is one.
after(["styles-controls", "styles-canvas", "styles-history", "styles-jobs"], () => {
  const kept = keep("styles", settings);
  const begin = () => {
    const { entrance } = state;
    state.entrance = null;
    if (entrance) return enterPicture(entrance);
    if (kept?.recipe.version === state.words.first.version) return goOn(kept);
    return faces.recipe ? fromFaces() : change({});
  };
  emit("styles:changed", {});
  requests.request("open", { kind: "open" }, { onLast: begin });
});
