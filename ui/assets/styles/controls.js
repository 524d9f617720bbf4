// The control column of the Styles tab: what to do, the active styles, the face or the photo, styles of one's own, the seed.
import { after, el, emit, icon, on, part } from "../shared/core.js";
import { randomSeed, SEEDS, session } from "../faces/session.js";
import { addStyle, pastePicture, usePhoto } from "./actions.js";
import { promptView } from "./prompt.js";
import { teachView } from "./teach.js";
import { change, changeRecipe, chooseMode, enterPicture, fromFaces, requests, state } from "./wire.js";
import { activeView } from "./active.js";

const MODES = {
  face: ["Face", "A face in the active styles"],
  prompt: ["Prompt", "What a prompt says, by Stable Diffusion with its LoRAs"],
  photo: ["Photo", "A photo of your own in them"],
  grid: ["Grid", "Styles by strengths for one face"],
  train: ["Teach", "Teach the model a style from your own pictures"],
};
const REROLLED = ["face", "prompt", "grid"]; // modes that draw from a seed
const refreshers = [];
const refresh = () => refreshers.forEach((refresher) => refresher());
const section = (modes, ...content) => {
  const node = el("section", { class: "group" }, ...content);
  refreshers.push(() => (node.hidden = !modes.includes(state.mode)));
  return node;
};

function modes() {
  const shown = Object.entries(MODES).filter(([mode]) =>
    (mode !== "train" || !state.words.closed) && (mode !== "prompt" || state.words.prompt)
  );
  const buttons = shown.map(([mode, [words, hint]]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-mode": mode,
      title: hint,
      onclick: () => chooseMode(mode),
    }, words)
  );
  refreshers.push(() =>
    buttons.forEach((button) => button.setAttribute("aria-checked", String(button.dataset.mode === state.mode)))
  );
  on("styles:job", () => {
    const { job } = state;
    const share = job && !job.over && job.step ? ` ${Math.round((100 * job.step) / job.steps)} %` : "";
    for (const button of buttons) if (button.dataset.mode === "train") button.textContent = `${MODES.train[0]}${share}`;
  });
  return el("div", { class: "states modes", role: "radiogroup", "aria-label": "What to do" }, buttons);
}

// --- the face ---------------------------------------------------------------------------------------------------

function attribute(name) {
  const label = state.words.labels[name];
  const choices = [["Absent", -1], ["Open", 0], ["Present", 1]];
  const buttons = choices.map(([words, strength]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-state": strength > 0 ? "present" : strength < 0 ? "absent" : "open",
      onclick: () => {
        const { [name]: _, ...others } = state.recipe.attributes;
        changeRecipe({ attributes: strength ? { ...others, [name]: strength } : others });
      },
    }, words)
  );
  refreshers.push(() => {
    const now = Math.sign(state.recipe.attributes[name] || 0);
    buttons.forEach((button, place) => button.setAttribute("aria-checked", String(choices[place][1] === now)));
  });
  return el(
    "div",
    { class: "attribute-head style-attribute", "data-attribute": name },
    el("span", { class: "setting-name" }, label),
    el("div", { class: "states", role: "radiogroup", "aria-label": label }, buttons),
  );
}

function face() {
  const rest = el("p", { class: "hint style-rest" });
  refreshers.push(() => {
    const others = Object.entries(state.recipe.attributes).filter(([name]) => !state.words.main.includes(name));
    rest.textContent = others.map(([name, x]) => `${x < 0 ? "No " : ""}${state.words.labels[name]}`).join(", ");
    rest.hidden = !others.length;
  });
  return section(
    ["face", "grid"],
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Face"),
      el("button", {
        type: "button",
        class: "text-button",
        id: "styles-from-faces",
        title: "The face on the canvas of the Faces tab",
        onclick: fromFaces,
      }, "From Faces"),
    ),
    state.words.main.map(attribute),
    rest,
  );
}

function gridHint() {
  return section(
    ["grid"],
    el("h2", {}, "Grid"),
    el(
      "p",
      { class: "hint style-hint" },
      "One face, a row for each style, a column for each strength. Click styles on the wall to add or remove rows, and a picture to make it yours.",
    ),
  );
}

// --- the photo --------------------------------------------------------------------------------------------------

function photo() {
  const input = el("input", { type: "file", accept: "image/*,.heic", hidden: true, id: "styles-photo-file" });
  input.addEventListener("change", () => {
    if (input.files[0]) usePhoto(input.files[0]);
    input.value = "";
  });
  const faith = el("input", {
    type: "range",
    class: "plain",
    min: 0,
    max: 1,
    step: 0.05,
    "aria-label": "Faithfulness",
    id: "styles-faithfulness",
  });
  const number = el("output", { class: "number" });
  faith.addEventListener("input", () => change({ faithfulness: Number(faith.value) }, { live: true }));
  faith.addEventListener("change", () => change({}));
  refreshers.push(() => {
    faith.value = state.faithfulness;
    faith.style.setProperty("--from", "0%");
    faith.style.setProperty("--to", `${100 * state.faithfulness}%`);
    number.textContent = `${Math.round(100 * state.faithfulness)} %`;
    method.value = state.method;
  });
  const method = el(
    "select",
    { class: "field", "aria-label": "Inversion" },
    el("option", { value: "ddpm" }, "Edit-friendly noise"),
    el("option", { value: "ddim" }, "DDIM inversion"),
  );
  method.addEventListener("change", () => change({ method: method.value }));
  return section(
    ["photo"],
    el("h2", {}, "Photo"),
    input,
    el(
      "div",
      { class: "button-row style-buttons" },
      el("button", { type: "button", class: "button", onclick: () => input.click() }, icon("upload"), "Upload"),
      el("button", { type: "button", class: "button", onclick: pastePicture }, icon("paste"), "Paste"),
    ),
    el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Inversion"), method),
    el(
      "div",
      { class: "setting" },
      el("span", { class: "setting-name", title: "How closely the result keeps to the photo" }, "Faithfulness"),
      faith,
      number,
    ),
  );
}

// --- styles of one's own ----------------------------------------------------------------------------------------

function own() {
  const input = el("input", { type: "file", accept: ".safetensors", hidden: true, id: "styles-file" });
  input.addEventListener("change", () => {
    if (input.files[0]) addStyle(input.files[0]);
    input.value = "";
  });
  const list = el("ul", { class: "own-styles", "aria-label": "Styles of this session" });
  const status = el("p", { class: "hint", role: "status", hidden: true });
  on("styles:intake", (words) => {
    status.textContent = words;
    status.hidden = !words;
  });
  const button = (name, words, onclick) =>
    el("button", { type: "button", class: "icon-button", title: words, "aria-label": words, onclick }, icon(name));
  refreshers.push(() =>
    list.replaceChildren(
      ...state.styles.filter((one) => one.own).map(({ name, title }) =>
        el(
          "li",
          { "data-style": name },
          el("span", {}, title),
          button(
            "download",
            `Download ${title} as a file`,
            () => requests.ask("file", { kind: "fetch", base: state.base, names: [name] }),
          ),
          button(
            "close",
            `Remove ${title}`,
            () => requests.ask("file", { kind: "remove", base: state.base, names: [name] }),
          ),
        )
      ),
    )
  );
  return section(
    ["face", "prompt", "photo", "grid", "train"],
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Of your own"),
      el("button", {
        type: "button",
        class: "text-button",
        id: "styles-add",
        title: "A LoRA of the model that draws, as a safetensors file",
        onclick: () => input.click(),
      }, "Load a file"),
    ),
    input,
    status,
    list,
    el("p", { class: "hint" }, "They belong to this page and go with it: download what you want to keep."),
  );
}

// --- the foot ---------------------------------------------------------------------------------------------------

function foot() {
  const field = el("input", {
    type: "text",
    inputmode: "numeric",
    class: "field",
    id: "styles-seed",
    "aria-label": "Seed",
    autocomplete: "off",
    spellcheck: "false",
  });
  field.addEventListener("change", () => {
    const text = field.value.trim();
    if (/^\d{1,10}$/.test(text) && Number(text) < SEEDS) return changeRecipe({ seed: Number(text) });
    field.value = state.recipe.seed;
    emit("styles:say", { text: "A seed is a whole number from 0 to 4294967295.", error: true });
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && field.blur());
  const node = el(
    "footer",
    { class: "foot" },
    el(
      "div",
      { class: "seed-row style-seed" },
      el("label", { for: "styles-seed", class: "setting-name" }, "Seed"),
      field,
      el(
        "button",
        { type: "button", class: "primary", id: "styles-reroll", title: "Another person (R)", onclick: rerollStyled },
        icon("reroll"),
        el("span", {}, "Reroll"),
      ),
    ),
  );
  refreshers.push(() => {
    node.hidden = !REROLLED.includes(state.mode);
    if (document.activeElement !== field) field.value = state.recipe.seed;
  });
  return node;
}

export const rerollStyled = () => REROLLED.includes(state.mode) && changeRecipe({ seed: randomSeed() });

part("styles-controls", ({ root, props, trigger, upload }) => {
  refreshers.length = 0;
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
      photo(),
      face(),
      teachView(),
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
  const begin = () => {
    const { entrance } = state;
    state.entrance = null;
    if (entrance) return enterPicture(entrance);
    return session.recipe ? fromFaces() : change({});
  };
  emit("styles:changed", {});
  requests.ask("open", { kind: "open" }, { then: begin });
});
