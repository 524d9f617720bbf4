// The map's control column: which pictures, through which encoder, laid out and coloured how, and what to look for.
import { register } from "../shared/components.js";
import { button, group, setting } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { copyPython } from "../shared/python_code.js";
import { term } from "../shared/term.js";
import { clusterGroup, filledSlider, fillMethods } from "./clusters.js";
import { compareSpaces, keepPage, keepPicture, keepTable, seenNow } from "./keep.js";
import { showOutliers } from "./near.js";
import { photosGroup } from "./photos.js";
import { connect } from "./requests.js";
import { searchGroup } from "./search.js";
import { atlases, besideGroup, card, colours, layoutNote, legend, projections, redraw, spaces } from "./space.js";
import { say, state } from "./state.js";

function pointSettings() {
  const size = { min: 2, max: 20, step: 0.5, value: state.size };
  const opacity = { min: 0.1, max: 1, step: 0.05, value: state.opacity };
  const contours = el("input", { type: "checkbox", role: "switch", id: "latent-map-contours" });
  contours.addEventListener("change", () => redraw("contours")(contours.checked));
  return [
    setting("Size", filledSlider("Size of the points", size, redraw("size")), { tag: "label" }),
    setting("Opacity", filledSlider("Opacity", opacity, redraw("opacity")), { tag: "label" }),
    el("label", { class: "reconstruction-model" }, el("span", {}, term("density", "Density contours")), contours),
  ];
}

const layoutTerms = () =>
  el(
    "p",
    { class: "hint reconstruction-note term-line" },
    "Explained: ",
    term("pca", "PCA"),
    ", ",
    term("umap", "UMAP"),
    ", ",
    term("tsne", "t-SNE"),
  );

const row = (...buttons) => el("div", { class: "button-row latent-map-buttons" }, buttons);

const files = () => [
  row(
    button("Compare spaces", compareSpaces, { id: "latent-map-spaces-compare" }),
    button("Save as a web page", keepPage, { id: "latent-map-keep" }),
  ),
  row(
    button("CSV", keepTable, {
      id: "latent-map-csv",
      title: "Places, selection and colours of all pictures as a table",
    }),
    button("PNG", keepPicture, { id: "latent-map-png", title: "The map as it is seen, as a picture" }),
    button("Python", () => copyPython(seenNow(), say), { id: "latent-map-python", title: "Copy as Python" }),
  ),
];

register("latent-map-controls", (handle) => {
  const { root } = handle;
  const outliers = button("Outliers and near-duplicates", showOutliers, {
    class: "button latent-map-wide",
    id: "latent-map-outliers",
  });
  const choice = el("label", { class: "latent-map-atlases", hidden: true }, atlases);
  root.classList.add("column", "reconstruction-column", "latent-map-column");
  root.append(
    el(
      "div",
      { class: "column-body" },
      searchGroup(),
      group(term("latent-space", "Space"), choice, spaces, card, besideGroup()),
      group("Layout", projections, layoutTerms(), layoutNote, ...files()),
      group("Colour", colours, legend, ...pointSettings()),
      clusterGroup(),
      group(term("outlier", "Outliers"), outliers),
      photosGroup(),
    ),
  );
  connect(handle);
  fillMethods();
});
