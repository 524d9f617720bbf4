// The blind game: ten pictures one after the other, and who made each. Keys 1, 2, 3 ... answer, Enter goes on.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { paint } from "../shared/pictures.js";
import { randomSeed } from "../shared/seeds.js";
import { term } from "../shared/term.js";
import { REAL, scoreOf } from "./game_score.js";
import { countPlay, playedView, remember } from "./played.js";
import { requests } from "./requests.js";
import { state, titleOf, visible } from "./state.js";

const ROUNDS = 10;
const SIDE = 288; // CSS pixels
const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select";

let view;
const game = { phase: "start", rounds: [], answers: [], problem: "" }; // phases: start, asked, answered, over

const current = () => game.rounds[game.answers.length - (game.phase === "answered" ? 1 : 0)];

function begin() {
  Object.assign(game, { phase: "asked", rounds: [], answers: [], problem: "" });
  requests.request("game", { kind: "game", seed: randomSeed(), rounds: ROUNDS });
  render();
}

function answer(name) {
  if (game.phase !== "asked" || !current()) return;
  const { maker } = current();
  game.answers.push({ maker, answer: name });
  game.phase = "answered";
  remember(maker, name);
  render();
}

function next() {
  if (game.phase !== "answered") return;
  game.phase = game.answers.length < ROUNDS ? "asked" : "over";
  if (game.phase === "over") countPlay();
  render();
}

// --- what is shown ----------------------------------------------------------------------------------------------

const question = () =>
  state.players.includes(REAL) ? "A photograph, or which generator made it?" : "Which generator made it?";

function answerButtons() {
  const last = game.answers.at(-1);
  return state.players.map((name, place) => {
    const told = game.phase === "answered" && (name === last.maker ? "right" : name === last.answer ? "wrong" : null);
    const words = [el("kbd", {}, String(place + 1)), titleOf(name)];
    const off = game.phase !== "asked" || !current();
    return button(words, () => answer(name), { "data-answer": name, "data-told": told || null, disabled: off });
  });
}

function verdict() {
  if (game.phase !== "answered") return current() ? question() : "The picture is being drawn.";
  const { maker, answer: said } = game.answers.at(-1);
  return maker === said ? `Right: ${titleOf(maker)}.` : `No: it is ${titleOf(maker)}.`;
}

function roundView() {
  const canvas = el("canvas", { role: "img", class: "game-picture", "aria-label": "A picture of one of these makers" });
  if (current()) paint(canvas, current().picture, SIDE);
  else canvas.classList.add("waiting");
  const at = game.answers.length + (game.phase === "asked" ? 1 : 0);
  const on = game.phase === "answered";
  const words = game.answers.length < ROUNDS ? "Next" : "Score";
  return el(
    "div",
    { class: "game-round" },
    el("p", { class: "hint number" }, `Picture ${at} of ${ROUNDS}`),
    canvas,
    el("p", { class: "game-verdict", role: "status" }, verdict()),
    el("div", { class: "game-answers", role: "group", "aria-label": question() }, answerButtons()),
    button(words, next, { class: "primary", id: "game-next", disabled: !on }),
  );
}

function scoreView() {
  const { right, told, count, interval: [least, most], chance } = scoreOf(game.answers, state.players.length);
  const also = state.players.includes(REAL) && `Photograph or generated: ${told} of ${count} right.`;
  return el(
    "div",
    { class: "game-score" },
    el("h2", { id: "game-score" }, `${right} of ${count} right`),
    el("p", {}, [
      `That is compatible with anything from ${percent(least)} to ${percent(most)} in the long run (`,
      term("wilson", "Wilson interval"),
      `, 95 %). Guessing is right in ${percent(chance)}.`,
    ]),
    also && el("p", {}, also),
    button("Play again", begin, { class: "primary", id: "game-again" }),
  );
}

function startView() {
  const few = state.opened && state.players.length < 2;
  const real = state.players.includes(REAL)
    ? "Half of the pictures are photographs."
    : "Photographs are among them once LATENTSCAPE_DATA names the data on this machine.";
  return el(
    "div",
    { class: "game-start" },
    el("h2", {}, "Who made it?"),
    el("p", {}, `Ten pictures, one after the other: say who made each. ${real}`),
    el("p", { class: "hint" }, "Keys 1, 2, 3 answer, Enter goes on. What you answer stays in this browser."),
    few && el("p", { role: "alert" }, "A game needs two makers of pictures, and there are weights of fewer here."),
    game.problem && el("p", { role: "alert" }, game.problem),
    button("Start", begin, { class: "primary", id: "game-start", disabled: few || !state.opened }),
  );
}

function render() {
  if (!view) return;
  const parts = { start: startView, asked: roundView, answered: roundView, over: scoreView };
  const held = view.contains(document.activeElement);
  const idle = ["start", "over"].includes(game.phase);
  view.replaceChildren(parts[game.phase](), idle && playedView(render) || "");
  if (held) /** @type {HTMLElement} */ (view.querySelector(".primary:not(:disabled)"))?.focus();
}

// --- hands ------------------------------------------------------------------------------------------------------

function keys(event) {
  if (state.view !== "game" || !visible() || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest(TYPED)) return;
  const named = state.players[Number(event.key) - 1];
  if (game.phase === "asked" && named) answer(named);
  else if (event.key === "Enter" && game.phase === "answered" && !target.closest("button")) next();
  else return;
  event.preventDefault();
}

function receive({ rounds, error, last }) {
  if (game.phase === "start") return;
  if (rounds) game.rounds = rounds;
  const short = last && game.rounds.length < ROUNDS;
  if (error || short) {
    const problem = error || "The game was stopped before all of its pictures were drawn.";
    Object.assign(game, { phase: "start", problem });
  }
  if (error || short || game.rounds.length === game.answers.length + 1) render();
}

export function gameView() {
  view = el("div", { class: "compare-game" });
  render();
  on("compare:rounds", receive);
  on("compare:makers", render);
  on("compare:view", () => game.phase === "start" && render());
  document.addEventListener("keydown", keys);
  return view;
}
