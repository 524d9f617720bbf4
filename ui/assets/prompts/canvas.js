// The canvas of the Text prompts tab: one picture or a grid, the draft that one began with, two prompts beside each other.
import { el, emit, icon, on, part } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { writeAddress } from "../faces/session.js";
import { paintHeat } from "../reconstruction/heat.js";
import { saveAs, toolbar } from "./actions.js";
import { useModel } from "./controls.js";
import { detailView, meterView } from "./detail.js";
import { change, draw, isLarge, requests, state, visible } from "./wire.js";

const GAP = 8;
const LARGEST = 640; // CSS pixels of one picture
const QUICK = 350; // a drawing that takes less time shows no previews: they would only flicker

let stage, pictures, origin, absent, info, message, progress, actions;
let entry = null;
let previewed = false;

// --- size -------------------------------------------------------------------------------------------------------

function arrange(n, width, height) {
  let best = { side: 0, columns: 1 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const side = Math.floor(
      Math.min((width - GAP * (columns - 1)) / columns, (height - GAP * (rows - 1)) / rows, LARGEST),
    );
    if (side > best.side) best = { side, columns };
  }
  return best;
}

function room() {
  const style = getComputedStyle(stage);
  const inner = (length, ...sides) =>
    length - sides.reduce((sum, side) => sum + parseFloat(style[`padding${side}`]), 0);
  return [
    Math.max(64, inner(stage.clientWidth, "Left", "Right")),
    Math.max(64, inner(stage.clientHeight, "Top", "Bottom")),
  ];
}

// --- pictures ---------------------------------------------------------------------------------------------------

function tile() {
  const node = el(
    "button",
    { type: "button", class: "tile" },
    el("canvas", { role: "img" }),
    el("canvas", { class: "heat", "aria-hidden": "true", hidden: true }),
    el("span", { class: "tile-tag", hidden: true }),
  );
  node.addEventListener("click", () => node.index !== undefined && select(node.index));
  node.addEventListener("dblclick", () => node.index !== undefined && alone(node.index));
  return node;
}

// Each of `views` is {uri, tag, title, index, selected}; one without a uri waits.
function show(views) {
  pictures.hidden = false;
  stage.toggleAttribute("data-grid", views.length > 1);
  const { side, columns } = arrange(views.length, ...room());
  pictures.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
  pictures.style.setProperty("--side", `${side}px`);
  while (pictures.children.length > views.length) pictures.lastChild.remove();
  while (pictures.children.length < views.length) pictures.append(tile());
  views.forEach((view, place) => {
    const node = pictures.children[place];
    const [canvas, heat, tag] = node.children;
    node.index = view.index;
    node.disabled = view.index === undefined || entry?.pictures.length < 2;
    node.toggleAttribute("data-selected", Boolean(view.selected) && views.length > 1);
    node.removeAttribute("data-heat");
    heat.hidden = true;
    tag.hidden = !view.tag;
    tag.textContent = view.tag || "";
    canvas.setAttribute("aria-label", view.title || "Picture on its way");
    if (view.index === undefined) node.removeAttribute("aria-label");
    else node.setAttribute("aria-label", view.title);
    node.title = view.title || "";
    if (view.uri) paint(canvas, view.uri, side);
    canvas.dataset.seed = view.seed ?? "";
    node.classList.toggle("waiting", !view.uri);
  });
}

// What a single picture began with, small beside it: in the free space at its right, or in its corner where there is none.
function begin(uri) {
  origin.hidden = !uri;
  if (!uri) return;
  const [width, height] = room();
  const { side } = arrange(1, width, height);
  const beside = Math.min(Math.round(side * 0.4), Math.floor((width - side) / 2) - GAP);
  const tight = beside < 72;
  const small = tight ? Math.round(side * 0.28) : beside;
  origin.toggleAttribute("data-tight", tight);
  stage.style.setProperty("--side", `${side}px`);
  origin.style.setProperty("--small", `${small}px`);
  paint(origin.querySelector("canvas"), uri, small);
}

// In the order of their CLIP scores where that is wanted and known.
function order() {
  const places = entry.pictures.map((_, index) => index);
  if (!state.best || entry.kind !== "draw" || !entry.readings?.every((one) => one.score !== null)) return places;
  return places.sort((a, b) => entry.readings[b].score - entry.readings[a].score);
}

function views() {
  const frame = entry.frame;
  if (entry.kind === "morph") return [{ uri: frame || entry.frames[0], title: "Between the two prompts" }];
  const places = order();
  const scored = places.length > 1 && state.best && entry.readings?.every((one) => one.score !== null);
  return places.map((index, place) => {
    const { picture, seed, prompt } = entry.pictures[index];
    const chosen = index === entry.selected;
    const score = scored ? `${place === 0 ? "Best, " : ""}CLIP ${entry.readings[index].score.toFixed(2)}` : "";
    const tag = entry.kind === "compare" ? prompt || "Nothing asked" : score;
    return {
      uri: (chosen && frame) || picture,
      tag,
      seed,
      index,
      selected: chosen && places.length > 1,
      title: `Seed ${seed}${prompt ? `: ${prompt.slice(0, 120)}` : ""}`,
    };
  });
}

function select(index) {
  if (!entry || entry.pictures.length < 2 || entry.selected === index) return;
  Object.assign(entry, { selected: index, frame: null });
  render();
  emit("prompts:shown", entry);
}

function alone(index) {
  const picture = entry?.pictures[index];
  if (picture && entry.pictures.length > 1) {
    change({ prompt: picture.prompt, seed: picture.seed, count: 1 }, { mode: "draw" });
  }
}

const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function render() {
  if (!entry) return;
  previewed = false;
  show(views());
  begin(entry.pictures.length === 1 && entry.pictures[0].draft);
  const { recipe } = entry;
  const picture = entry.pictures[entry.selected] || entry.pictures[0];
  const solver = `${state.words.solvers[recipe.solver] || recipe.solver}, ${recipe.steps} steps`;
  const lines = [
    `Seed ${picture?.seed ?? recipe.seed}`,
    solver,
    ...(recipe.start === "prior" ? ["From a draft"] : []),
    duration(entry.milliseconds),
  ];
  info.replaceChildren(el("strong", {}, lines[0]), ...lines.slice(1).map((words) => el("span", {}, words)));
  actions.hidden = false;
  actions.querySelector("#prompts-gif").hidden = entry.kind !== "morph" || recipe.model !== state.words.first.model; // it draws more frames
}

// Of several pictures the recipe that draws them all; a comparison has none.
const linkOf = (
  one,
) => (one.kind === "draw" && one.pictures.length > 1 ? one.link : one.pictures[one.selected]?.link || one.link);

function display(next) {
  entry = state.shown = next;
  entry.frame = null;
  render();
  if (visible()) writeAddress(linkOf(entry));
  emit("prompts:shown", entry);
}

// A frame of the film instead of the picture, or the picture again.
function frame(uri) {
  if (!entry || entry.frame === uri) return;
  entry.frame = uri;
  show(views());
}

// A word's attention over the picture, or none.
function heat(uri) {
  if (!entry) return;
  const node = [...pictures.children].find((one) => one.index === entry.selected);
  if (!node) return;
  node.toggleAttribute("data-heat", Boolean(uri));
  node.children[1].hidden = !uri;
  if (uri) paintHeat(node.children[1], uri, node.clientWidth, 127.5);
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
  if (!on) progress.parentElement.style.setProperty("--done", "0%");
}

// Weights that are not there: what to do, where the picture would be. Everything else on the page goes on.
function missing(sentence) {
  const at = sentence.indexOf("python ");
  const large = isLarge();
  absent.replaceChildren(
    el("strong", {}, large ? "Stable Diffusion is not here yet" : "No weights to draw sentences with yet"),
    el("p", {}, at > 0 ? sentence.slice(0, at) : sentence),
    at > 0 ? el("code", {}, sentence.slice(at)) : "",
    large
      ? ""
      : el("p", { class: "hint" }, "What a prompt means is marked all the same: try the words and the examples."),
    el(
      "div",
      { class: "prompt-ways" },
      el("button", { type: "button", class: "button", onclick: () => draw() }, "Try again"),
      large && el("button", {
        type: "button",
        class: "button",
        onclick: () => useModel(state.words.first.model),
      }, "Use the built-in model"),
    ),
  );
  lack(true);
}

function lack(on) {
  absent.hidden = !on;
  stage.toggleAttribute("data-absent", on);
  emit("prompts:missing", on);
}

// --- answers ----------------------------------------------------------------------------------------------------

function drawn(answer) {
  const { request } = answer;
  const result = answer.drawn || answer.morphed;
  if (request.done) return;
  request.done = true;
  const count = (result.pictures || result.frames).length;
  if (!count || (result.cancelled && answer.superseded)) return previewed && render();
  const { pictures: list = [], frames = [], recipe, other, link, milliseconds } = result;
  display({
    kind: answer.kind,
    recipe,
    other,
    link,
    milliseconds,
    frames,
    pictures: list,
    readings: null,
    selected: 0,
    live: request.live,
  });
  if (result.cancelled) say({ text: "Stopped. What was drawn so far is kept." });
  else if (result.notes.some((note) => !note.startsWith("The built-in model knows"))) {
    say({ text: result.notes.filter((note) => !note.startsWith("The built-in model knows")).join(" ") }); // the field says that one
  }
  if (!result.cancelled && !request.live) emit("prompts:remember", entry);
}

function previews({ progress: now, request }) {
  const { step, steps, unit, pictures: list, done = 0, count = 1 } = now;
  progress.parentElement.style.setProperty("--done", `${Math.round((100 * (done + step / steps)) / count)}%`);
  if (entry && performance.now() - request.sent < QUICK) return;
  busy(true, `${unit} ${step} of ${steps}${count > 1 ? `, picture ${Math.min(done + 1, count)} of ${count}` : ""}`);
  if (!list.length) return;
  previewed = true;
  const shown = request.kind === "morph" ? [list.at(-1)] : list;
  begin(null);
  show(
    Array.from(
      { length: request.kind === "morph" ? 1 : Math.max(count, shown.length) },
      (_, place) => ({ uri: shown[place] }),
    ),
  );
}

function read(answer) {
  if (!entry || answer.request.read || answer.kind === "morph") return;
  answer.request.read = true;
  entry.readings = answer.readings;
  if (state.best && answer.kind === "draw" && entry.pictures.length > 1) entry.selected = order()[0];
  render();
  emit("prompts:readings", entry);
  if (!answer.request.live) emit("prompts:kept");
}

function receive(answer) {
  const { request } = answer;
  if (answer.progress && request.slot === "draw") previews(answer);
  if (answer.drawn || answer.morphed) {
    if (message.dataset.kind === "error") message.hidden = true; // it was about an earlier try
    lack(false);
    drawn(answer);
  }
  if (answer.readings && request.done) read(answer);
  if (answer.missing) missing(answer.missing);
  if (answer.error && !answer.superseded) say({ text: answer.error, error: true });
  if (answer.gif) saveAs(answer.gif, "latentscape-morph.gif");
  if (answer.drawn || answer.morphed || answer.last) busy(false);
  if (answer.last && previewed && entry) render();
}

part("prompts-canvas", ({ root, props, watch }) => {
  pictures = el("div", { class: "pictures", id: "prompts-pictures" });
  origin = el(
    "figure",
    {
      class: "origin",
      hidden: true,
      title: "The draft that the sentence gave: the picture began with it, under noise",
    },
    el("canvas", { role: "img", "aria-label": "Draft" }),
    el("figcaption", {}, "Draft"),
  );
  absent = el("div", { class: "absent", role: "alert", hidden: true });
  info = el("div", { class: "stage-info" });
  actions = toolbar();
  message = el("div", { class: "message", role: "alert", hidden: true });
  progress = el(
    "div",
    { class: "progress", hidden: true, role: "status" },
    el("span", {}),
    el(
      "button",
      {
        type: "button",
        class: "button small",
        id: "prompts-stop",
        title: "Stop and keep what is there (Esc)",
        onclick: () => requests.stop(),
      },
      icon("stop"),
      "Stop",
    ),
  );
  stage = el(
    "section",
    { class: "stage prompt-stage", "aria-label": "Picture" },
    info,
    actions,
    pictures,
    origin,
    absent,
    progress,
    message,
  );
  root.classList.add("canvas");
  root.append(stage, meterView(), detailView());
  new ResizeObserver(() => {
    if (!stage.clientWidth) return; // another tab is open
    if (entry) render();
    else show([{}]);
  }).observe(stage);
  watch("value", () => requests.receive(props.value));
});

on("prompts:answer", receive);
on("prompts:asked", (request) => {
  if (request.slot !== "draw") return;
  setTimeout(() => {
    if (requests.busy?.ticket === request.ticket && !request.done && progress.hidden) busy(true, "Drawing");
  }, QUICK);
});
on("prompts:order", () => {
  if (!entry) return;
  if (state.best && entry.kind === "draw") entry.selected = order()[0];
  render();
  emit("prompts:shown", entry);
});
on("prompts:rest", () => {
  const matches = entry?.live && entry.recipe.prompt === state.recipe.prompt.trim().replace(/\s+/g, " ");
  if (!matches || !requests.calm) return;
  entry.live = false;
  emit("prompts:remember", entry);
});
on("prompts:say", say);
on("shown", () => state.shown && visible() && writeAddress(linkOf(state.shown))); // the Faces tab has drawn its first face

export { display, frame as showFrame, heat as showHeat, linkOf };
