// What explains the page comes when it is asked for: definitions of terms, the glossary, and the help with its keys.
import { iconButton } from "./controls.js";
import { fetchTab } from "./later.js";

const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]";

const load = () => fetchTab("learn", (folder) => import(`../${folder}/main.js`));
const openHelp = async () => (await load()).openHelp();

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
export const learnButtons = () => [iconButton("help", "Keys, terms and help (?)", openHelp, { id: "help-open" })];
