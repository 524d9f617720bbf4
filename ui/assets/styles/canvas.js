// The canvas of the Styles tab: the face before and after, a photo before and after, or styles by strengths.
import { el, emit, icon, on, part } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { toolbar } from "./actions.js";
import { trainView } from "./teach.js";
import { wallView } from "./wall.js";
import { change, keyOf, plainTile, requests, state, titleOf } from "./wire.js";

const LARGEST = 720; // CSS pixels of one picture
const QUICK = 350; // a drawing that takes less time shows no previews: they would only flicker

let stage, wall, compare, grid, empty, absent, info, message, progress, actions;
let entry = null; // what is on the canvas
let split = 0.5;

const weight = (x) => `${x < 0 ? "\u2212" : ""}${Math.abs(x).toFixed(2)}`;
const activeWords = (active) => Object.entries(active).map(([name, x]) => `${titleOf(name)} ${weight(x)}`).join(", ");
const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function room() {
  const style = getComputedStyle(stage);
  const inner = (length, ...sides) =>
    length - sides.reduce((sum, side) => sum + parseFloat(style[`padding${side}`]), 0);
  return [
    Math.max(64, inner(stage.clientWidth, "Left", "Right")),
    Math.max(64, inner(stage.clientHeight, "Top", "Bottom")),
  ];
}

// --- before and after -------------------------------------------------------------------------------------------

function showCompare(before, after, words) {
  compare.hidden = false;
  grid.hidden = true;
  stage.removeAttribute("data-grid");
  const side = Math.floor(Math.min(...room(), LARGEST));
  compare.style.setProperty("--side", `${side}px`);
  const [first, second] = compare.querySelectorAll("canvas");
  paint(first, before, side);
  paint(second, after || before, side);
  compare.toggleAttribute("data-single", !after || after === before);
  const [left, right] = compare.querySelectorAll(".tag");
  left.textContent = entry?.kind === "photo" ? "Photo" : "No style";
  right.textContent = words || "Styled";
}

function slide(to) {
  split = to;
  compare.style.setProperty("--split", `${100 * split}%`);
}

function compareView() {
  const slider = el("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.005,
    value: split,
    class: "split",
    id: "styles-split",
    "aria-label": "Before and after: how much of the plain picture is shown",
  });
  slider.addEventListener("input", () => slide(Number(slider.value)));
  return el(
    "div",
    { class: "compare", id: "styles-compare", hidden: true },
    el("canvas", { role: "img", "aria-label": "Without a style" }),
    el("canvas", { role: "img", class: "after", "aria-label": "In the active styles" }),
    el("span", { class: "divider" }),
    el("span", { class: "tag tag-before" }),
    el("span", { class: "tag tag-after" }),
    slider,
  );
}

// --- styles by strengths ----------------------------------------------------------------------------------------

// `rows` of pictures or URIs; those still to come are empty places.
function showGrid(names, weights, rows) {
  compare.hidden = true;
  grid.hidden = false;
  stage.toggleAttribute("data-grid", true);
  const [width, height] = room();
  const narrow = width < 560;
  const heads = narrow ? 0 : 112;
  const side = Math.max(
    32,
    Math.floor(Math.min((width - heads) / weights.length - 4, (height - 24) / names.length - (narrow ? 20 : 4), 176)),
  );
  grid.style.gridTemplateColumns = `${narrow ? "" : `${heads - 8}px `}repeat(${weights.length}, ${side}px)`;
  grid.replaceChildren(
    ...(narrow ? [] : [el("span", {})]),
    ...weights.map((x) => el("span", { class: "style-strength" }, weight(x))),
  );
  names.forEach((name, row) => {
    grid.append(el("span", { class: narrow ? "style-row narrow" : "style-row", title: titleOf(name) }, titleOf(name)));
    weights.forEach((x, column) => {
      const one = rows[row]?.[column];
      const uri = one?.picture || one;
      const canvas = el("canvas", { "aria-hidden": "true" });
      const words = `${titleOf(name)} ${weight(x)}`;
      const node = el("button", {
        type: "button",
        class: `style-cell${uri ? "" : " waiting"}`,
        title: words,
        "aria-label": `${words}: make this the picture`,
        disabled: !one?.picture,
        onclick: () =>
          change({ mode: "face", active: x ? { [name]: x } : {}, parts: [1, 1, 1], recipe: bareOf(one.recipe) }),
      }, canvas);
      node.style.width = node.style.height = `${side}px`;
      if (uri) paint(canvas, uri, side);
      grid.append(node);
    });
  });
}

const bareOf = (recipe) => ({ ...recipe, styles: {}, style_parts: [1, 1, 1] });

// --- the whole canvas from one entry ----------------------------------------------------------------------------

function render() {
  if (!entry || !stage.clientWidth) return;
  if (entry.kind === "grid") showGrid(entry.names, entry.weights, entry.rows);
  else showCompare(entry.before, entry.after.picture, Object.keys(entry.active).map(titleOf).join(" + "));
  const words = entry.kind === "photo" ? "Your photo" : `Seed ${entry.recipe.seed}`;
  const what = entry.kind === "grid"
    ? `${entry.names.length} styles, ${entry.weights.length} strengths`
    : activeWords(entry.active) || "No style";
  info.replaceChildren(
    el("strong", {}, words),
    el("span", {}, what),
    el("span", {}, entry.milliseconds ? duration(entry.milliseconds) : ""),
  );
  actions.hidden = entry.kind === "grid";
  actions.querySelector("#styles-link").hidden = !["face", "prompt"].includes(entry.kind);
}

function display(next) {
  entry = state.shown = next;
  empty.hidden = true;
  stage.removeAttribute("data-empty");
  render();
  emit("styles:shown", entry);
}

// --- words ------------------------------------------------------------------------------------------------------

function say({ text, error = false }) {
  message.hidden = !text;
  message.dataset.kind = error ? "error" : "note";
  message.replaceChildren(
    error ? icon("warning") : "",
    el("span", {}, text),
    el("button", {
      type: "button",
      class: "icon-button",
      "aria-label": "Close this message",
      onclick: () => (message.hidden = true),
    }, icon("close")),
  );
  clearTimeout(message.timer);
  if (!error) message.timer = setTimeout(() => (message.hidden = true), 6000);
}

function busy(on, words = "") {
  stage.toggleAttribute("data-busy", on);
  progress.hidden = !on;
  progress.querySelector("span").textContent = words;
  if (!on) stage.style.setProperty("--done", "0%");
}

// --- answers ----------------------------------------------------------------------------------------------------

function remember(live) {
  entry.live = live;
  if (!live) emit("styles:remember", entry);
}

const active = () => ({
  recipe: state.recipe,
  active: { ...state.active },
  blend: state.blend,
  parts: [...state.parts],
});

function drawn(answer) {
  const { request, kind } = answer;
  const asked = request.content.recipe
    ? {
      recipe: request.content.recipe,
      active: { ...request.content.active.weights },
      blend: request.blend,
      parts: [...request.content.active.parts],
    }
    : active();
  // A large model draws no plain picture beside: that would take as long again.
  const { picture: before } = answer.before || request.before || answer.drawn.after;
  const prompted = request.content.recipe?.model === "stable-diffusion";
  display({
    kind: kind === "photo" ? "photo" : prompted ? "prompt" : "face",
    ...asked,
    photo: request.content.photo,
    before,
    after: answer.drawn.after,
    milliseconds: answer.drawn.milliseconds,
  });
  remember(request.live);
}

function gridDrawn(answer) {
  const { request, grid: result } = answer;
  if (state.gridOf === keyOf(request.content.recipe)) {
    result.styles.forEach((name, place) => state.gridRows.set(name, result.rows[place]));
  }
  if (answer.superseded) return;
  displayGrid(result.milliseconds, !result.cancelled);
  if (result.cancelled) say({ text: "Stopped. The rows that were finished are kept." });
}

// The rows that are there, in the order in which they were chosen.
function displayGrid(milliseconds = 0, whole = true) {
  const names = state.gridStyles.filter((name) => state.gridRows.has(name));
  if (!names.length) return render();
  display({
    kind: "grid",
    recipe: state.recipe,
    active: {},
    blend: "sum",
    parts: [1, 1, 1],
    names,
    weights: state.words.strengths,
    rows: names.map((name) => state.gridRows.get(name)),
    milliseconds,
  });
  if (whole) remember(false);
}

function previews({ progress: now, rows, request, before }) {
  if (entry && performance.now() - request.sent < QUICK) return;
  stage.style.setProperty("--done", `${Math.round((100 * now.step) / now.steps)}%`);
  busy(true, `${now.unit} ${now.step} of ${now.steps}`);
  const { names, weights } = request.content;
  if (rows) {
    showGrid(
      state.gridStyles,
      weights,
      state.gridStyles.map((name) => state.gridRows.get(name) || rows[names.indexOf(name)]),
    );
  } else if (now.preview) showCompare((before || request.before)?.picture || now.preview, now.preview, "On its way");
}

function receive(answer) {
  const { request } = answer;
  if (answer.before && request.content.kind === "draw" && state.tilesOf === keyOf(answer.before.recipe)) {
    state.tiles.set("", answer.before);
  }
  if (request.slot !== "wall") {
    if (answer.progress) previews(answer);
    if ((answer.drawn || answer.grid) && !request.done) {
      request.done = true;
      if (message.dataset.kind === "error") message.hidden = true; // it was about an earlier try
      if (answer.drawn) drawn(answer);
      else gridDrawn(answer);
    }
    if (answer.error && !answer.superseded) say({ text: answer.error, error: true });
    if (answer.last) {
      busy(false);
      if (!request.done) render();
    }
  }
  if (answer.missing) missing(answer.missing);
  else if (answer.last && !absent.hidden) lack(false);
}

function missing(sentence) {
  const at = sentence.indexOf("python ");
  absent.replaceChildren(
    el("strong", {}, "No weights to draw with yet"),
    el("p", {}, at > 0 ? sentence.slice(0, at) : sentence),
    at > 0 ? el("code", {}, sentence.slice(at)) : "",
  );
  lack(true);
}

function lack(on) {
  absent.hidden = !on;
  stage.toggleAttribute("data-absent", on);
}

// --- the parts --------------------------------------------------------------------------------------------------

function emptyPhoto() {
  return el(
    "button",
    {
      type: "button",
      class: "empty-photo",
      hidden: true,
      onclick: () => document.getElementById("styles-photo-file").click(),
    },
    icon("upload"),
    el("strong", {}, "Drop a photo here, paste one, or click to choose"),
    el("span", {}, "A portrait works best: one face, looking at the camera. It stays on this machine and is not kept."),
  );
}

part("styles-canvas", ({ root, props, watch }) => {
  compare = compareView();
  grid = el("div", { class: "style-grid", id: "styles-grid", hidden: true });
  absent = el("div", { class: "absent", role: "alert", hidden: true });
  info = el("div", { class: "stage-info" });
  actions = toolbar();
  message = el("div", { class: "message", role: "alert", hidden: true });
  empty = emptyPhoto();
  progress = el(
    "div",
    { class: "progress", hidden: true, role: "status" },
    el("span", {}),
    el(
      "button",
      {
        type: "button",
        class: "button small",
        id: "styles-stop",
        title: "Stop (Esc)",
        onclick: () => requests.stop(),
      },
      icon("stop"),
      "Stop",
    ),
  );
  stage = el(
    "section",
    { class: "stage style-stage", "aria-label": "Picture" },
    info,
    actions,
    compare,
    grid,
    absent,
    empty,
    progress,
    message,
  );
  root.classList.add("canvas");
  wall = wallView();
  root.append(stage, wall, trainView());
  slide(split);
  new ResizeObserver(() => stage.clientWidth && render()).observe(stage);
  watch("value", () => requests.receive(props.value));
});

on("styles:answer", receive);
on("styles:known", ({ before, after, live }) => {
  display({ kind: "face", ...active(), before: before.picture, after, milliseconds: 0 });
  remember(live);
});
on("styles:grid", () => displayGrid());
on("styles:asked", (request) => {
  if (request.slot === "wall") return;
  Object.assign(request, { before: plainTile(), blend: state.blend });
  setTimeout(() => {
    if (requests.busy?.ticket === request.ticket && !request.done && progress.hidden && request.slot === "draw") {
      busy(true, entry ? "Drawing" : "Drawing the first face");
    }
  }, QUICK);
});
on("styles:changed", () => {
  const training = state.mode === "train";
  stage.hidden = wall.hidden = training;
  const bare = state.mode === "photo" && !state.photo;
  empty.hidden = !bare;
  stage.toggleAttribute("data-empty", bare);
  if (!training && stage.clientWidth) requestAnimationFrame(render);
});
on("styles:say", say);

export { display, weight as weightWords };
