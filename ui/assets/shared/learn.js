// What explains the page comes when it is asked for: definitions of terms, the glossary, the help, and the lessons.
import { button, iconButton } from "./controls.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { fetchTab } from "./later.js";

const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]";
const KEY = "latentscape-lessons"; // learn/progress.js

const load = () => fetchTab("learn", (folder) => import(`../${folder}/main.js`));
const openHelp = async () => (await load()).openHelp();
const openLessons = async () => (await load()).openLessons();

const termOf = (event) =>
  event.target instanceof Element && /** @type {HTMLElement | null} */ (event.target.closest("[data-term]"));

async function define(event, how) {
  const node = termOf(event);
  if (!node) return;
  if (how === "press") event.preventDefault(); // in a label it would act on the control, too
  (await load()).define(node, how);
}

addEventListener("pointerover", (event) => event.pointerType === "mouse" && define(event, "hover"));
addEventListener("focusin", (event) => termOf(event)?.matches(":focus-visible") && define(event, "focus"));
addEventListener("click", (event) => define(event, "press"), true);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.matches("[data-term]") && (event.key === "Enter" || event.key === " ")) define(event, "press");
  else if (event.key === "?" && !target.closest(TYPED)) openHelp();
});

/** The buttons of the header. */
export const learnButtons = () => [
  button([icon("book"), el("span", {}, "Learn")], openLessons, {
    class: "button small learn-open",
    id: "learn-open",
    "aria-label": "Learn: seven lessons",
  }),
  iconButton("help", "Keys, terms and help (?)", openHelp, { id: "help-open" }),
];

// --- the first visit ----------------------------------------------------------------------------------------------

function isFirstVisit() {
  try {
    return localStorage.getItem(KEY) === null;
  } catch {
    return false; // it could never be declined for good
  }
}

function offerLesson() {
  const root = document.documentElement;
  const decline = () => {
    localStorage.setItem(KEY, JSON.stringify({ declined: true }));
    bar.remove();
    delete root.dataset.offer;
  };
  const accept = async () => {
    decline();
    (await load()).openLesson();
  };
  const bar = el(
    "aside",
    { class: "component learn-offer", id: "learn-offer", "aria-label": "First lesson" },
    el("span", {}, "New here? Three minutes, and you know what a latent space is."),
    button("Start", accept, { class: "primary" }),
    button("No, thanks", decline),
  );
  root.dataset.offer = "";
  document.body.append(bar);
}

if (isFirstVisit()) offerLesson();
