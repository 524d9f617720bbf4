// Looking for pictures: by attributes, or by any words where CLIP is here.
import { group, isEnter } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { term } from "../shared/term.js";
import { searchPictures } from "./acts.js";
import { state } from "./state.js";

const PAUSE = 450; // milliseconds after the last key
const LONGEST = 4000; // characters
let field, byWords, found;
let timer = 0;

const run = () => searchPictures(field.value, byWords.checked);

function tell(response) {
  found.textContent = response ? words(response).join(" ") : "";
  if (!response) field.value = "";
  else if (!field.value) field.value = response.understood; // looked for from elsewhere
}

function words({ rows, how, understood, notes }) {
  const pictures = rows.length === 1 ? "1 picture" : `${rows.length.toLocaleString("en")} pictures`;
  if (how === "words") return [`${pictures} nearest to the words \u201c${understood}\u201d, by CLIP.`, ...notes];
  return rows.length ? [`${pictures} by attributes: ${understood}`] : notes;
}

// Words can be looked for where the atlas has CLIP's vectors and the same CLIP is here.
function show() {
  const can = state.atlas.spaces.some((one) => one.key === "clip" && !one.problem);
  byWords.closest("label").hidden = !can;
  if (!can) byWords.checked = false;
  field.placeholder = byWords.checked ? "a smiling old man" : "eyeglasses and not young";
}

function wordsSwitch() {
  byWords = el("input", { type: "checkbox", role: "switch", id: "latent-map-by-words" });
  byWords.addEventListener("change", () => {
    show();
    if (field.value.trim()) run();
  });
  const title = "Looks for what the words say, whether or not they name attributes";
  const named = { class: "reconstruction-model latent-map-by-words", hidden: true, title };
  return el("label", named, el("span", {}, "By words, with ", term("clip", "CLIP")), byWords);
}

export function searchGroup() {
  const named = { "aria-label": "Search the pictures", maxlength: LONGEST, placeholder: "eyeglasses and not young" };
  field = el("input", { type: "search", class: "field", id: "latent-map-search", ...named });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (!isEnter(event)) return;
    clearTimeout(timer);
    run();
  });
  found = el("p", { class: "hint reconstruction-note number", role: "status", id: "latent-map-found" });
  return group("", el("div", { class: "search" }, icon("search"), field), wordsSwitch(), found);
}

on("latent-map:found", tell);
on("latent-map:atlas", () => {
  tell(null);
  show();
});
