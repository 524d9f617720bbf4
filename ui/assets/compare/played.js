// The confusion matrix over all games, kept in this browser alone; it can be taken away as a file, or forgotten.
import { button, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { saveBlob } from "../shared/files.js";
import { percent } from "../shared/format.js";
import { term } from "../shared/term.js";
import { confusionCsv, namesIn, nothingPlayed, readConfusion, tally, wilson, withAnswer } from "./game_score.js";
import { state, titleOf } from "./state.js";

const KEY = "latentscape-game";
let confusion = null;

function now() {
  if (confusion) return confusion;
  try {
    confusion = readConfusion(JSON.parse(localStorage.getItem(KEY) || "null"));
  } catch {
    confusion = nothingPlayed(); // nothing is stored, or the browser stores nothing
  }
  return confusion;
}

function store(next) {
  confusion = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // a browser without storage forgets with the page
  }
}

/** One answer of a game. */
export const remember = (maker, answer) => store(withAnswer(now(), maker, answer));

/** A game has come to its end. */
export const countPlay = () => store({ ...now(), plays: now().plays + 1 });

const order = () => state.makers.map(({ name }) => name);

function save(ending) {
  const text = ending === "csv" ? confusionCsv(now(), order()) : `${JSON.stringify(now(), null, 1)}\n`;
  const type = ending === "csv" ? "text/csv" : "application/json";
  saveBlob(new Blob([text], { type }), `latentscape-blind-game.${ending}`);
}

function table(names) {
  const cell = (maker, answer) => {
    const count = now().counts[maker]?.[answer] || 0;
    return el("td", { class: maker === answer ? "right" : null }, count ? String(count) : "–");
  };
  const head = names.map((name) => el("th", { scope: "col" }, titleOf(name)));
  const rows = names.map((maker) =>
    el("tr", {}, el("th", { scope: "row" }, titleOf(maker)), names.map((answer) => cell(maker, answer)))
  );
  const corner = el("th", { scope: "col" }, "Made by ↓ said to be →");
  return el("table", { class: "game-matrix" }, el("thead", {}, el("tr", {}, corner, head)), el("tbody", {}, rows));
}

/** What all games in this browser have shown; nothing before the first. @param {() => void} changed */
export function playedView(changed) {
  const names = namesIn(now(), order());
  if (!names.length) return null;
  const { right, count } = tally(now());
  const [least, most] = wilson(right, count);
  const forget = () => {
    store(nothingPlayed());
    changed();
  };
  return el(
    "section",
    { class: "game-played", "aria-label": "All games in this browser" },
    el("h2", {}, "All games in this browser"),
    el("p", { class: "hint" }, [
      `${now().plays} played to the end. ${right} of ${count} answers are right: ${percent(right / count)}, `,
      `${percent(least)} to ${percent(most)} at 95 % (`,
      term("wilson", "Wilson interval"),
      ").",
    ]),
    el(
      "div",
      { class: "game-scroll", tabindex: 0, role: "region", "aria-label": "Who was taken for whom" },
      table(names),
    ),
    el("div", { class: "game-files" }, [
      button("JSON", () => save("json"), { class: "button small", id: "game-json" }),
      button("CSV", () => save("csv"), { class: "button small", id: "game-csv" }),
      textButton("Forget all", forget, { id: "game-forget" }),
    ]),
  );
}
