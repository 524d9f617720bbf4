// Clusters: found by a method and a number, and what speaks for which number.
import { makeChart } from "../shared/charts.js";
import { button, group, plainSlider, select, setSlider, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { term } from "../shared/term.js";
import { findClusters } from "./acts.js";
import { silhouetteWords } from "./quality.js";
import { request } from "./requests.js";
import { say, state, where } from "./state.js";

const USUAL = 8;
let method, count, countWords, choice;
let triedIn = ""; // the space that the charts of `choice` are about

/** A slider that is filled from its least value; `write` gets the value when it moves. */
export function filledSlider(label, { value, ...range }, write) {
  const input = plainSlider(label, range);
  setSlider(input, value);
  input.addEventListener("input", () => {
    setSlider(input, Number(input.value));
    write(Number(input.value));
  });
  return input;
}

export function clusterGroup() {
  method = select("Method", []);
  countWords = el("span", { class: "number" }, String(USUAL));
  const write = (value) => (countWords.textContent = value);
  count = filledSlider("Number of clusters", { min: 2, max: 24, step: 1, value: USUAL }, write);
  const name = el("span", { class: "setting-name" }, "Clusters");
  method.addEventListener("change", () => (name.textContent = method.value === "hdbscan" ? "Least size" : "Clusters"));
  choice = el("div", { class: "latent-map-choice" });
  const find = () => findClusters(method.value, Number(count.value));
  return group(
    term("cluster", "Clusters"),
    setting("Method", method, { tag: "label" }),
    el("label", { class: "setting" }, name, count, countWords),
    el(
      "div",
      { class: "button-row latent-map-buttons" },
      button("Find clusters", find, { id: "latent-map-cluster" }),
      button("How many?", howMany, { id: "latent-map-how-many" }),
    ),
    choice,
  );
}

// Charts of another map or another space say nothing about this one.
on("latent-map:atlas", () => choice.replaceChildren());
on(
  "latent-map:shown",
  ({ slot, space }) => slot === "first" && triedIn && space !== triedIn && choice.replaceChildren(),
);

export const fillMethods = () =>
  method.append(
    ...Object.entries(state.words.methods).map(([value, words]) =>
      el("option", { value, selected: value === "kmeans" }, words)
    ),
  );

function howMany() {
  if (method.value === "hdbscan") {
    return say({ text: "HDBSCAN finds its own number. Choose K-means or a Gaussian mixture." });
  }
  choice.replaceChildren(el("p", { class: "hint", role: "status" }, "Trying 2 to 20 clusters"));
  request("counts", { kind: "counts", method: method.value, ...where() }, (found) => {
    if (found.error) return choice.replaceChildren();
    const { counts, suggested, charts, best = null } = found;
    triedIn = state.plane.space;
    const quality = silhouetteWords(best);
    const words = `From ${counts[0]} to ${counts.at(-1)}; best silhouette at ${suggested}${
      quality && ` (${quality})`
    }.`;
    choice.replaceChildren(
      ...charts.map((figure) => makeChart(figure).node),
      el("p", { class: "hint number" }, words),
    );
    countWords.textContent = suggested;
    setSlider(count, suggested);
  });
}
