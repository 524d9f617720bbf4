// Light and dark: follows the system until somebody chooses; the choice is kept in this browser.
import { register } from "./components.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { learnButtons } from "./learn.js";
import { placeBy, placeIs } from "./queue_place.js";
import { listenBy } from "./stream.js";

const KEY = "latentscape-theme";
const ORDER = ["system", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.includes(value) ? value : "system";
  } catch {
    return "system";
  }
}

let choice = stored();

function apply() {
  const dark = choice === "dark" || (choice === "system" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  if (document.body && document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
}

function choose(next) {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // a browser without storage still switches for this visit
  }
  apply();
}

apply();
system.addEventListener("change", apply);
// Gradio sets its own class while it starts; the visitor's choice stands.
new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });

register("header", ({ root, props, plainTrigger, watch }) => {
  listenBy(() => plainTrigger("listen"));
  const place = el("p", { class: "queue-place", role: "status", hidden: true });
  const showPlace = (text) => {
    place.hidden = !text;
    place.textContent = text;
  };
  placeBy({ ask: () => plainTrigger("place"), show: showPlace });
  watch("value", () => placeIs(props.value?.ahead));
  const words = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
  const icons = { system: "system", light: "sun", dark: "moon" };
  const toggle = el("button", { class: "icon-button", type: "button", id: "theme-toggle" });
  const show = () => {
    toggle.replaceChildren(icon(icons[choice]));
    toggle.setAttribute("aria-label", words[choice]);
    toggle.dataset.tip = words[choice];
  };
  toggle.addEventListener("click", () => {
    choose(ORDER[(ORDER.indexOf(choice) + 1) % ORDER.length]);
    show();
  });
  show();
  root.append(
    el("h1", { class: "brand" }, props.config.title),
    place,
    el("div", { class: "header-end" }, learnButtons(), toggle),
  );
});
