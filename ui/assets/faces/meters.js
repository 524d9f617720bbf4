// Requested against achieved: one meter per attribute that was set, and a line about what else changed.
import { el } from "../shared/dom.js";
import { percent, signed } from "../shared/format.js";
import { term } from "../shared/term.js";
import { state } from "./state.js";

const ENTANGLED = "Changed";

// The first word of what has changed though nobody requested it is a term.
const explained = (words) =>
  words.startsWith(ENTANGLED) ? [term("entanglement", ENTANGLED), words.slice(ENTANGLED.length)] : [words];

function meter(name, requested, achieved) {
  const words = state.words.labels[name];
  const reached = requested > 0 ? achieved >= 0.5 : achieved < 0.5;
  // Short, so that it fits beside "missed"; the title says that it was requested.
  const wanted = Math.abs(requested) === 1 ? (requested > 0 ? "present" : "absent") : signed(requested);
  const node = el(
    "div",
    {
      class: "meter",
      role: "meter",
      "aria-label": `${words}, requested ${wanted}`,
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round(100 * achieved),
      "data-attribute": name,
      "data-reached": String(reached),
      title: `Requested ${wanted}; the classifier sees ${words.toLowerCase()} with ${percent(achieved)}`,
    },
    el(
      "div",
      { class: "meter-head" },
      el("span", { class: "meter-name" }, words),
      el("span", { class: "meter-value" }, percent(achieved)),
    ),
    el("div", { class: "meter-track" }, el("span", { class: "meter-fill" }), el("span", { class: "meter-requested" })),
    el("div", { class: "meter-foot" }, el("span", {}, wanted), el("span", {}, reached ? "" : "missed")),
  );
  node.querySelector(".meter-fill").style.width = percent(achieved).replace(" ", "");
  node.querySelector(".meter-requested").style.left = `${50 + 50 * requested}%`;
  return node;
}

function rows(entry) {
  const face = entry.faces[entry.selected] || entry.faces[0];
  const wanted = entry.recipe.attributes;
  const start = entry.kind === "edit" ? entry.base : {};
  const names = [...state.words.main, ...Object.values(state.words.groups).flat()];
  return names
    .filter((name) => wanted[name] && wanted[name] !== start[name] && face.achieved[name] !== undefined)
    .map((name) => [name, wanted[name], face.achieved[name]]);
}

function note(entry) {
  const words = (change) =>
    `${state.words.labels[change.name]} ${Math.round(100 * change.before)} \u2192 ${percent(change.after)}`;
  if (!entry.changes) return "";
  if (!entry.changes.length) return "Nothing else changed.";
  return `${ENTANGLED} though not requested: ${entry.changes.slice(0, 5).map(words).join(", ")}`;
}

// Fills the row of meters and the line below it for one history entry.
export const showMeters = (row, line, entry) => {
  const set = rows(entry);
  const empty = entry.kind === "edit"
    ? "Change an attribute: the photo follows."
    : "Nothing is requested: every attribute is unspecified.";
  row.replaceChildren(...(set.length ? set.map((item) => meter(...item)) : [el("p", { class: "hint" }, empty)]));
  const words = set.length ? note(entry) : "";
  line.replaceChildren(...(set.length ? [term("achieved", "Seen by the classifier."), " ", ...explained(words)] : []));
  line.title = words;
};
