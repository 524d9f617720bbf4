// One card of a lesson: what it says, what it asks, and what it says once somebody has answered.
import { button, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { term } from "../shared/term.js";
import { loadSources } from "./lessons.js";
import { paperLink } from "./terms.js";

const TERM = /\[\[([\w-]+)(?:\|([^\]]+))?\]\]/;

/** The parts of a paragraph: text, and terms as [id, words]. @param {string} text */
export function parts(text) {
  const [before, id, words, ...rest] = text.split(TERM);
  return id === undefined ? [before] : [before, [id, words || id], ...parts(rest.join(""))];
}

const nodesOf = (text) => parts(text).map((part) => (typeof part === "string" ? part : term(part[0], part[1])));
const paragraphs = (texts = []) => texts.map((text) => el("p", {}, nodesOf(text)));

// The code is fetched when somebody wants to read it.
function sourceView(reference) {
  const [path, name] = reference.split("::");
  const code = el("pre", { tabindex: 0, role: "region", "aria-label": `Source of ${name}` });
  const view = el(
    "details",
    { class: "lesson-source" },
    el("summary", {}, "The code that does it: ", el("code", {}, name)),
    el("p", { class: "hint" }, path),
    code,
  );
  view.addEventListener("toggle", async () => {
    if (!view.open || code.textContent) return;
    const found = (await loadSources())[reference];
    view.querySelector("p").textContent = `${found.path}, line ${found.line}`;
    code.textContent = found.code;
  });
  return view;
}

const links = ({ paper, source }) => [
  paper && el("p", { class: "term-source" }, `${paper.words}, `, paperLink(paper.link)),
  source && sourceView(source),
];

/**
 * @param {import("./lessons.js").Card} card
 * @param {() => void} answered is called once
 */
export function cardView(card, answered) {
  const title = el("h3", { tabindex: -1 }, card.title);
  const after = el("div", { class: "lesson-after", role: "status" });
  const reveal = (words) =>
    after.replaceChildren(
      ...[words && el("strong", {}, words), ...paragraphs(card.then), ...links(card)].filter(Boolean),
    );
  const content = [title, ...paragraphs(card.text)];
  if (!card.question) {
    reveal("");
    return el("div", { class: "lesson-card" }, content, after);
  }
  const { ask, choices, right } = card.question;
  const answer = (choice) => {
    buttons.forEach((one, place) => {
      one.disabled = true;
      if (place === right) one.dataset.right = "";
      one.setAttribute("aria-pressed", String(place === choice));
    });
    look.remove();
    reveal(choice === right ? "As you expected." : choice === null ? "" : "Not quite.");
    answered();
  };
  const buttons = choices.map((words, place) =>
    button(words, () => answer(place), { class: "button lesson-choice", "aria-pressed": "false" })
  );
  const look = textButton("Show me without guessing", () => answer(null));
  const question = el("fieldset", { class: "lesson-question" }, el("legend", {}, ask), buttons, look);
  return el("div", { class: "lesson-card" }, content, question, after);
}
