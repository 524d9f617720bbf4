// The lesson that is open: a panel beside the tab that it sets, or a sheet below it on a phone.
import { canPerform, perform } from "../shared/act.js";
import { button, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { cardView } from "./card.js";
import { loadLesson, loadList } from "./lessons.js";
import { openMenu } from "./menu.js";
import { keep, progress } from "./progress.js";

const ABOVE = 96; // CSS pixels of the question that stay in sight above its answer

const heading = el("h2", {});
const count = el("span", { class: "hint number" });
const bar = el("div", { class: "lesson-bar", "aria-hidden": "true" }, el("i", {}));
const body = el("div", { class: "lesson-body" });
const back = button("Back", () => go(at - 1));
const next = button("Next", () => (at + 1 < cards.length ? go(at + 1) : finish()), { class: "primary" });
const fold = iconButton("chevron", "Fold or unfold the lesson", () => panel.toggleAttribute("data-folded"), {
  class: "icon-button lesson-fold",
});
const panel = el(
  "aside",
  { class: "component lesson", id: "lesson", "aria-label": "Lesson", hidden: true },
  el("header", {}, heading, count, fold, iconButton("close", "Close the lesson", close)),
  bar,
  body,
  el("footer", {}, back, next),
);

let name = "";
let cards = [];
let at = 0;

// Where weights are missing, so is their tab, and the card says what would be seen.
function tell(action) {
  if (!action || !canPerform(action)) return;
  perform(action);
  scrollTo({ top: 0 }); // on a phone the picture stands there
}

function go(place) {
  at = Math.max(0, Math.min(cards.length - 1, place));
  const card = cards[at];
  keep({ at: { ...progress().at, [name]: at } });
  count.textContent = `${at + 1} of ${cards.length}`;
  bar.style.setProperty("--done", `${(100 * (at + 1)) / cards.length}%`);
  const answered = () => {
    next.disabled = false;
    body.scrollTop = body.querySelector(".lesson-after").offsetTop - body.offsetTop - ABOVE;
    tell(card.show);
  };
  body.replaceChildren(cardView(card, answered));
  body.scrollTo(0, 0);
  panel.removeAttribute("data-folded");
  back.disabled = at === 0;
  next.disabled = Boolean(card.question);
  next.textContent = at + 1 < cards.length ? "Next" : "Finish";
  body.querySelector("h3").focus({ preventScroll: true });
  requestAnimationFrame(() => tell(card.act));
}

function finish() {
  keep({ done: [...new Set([...progress().done, name])], at: { ...progress().at, [name]: 0 } });
  close();
  openMenu(openLesson);
}

function close() {
  panel.hidden = true;
  delete document.documentElement.dataset.lesson;
}

/** Opens a lesson at the card where somebody left it. @param {string} [wanted] the first one without it */
export async function openLesson(wanted = "") {
  const list = await loadList();
  const entry = list.find((one) => one.name === wanted) || list[0];
  ({ cards } = await loadLesson(entry.name));
  name = entry.name;
  heading.textContent = entry.title;
  panel.hidden = false;
  if (!panel.isConnected) document.body.append(panel);
  document.documentElement.dataset.lesson = name;
  go(progress().at[name] || 0);
}
