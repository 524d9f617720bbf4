// What the classifier says of a picture: attributes and classes, likeliest first; a click shows where it looked.
import { button, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { percent } from "../shared/format.js";
import { term } from "../shared/term.js";
import { choose } from "./requests.js";
import { modelNow, sameTarget, state } from "./state.js";

const FEW = 5; // classes that are seen at first
const NO_FACE = "No face was found in it: attributes of faces say little here.";
const A_FACE = "It shows a face: of the dishes one is only likelier than the others.";
let panel;
let all = false; // whether all classes are shown

/** @param {import("./state.js").Score} score */
function row({ name, words, probability }, of_class) {
  const target = { name, of_class };
  const pressed = sameTarget(target, state.chosen);
  const fill = el("span", {});
  fill.style.width = `${100 * probability}%`;
  const content = [
    el("span", { class: "classify-name" }, words),
    el("span", { class: "classify-bar", "aria-hidden": "true" }, fill),
    el("span", { class: "classify-share number" }, percent(probability)),
  ];
  return button(content, () => choose(pressed ? null : target), {
    class: "classify-row",
    "data-name": name,
    "data-class": String(of_class),
    "aria-pressed": String(pressed),
    title: `${words}: ${(100 * probability).toFixed(1)} %. Click to see where the classifier looked`,
    "data-faint": probability < 0.5 && !of_class,
  });
}

function classSection({ classes, face }) {
  const own = modelNow()?.own;
  const title = own ? "Class" : "Dish";
  const flip = () => {
    all = !all;
    showResults();
  };
  return el(
    "section",
    { class: "classify-section", "aria-label": title },
    el("h2", {}, title),
    face && !own ? el("p", { class: "hint" }, A_FACE) : null,
    (all ? classes : classes.slice(0, FEW)).map((score) => row(score, true)),
    classes.length > FEW &&
      textButton(all ? "Show fewer" : `Show all ${classes.length}`, flip, { id: "classify-all" }),
  );
}

function attributeSection({ attributes, face }) {
  return el(
    "section",
    { class: "classify-section", "aria-label": "Attributes" },
    el("h2", {}, term("attribute", "Attributes")),
    face === false ? el("p", { class: "hint" }, NO_FACE) : null,
    attributes.map((score) => row(score, false)),
  );
}

const rows = () => /** @type {HTMLElement[]} */ ([...panel.querySelectorAll(".classify-row")]);

// Arrow keys walk the rows; Tab goes to the one that is chosen, or to the first.
function keys(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = rows().indexOf(event.target);
  if (!step || at < 0) return;
  event.preventDefault();
  rows()[Math.min(rows().length - 1, Math.max(0, at + step))].focus();
}

/** Fills the panel, and keeps the focus where it is. */
export function showResults() {
  const { classified } = state;
  panel.hidden = !classified;
  if (!classified) return;
  const focused = panel.contains(document.activeElement) ? { ...document.activeElement["dataset"] } : {};
  const sections = [attributeSection(classified), classified.classes.length ? classSection(classified) : null];
  const classesFirst = classified.face === false || modelNow()?.own;
  panel.replaceChildren(...(classesFirst ? sections.reverse() : sections).filter(Boolean));
  const first = rows().find((one) => one.getAttribute("aria-pressed") === "true") || rows()[0];
  for (const one of rows()) one.tabIndex = one === first ? 0 : -1;
  rows().find(({ dataset }) => dataset.name === focused.name && dataset.class === focused.class)?.focus();
}

export function resultsView() {
  panel = el("div", { class: "classify-results", hidden: true });
  panel.addEventListener("keydown", keys);
  return panel;
}
