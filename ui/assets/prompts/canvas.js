// The canvas of the Text prompts tab: one picture or a grid, the draft that one began with, two prompts side by side.
import { writeAddress } from "../faces/state.js";
import { register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { duration } from "../shared/format.js";
import { paintHeat } from "../shared/heat.js";
import { makeInside } from "../shared/inside.js";
import { QUICK, Stage } from "../shared/stage.js";
import { toolbar } from "./actions.js";
import { detailView, meterView } from "./detail.js";
import { makeOrigin, makePictures } from "./pictures.js";
import { change, draw, requests, useModel } from "./requests.js";
import { Rest } from "./rest.js";
import { isLarge, linkOf, state, visible } from "./state.js";

const MIDDLE = 127.5; // levels: attention is painted over its whole range
const SAID = "The built-in model knows"; // the field says a note that begins so

let stage, pictures, origin, actions;
let entry = null; // what is on the canvas
const rest = new Rest();
let previewed = false;

function show(views) {
  pictures.node.hidden = false;
  stage.node.toggleAttribute("data-grid", views.length > 1);
  pictures.show(stage.node, views, entry?.pictures.length > 1);
}

const scored = () => entry.readback?.every((one) => one.score !== null);

// In the order of their CLIP scores where that is wanted and known.
function order() {
  const places = entry.pictures.map((_, index) => index);
  if (!state.best || entry.kind !== "draw" || !scored()) return places;
  return places.sort((a, b) => entry.readback[b].score - entry.readback[a].score);
}

function tagOf(index, place, several) {
  if (entry.kind === "compare") return entry.pictures[index].prompt || "Nothing requested";
  if (!several || !state.best || !scored()) return "";
  return `${place === 0 ? "Best, " : ""}CLIP ${entry.readback[index].score.toFixed(2)}`;
}

function views() {
  const { frame, frames, kind, selected } = entry;
  if (kind === "morph") return [{ uri: frame || frames[0], title: "Between the two prompts" }];
  const places = order();
  const several = places.length > 1;
  return places.map((index, place) => {
    const { picture, seed, prompt } = entry.pictures[index];
    const chosen = index === selected;
    const title = `Seed ${seed}${prompt ? `: ${prompt.slice(0, 120)}` : ""}`;
    const uri = (chosen && frame) || picture;
    return { uri, tag: tagOf(index, place, several), seed, index, selected: chosen && several, title };
  });
}

function select(index) {
  if (!entry || entry.pictures.length < 2 || entry.selected === index) return;
  Object.assign(entry, { selected: index, frame: null });
  render();
  emit("prompts:shown", entry);
}

const stepsOf = ({ link, recipe, prompt }) => {
  return { key: link, recipe, words: `${prompt || "No prompt"}, guidance ${recipe.guidance}` };
};

function subject() {
  const picture = entry && entry.kind !== "morph" && !entry.cancelled && entry.pictures[entry.selected];
  return picture ? stepsOf(picture) : null;
}

const drawings = () => (entry.kind === "compare" ? entry.pictures.map(stepsOf) : [subject()]);

function alone(index) {
  const picture = entry?.pictures[index];
  if (!picture || entry.pictures.length < 2) return;
  change({ prompt: picture.prompt, seed: picture.seed, count: 1 }, { mode: "draw" });
}

function render() {
  if (!entry) return;
  previewed = false;
  show(views());
  origin.show(stage.node, entry.pictures.length === 1 && entry.pictures[0].draft);
  const { recipe, pictures: list, selected, milliseconds, kind } = entry;
  const picture = list[selected] || list[0];
  const solver = `${state.words.solvers[recipe.solver] || recipe.solver}, ${recipe.steps} steps`;
  const start = recipe.start === "prior" ? ["From a draft"] : [];
  stage.tell([`Seed ${picture?.seed ?? recipe.seed}`, solver, ...start, duration(milliseconds)]);
  actions.hidden = false;
  const draws = recipe.model === state.words.first.model; // a GIF draws more frames
  actions.querySelector("#prompts-gif").hidden = kind !== "morph" || !draws;
}

export function display(next) {
  entry = state.shown = next;
  entry.frame = null;
  render();
  if (visible()) writeAddress(linkOf(entry));
  emit("prompts:shown", entry);
}

// A frame of the film instead of the picture, or the picture again.
export function showFrame(uri) {
  if (!entry || entry.frame === uri) return;
  entry.frame = uri;
  show(views());
}

// A word's attention over the picture, or none.
export function showHeat(uri) {
  const node = entry && pictures.tileOf(entry.selected);
  if (!node) return;
  node.toggleAttribute("data-heat", Boolean(uri));
  node.children[1].hidden = !uri;
  if (uri) paintHeat(node.children[1], uri, node.clientWidth, MIDDLE);
}

// --- responses ----------------------------------------------------------------------------------------------------

function missing(sentence) {
  const large = isLarge();
  const title = large ? "Stable Diffusion is not here yet" : "No weights to draw sentences with yet";
  const hint = "What a prompt means is marked all the same: try the words and the examples.";
  const again = button("Try again", () => draw());
  const builtIn = button("Use the built-in model", () => useModel(state.words.first.model));
  const ways = el("div", { class: "prompt-ways" }, again, large && builtIn);
  stage.missing(title, sentence, large ? "" : el("p", { class: "hint" }, hint), ways);
}

function takeResult({ request, kind, drawn, morphed, superseded }) {
  if (request.done) return;
  request.done = true;
  const result = drawn || morphed;
  const { pictures: list = [], frames = [], recipe, other, link, milliseconds, cancelled, notes } = result;
  const count = (result.pictures || frames).length;
  if (!count || (cancelled && superseded)) return previewed && render();
  const shown = { kind, recipe, other, link, milliseconds, cancelled, frames, pictures: list };
  display({ ...shown, readback: null, selected: 0, live: request.live });
  const said = notes.filter((note) => !note.startsWith(SAID));
  if (cancelled) stage.say({ text: "Stopped. What was drawn so far is kept." });
  else if (said.length) stage.say({ text: said.join(" ") });
  if (!cancelled && !request.live) emit("prompts:remember", entry);
}

function showPreviews({ progress, request }) {
  const { step, steps, unit, pictures: list, done = 0, count = 1 } = progress;
  stage.done((done + step / steps) / count);
  if (entry && performance.now() - request.sent < QUICK) return;
  const which = count > 1 ? `, picture ${Math.min(done + 1, count)} of ${count}` : "";
  stage.busy(true, `${unit} ${step} of ${steps}${which}`);
  if (!list.length) return;
  previewed = true;
  const morph = request.kind === "morph";
  const shown = morph ? [list.at(-1)] : list;
  const places = morph ? 1 : Math.max(count, shown.length);
  origin.show(stage.node, null);
  show(Array.from({ length: places }, (_, place) => ({ uri: shown[place] })));
}

function takeReadback({ request, kind, readback }) {
  if (!entry || request.read || kind === "morph") return;
  request.read = true;
  entry.readback = readback;
  if (state.best && kind === "draw" && entry.pictures.length > 1) entry.selected = order()[0];
  render();
  emit("prompts:readback", entry);
  if (!request.live) emit("prompts:kept");
}

function receive(response) {
  const { request, drawn, morphed, readback, error, gif, last } = response;
  if (response.progress && request.slot === "draw") showPreviews(response);
  if (drawn || morphed) {
    if (stage.notice.isError()) stage.notice.close(); // it was about an earlier try
    stage.lack(false);
    takeResult(response);
  }
  if (readback && request.done) takeReadback(response);
  if (response.missing) missing(response.missing);
  if (error && !response.superseded) stage.say({ text: error, error: true });
  if (gif) saveAs(gif, "latentscape-morph.gif");
  if (drawn || morphed || last) stage.busy(false);
  if (last && previewed && entry) render();
}

register("prompts-canvas", ({ root, props, watch }) => {
  pictures = makePictures({ select, alone });
  origin = makeOrigin();
  actions = toolbar();
  const inside = makeInside({ name: "prompts", subject, drawings, requests });
  actions.append(inside.button);
  on("prompts:look-inside", inside.toggle);
  stage = new Stage({
    actions,
    content: [pictures.node, origin.node],
    kind: "prompt-stage",
    stopId: "prompts-stop",
    stopTitle: "Stop and keep what is there (Esc)",
    stop: () => requests.stop(),
    onLack: (lacking) => emit("prompts:missing", lacking),
  });
  root.classList.add("canvas");
  root.append(stage.node, meterView(), inside.node, detailView());
  new ResizeObserver(() => {
    if (!stage.node.clientWidth) return; // another tab is open
    if (entry) render();
    else show([{}]);
  }).observe(stage.node);
  watch("value", () => requests.receive(props.value));
});

on("prompts:response", receive);
on("prompts:requested", (request) => {
  if (request.slot !== "draw") return;
  setTimeout(() => {
    const waits = requests.current?.request_id === request.request_id && !request.done && !stage.isBusy;
    if (waits) stage.busy(true, "Drawing");
  }, QUICK);
});
on("prompts:order", () => {
  if (!entry) return;
  if (state.best && entry.kind === "draw") entry.selected = order()[0];
  render();
  emit("prompts:shown", entry);
});
function rememberRested() {
  if (!rest.isDue(entry, state.recipe.prompt, requests.calm)) return;
  entry.live = false;
  emit("prompts:remember", entry);
}

on("prompts:typing", () => rest.moved());
on("prompts:recipe", ({ live }) => live && rest.moved());
on("prompts:rest", () => {
  rest.rested();
  rememberRested();
});
on("prompts:finished", rememberRested);
on("prompts:say", (words) => stage.say(words));
// The Faces tab has drawn its first face, and written its address over this tab's.
on("faces:shown", () => state.shown && visible() && writeAddress(linkOf(state.shown)));
