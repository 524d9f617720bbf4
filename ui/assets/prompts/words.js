// The prompt: a text field whose words show while one types whether they mean anything to the model.
import { button, isEnter } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { term } from "../shared/term.js";
import { change, draw, readPrompt } from "./requests.js";
import { isLarge, state } from "./state.js";

const PAUSE = 420; // after the last key the picture follows
const REST = 2200; // after the last key the picture is remembered

let field, marks, status, negative, other, otherRow, stale;
let parsed = null; // the server's latest, and the text that it was about
let timer = 0;
let rest = 0;

// --- marks ------------------------------------------------------------------------------------------------------

// Characters as Python counts them.
function paintMarks() {
  const text = field.value;
  const letters = [...text];
  const pieces = [];
  let at = 0;
  const spans = parsed && !isLarge()
    ? [...parsed.known.map((s) => [...s, "known"]), ...parsed.unknown.map((s) => [...s, "unknown"])]
    : [];
  if (parsed?.cut) spans.push([parsed.read, [...parsed.text].length, "cut"]);
  const before = parsed ? [...parsed.text] : [];
  let same = 0; // as many letters, from the beginning on, are those of the parsed text
  while (same < letters.length && letters[same] === before[same]) same++;
  for (const [start, end, kind] of spans.sort((a, b) => a[0] - b[0])) {
    if (start < at || end > same) continue;
    pieces.push(
      letters.slice(at, start).join(""),
      el("mark", { "data-kind": kind }, letters.slice(start, end).join("")),
    );
    at = end;
  }
  pieces.push(letters.slice(at).join(""), "\n"); // a last line break has height only before something
  marks.replaceChildren(...pieces);
  marks.scrollTop = field.scrollTop;
}

function tell() {
  const { requested, unknown, words, cut } = parsed;
  const said = [];
  if (cut) {
    said.push(
      el(
        "span",
        { class: "prompt-cut" },
        `Only the first ${words[0]} of ${words[1]} words fit the text encoder; the rest is left out.`,
      ),
    );
  }
  if (isLarge()) {
    if (!said.length) said.push(el("span", {}, "This model reads any words."));
  } else {
    if (requested.length) {
      said.push(
        el(
          "span",
          {},
          "Understood: ",
          el("strong", {}, requested.slice(0, 12).join(", ")),
          requested.length > 12 ? " and more" : "",
        ),
      );
    }
    if (unknown.length) {
      said.push(el("span", {}, "Grey words mean nothing to the built-in model: it knows faces and twenty foods."));
    }
    if (!said.length && !field.value.trim()) {
      said.push(el("span", {}, "Nothing is requested: the model draws whatever it likes."));
    } else if (!said.length) {
      said.push(el("span", {}, "Nothing here that the built-in model knows: it knows faces and twenty foods."));
    }
  }
  status.replaceChildren(...said);
}

// --- typing -----------------------------------------------------------------------------------------------------

function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(168, Math.max(72, field.scrollHeight))}px`;
  marks.style.height = field.style.height;
}

function typed() {
  state.recipe = { ...state.recipe, prompt: field.value };
  grow();
  paintMarks();
  readPrompt({ now: false });
  emit("prompts:typed");
  soon();
}

function soon() {
  clearTimeout(timer);
  clearTimeout(rest);
  emit("prompts:typing");
  if (isLarge()) return emit("prompts:stale", true);
  timer = setTimeout(() => change({}, { live: true }), PAUSE);
  rest = setTimeout(() => emit("prompts:rest"), REST);
}

// Enter, or the button: now.
function now() {
  clearTimeout(timer);
  clearTimeout(rest);
  draw();
}

// Somebody else writes: a chip, an example.
function write(text) {
  field.value = text;
  clearTimeout(timer);
  clearTimeout(rest);
  grow();
  change({ prompt: text });
  readPrompt();
  paintMarks();
}

function area(id, placeholder, rows) {
  const node = el("textarea", {
    id,
    class: "field prompt-field",
    rows,
    placeholder,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
  });
  node.addEventListener("keydown", (event) => {
    if (!isEnter(event) || event.shiftKey) return;
    event.preventDefault();
    now();
  });
  return node;
}

// --- the view ---------------------------------------------------------------------------------------------------

function promptField() {
  field = area("prompt", "A face in words, or a food", 3);
  marks = el("div", { class: "prompt-marks", "aria-hidden": "true" });
  field.addEventListener("input", typed);
  field.addEventListener("scroll", () => (marks.scrollTop = field.scrollTop));
  field.addEventListener("blur", () => emit("prompts:rest"));
  return el("div", { class: "prompt-box" }, marks, field);
}

function otherField() {
  other = area("prompt-other", "The second prompt", 2);
  other.addEventListener("input", () => {
    state.other = other.value;
    if (state.mode === "compare") soon();
  });
  const label = el("label", { class: "prompt-label", for: "prompt-other" });
  return el("div", { class: "prompt-other", hidden: true }, label, other);
}

function negativeField() {
  const field = area("prompt-negative", "What it should not be", 1);
  field.addEventListener("input", () => {
    state.recipe = { ...state.recipe, negative_prompt: field.value };
    soon();
  });
  return field;
}

export function promptView() {
  const box = promptField();
  status = el("p", { class: "hint prompt-status", role: "status", "aria-live": "polite", id: "prompt-status" });
  otherRow = otherField();
  negative = negativeField();
  stale = button("Draw", now, { class: "button small", id: "prompt-draw", title: "Draw this prompt (Enter)" });
  const title = el("label", { for: "prompt", class: "prompt-title" }, term("prompt", "Prompt"));
  return el(
    "section",
    { class: "group prompt-group" },
    el("div", { class: "group-head" }, title, stale),
    box,
    status,
    otherRow,
    el("label", { class: "prompt-label", for: "prompt-negative" }, term("negative-prompt", "Exclude")),
    negative,
  );
}

on("prompts:recipe", () => {
  const { prompt, negative_prompt: unwanted } = state.recipe;
  if (document.activeElement !== field && field.value !== prompt) field.value = prompt;
  if (document.activeElement !== negative) negative.value = unwanted;
  if (document.activeElement !== other) other.value = state.other;
  otherRow.hidden = state.mode === "draw";
  otherRow.firstChild.textContent = state.mode === "morph" ? "Turns into" : "Compared with";
  grow();
  paintMarks();
});
on("prompts:read", (response) => {
  parsed = response;
  paintMarks();
  tell();
});
on("prompts:stale", (on) => {
  stale.classList.toggle("primary", on);
  stale.classList.toggle("button", !on);
});
on("prompts:requested", (request) => request.slot === "draw" && emit("prompts:stale", false));

export { write as writePrompt };
