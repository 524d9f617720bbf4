// The drawing compared with its prompt: what was requested, what the classifier sees, and where the model looked for a
// word.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { term } from "../shared/term.js";
import { showHeat } from "./canvas.js";
import { filmView } from "./film.js";
import { requests } from "./requests.js";
import { isLarge, state, visible } from "./state.js";

const IDLE = 500; // before a picture is looked into in the background
const KEEP = 40;
const MOST_WORDS = 24;
const known = new Map(); // link -> {maps, film}
let meters, line, words, hint, look, view, panel;
let timer = 0;
let held = null; // the word whose map stays
let lacking = false; // the weights are not here

const chosen = () => state.shown?.pictures[state.shown.selected];

// --- requested against achieved ---------------------------------------------------------------------------------

function meter(words, value, share, reached, foot, title) {
  const node = el(
    "div",
    {
      class: "meter",
      role: "meter",
      "aria-label": words,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round(100 * share),
      "data-reached": String(reached),
      title,
    },
    el(
      "div",
      { class: "meter-head" },
      el("span", { class: "meter-name" }, words),
      el("span", { class: "meter-value" }, value),
    ),
    el("div", { class: "meter-track" }, el("span", { class: "meter-fill" })),
    el("div", { class: "meter-foot" }, el("span", {}, foot), el("span", {}, reached ? "" : "missed")),
  );
  node.querySelector(".meter-fill").style.width = `${Math.round(100 * Math.max(0, Math.min(1, share)))}%`;
  return node;
}

function showMeters() {
  const entry = state.shown;
  const readback = entry?.readback?.[entry.selected];
  panel.hidden = !entry || lacking || entry.kind === "morph";
  if (panel.hidden) return;
  if (!readback) return void meters.toggleAttribute("data-stale", true);
  meters.removeAttribute("data-stale");
  const rows = readback.requested.map(({ words: name, probability: p }) =>
    meter(name, percent(p), p, p > 0.5, "requested", `Requested: ${name}. The classifier agrees with ${percent(p)}`)
  );
  if (readback.score !== null) {
    rows.unshift(
      meter(
        "CLIP score",
        readback.score.toFixed(2),
        Math.max(0, readback.score),
        true,
        "picture and prompt",
        "Cosine of the picture's and the prompt's embedding in the built-in CLIP, from -1 to 1",
      ),
    );
  }
  meters.replaceChildren(
    ...(rows.length ? rows : [el("p", { class: "hint" }, "The prompt requests nothing that the classifier knows.")]),
  );
  const missed = readback.requested.filter((one) => one.probability <= 0.5).length;
  line.textContent = readback.requested.length
    ? `Achieved ${readback.requested.length - missed} of ${readback.requested.length}, as the classifier sees it.`
    : "";
}

export const meterView = () => {
  meters = el("div", { class: "meters", role: "group", tabindex: 0, "aria-label": "Requested against achieved" });
  line = el("p", { class: "entangled hint" });
  panel = el("section", { class: "meter-area" }, meters, line);
  return panel;
};

// --- words ------------------------------------------------------------------------------------------------------

const data = () => known.get(chosen()?.link);

// The words of the prompt, with their maps once these are known.
function namesOf(explained) {
  if (explained) return explained.maps;
  const found = chosen()?.prompt.match(/[^\W_]+(?:['\u2019-][^\W_]+)*/gu) || [];
  return found.slice(0, MOST_WORDS).map((word) => ({ word }));
}

function wordButton(one, most) {
  const hold = () => {
    held = held === one ? null : one;
    for (const other of words.children) other.setAttribute("aria-pressed", String(other === node && held === one));
    showHeat(held?.heat || null);
  };
  const title = one.heat ? `${one.word}: ${percent(one.share)} of the attention on words` : "";
  const node = button(one.word, hold, { class: "word", disabled: !one.heat, "aria-pressed": "false", title });
  const leave = () => showHeat(held?.heat || null);
  node.style.setProperty("--share", String((one.share || 0) / most));
  node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && showHeat(one.heat));
  node.addEventListener("pointerleave", leave);
  node.addEventListener("focus", () => node.matches(":focus-visible") && showHeat(one.heat));
  node.addEventListener("blur", leave);
  return node;
}

function hintOf(entry, names, explained) {
  if (!entry || entry.kind === "morph") return "";
  if (!names.length) return "There is no word to look for.";
  if (explained) return "Point at a word: where the model looked for it.";
  return isLarge() ? "" : "Looking where each word went.";
}

function showWords() {
  const entry = state.shown;
  const morph = entry?.kind === "morph";
  const explained = entry && !morph ? data() : null;
  view.hidden = !entry;
  words.parentElement.hidden = morph;
  held = null;
  if (entry && !morph) showHeat(null);
  const names = namesOf(explained);
  const most = Math.max(...names.map((one) => one.share || 0), 1e-6);
  words.replaceChildren(...names.map((one) => wordButton(one, most)));
  hint.textContent = hintOf(entry, names, explained);
  look.hidden = Boolean(explained) || !isLarge();
  emit("prompts:film", { entry, explained });
}

function explain() {
  const picture = chosen();
  if (!picture || state.shown.kind === "morph" || known.has(picture.link)) return;
  requests.request("explain", { kind: "explain", recipe: picture.recipe });
}

// In the background, when nobody waits for anything; a large model only when told to.
function later() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (requests.idle && visible() && !isLarge() && !state.shown?.refused) explain();
  }, IDLE);
}

export const detailView = () => {
  words = el("div", { class: "words", role: "group", "aria-label": "Words of the prompt" });
  hint = el("p", { class: "hint" });
  look = el("button", {
    type: "button",
    class: "button small",
    hidden: true,
    title: "Draws it once more and keeps every step",
    onclick: explain,
  }, "Look inside");
  view = el(
    "section",
    { class: "prompt-detail", hidden: true, "aria-label": "How the picture came to be" },
    el(
      "div",
      { class: "prompt-words" },
      el("div", { class: "prompt-words-head" }, el("h2", {}, term("attention-map", "Words")), look, hint),
      words,
    ),
    filmView(),
  );
  return view;
};

on("prompts:response", ({ explained, error, request }) => {
  if (error && request.slot === "explain" && state.shown) state.shown.refused = true; // not requested again by itself
  if (!explained) return;
  if (known.size >= KEEP) known.delete(known.keys().next().value);
  known.set(explained.link, explained);
  if (chosen()?.link === explained.link) showWords();
});
on("prompts:shown", () => {
  showMeters();
  showWords();
  later();
});
on("prompts:readback", showMeters);
on("prompts:finished", later);
on("prompts:recipe", () => clearTimeout(timer));
on("prompts:missing", (missing) => {
  lacking = missing;
  showMeters();
});
