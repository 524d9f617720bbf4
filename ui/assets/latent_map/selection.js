// In the panel: what a selection has in common, and clusters as cards.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { saveBlob } from "../shared/files.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { term } from "../shared/term.js";
import { clearChoice } from "./acts.js";
import { clusterColour } from "./colours.js";
import { label, large, panelSection, sendRow, showInPanel, thumbnails, width } from "./panel.js";
import { silhouetteWords } from "./quality.js";
import { drawThumbnail, floats, selectRows, state } from "./state.js";

const NEAREST = 24; // pictures that are shown of what words found

// --- a selection -------------------------------------------------------------------------------------------------------

function traitList(list) {
  return el(
    "ul",
    { class: "latent-map-traits" },
    list.map((trait) => {
      const bar = el("span", { class: "latent-map-bar pair" }, el("span", {}), el("i", {}));
      bar.firstChild.style.width = width(trait.share);
      bar.lastChild.style.left = width(trait.base);
      const lift = trait.lift === null ? "only here" : `${trait.lift.toFixed(trait.lift >= 1 ? 1 : 2)} ×`;
      return el(
        "li",
        {
          "data-weak": trait.significant ? null : "",
          title: `${percent(trait.share)} here, ${percent(trait.base)} in all`,
        },
        el("span", {}, label(trait.name)),
        bar,
        el("span", { class: "number" }, lift),
      );
    }),
  );
}

// The pictures that some words are nearest to.
function nearestSection({ rows, values }) {
  const nearest = rows.slice(0, NEAREST);
  const [most, least] = [nearest[0], nearest.at(-1)].map((row) => values[row].toFixed(2));
  const words = el("p", { class: "hint number" }, `Similarity ${most} to ${least}`);
  return panelSection("Nearest first", words, thumbnails(nearest));
}

function meanFigure({ mean, size }) {
  const caption = el("figcaption", { class: "hint" }, "Their mean, decoded");
  const figure = el("figure", { class: "latent-map-mean" }, large(mean, "Mean picture"), caption);
  return [figure, sendRow(() => ({ uri: mean, name: `mean of ${size} pictures` }))];
}

function traitSection(traits) {
  const strong = traits.filter((trait) => trait.significant);
  return panelSection(
    strong.length ? term("enrichment", "What distinguishes them") : "Nothing distinguishes them clearly",
    traitList((strong.length ? strong : traits).slice(0, 10)),
    el("p", { class: "hint" }, "The bar is their share, the line the share of all pictures."),
  );
}

function showSelection(found) {
  const sought = state.sought?.rows === state.rows ? state.sought : null;
  const size = `${found.size.toLocaleString("en")} pictures`;
  const share = `${percent(found.share)} of the atlas`;
  showInPanel(
    sought ? `Nearest to \u201c${sought.text}\u201d` : size,
    el("p", { class: "hint number" }, sought ? `${size}, ${share}` : share),
    sought && nearestSection(sought),
    ...(found.mean ? meanFigure(found) : []),
    panelSection("In the middle", thumbnails([found.medoid])),
    traitSection(found.traits),
    ...found.notes.map((note) => el("p", { class: "hint" }, note)),
    button("Clear the selection", clearChoice),
  );
}

function nameField(card) {
  const field = el("input", { class: "field", value: card.name, "aria-label": "Name of the cluster", maxlength: 40 });
  field.addEventListener("change", () => {
    card.name = field.value;
    if (state.colouring?.title === "Cluster") state.colouring.names[card.number] = card.name;
    emit("latent-map:colours");
  });
  return field;
}

function clusterFace(card) {
  const face = el("canvas", { class: "latent-map-cluster-face", width: 96, height: 96 });
  if (card.mean) paint(face, card.mean, 64);
  else drawThumbnail(face.getContext("2d"), card.medoid, 0, 0, 96);
  return face;
}

function clusterCard(card, labels) {
  const mark = el("span", { class: "latent-map-dot" });
  mark.style.background = clusterColour(card.number);
  const rows = () => [...labels.keys()].filter((row) => labels[row] === card.number);
  const telling = card.traits.filter((trait) => trait.significant).slice(0, 3);
  const send = card.mean && sendButtons("map", () => ({ uri: card.mean, name: `mean of ${card.name}` }));
  const size = el("span", { class: "number hint" }, String(card.size));
  const shown = { class: "latent-map-cluster-show", title: "Show on the map" };
  return el(
    "article",
    { class: "latent-map-cluster" },
    el("header", {}, mark, nameField(card), size),
    button(clusterFace(card), () => selectRows(rows()), shown),
    telling.length ? traitList(telling) : el("p", { class: "hint" }, "Nothing distinguishes it clearly."),
    thumbnails(card.rows.slice(0, 6)),
    send && el("footer", {}, send),
  );
}

function clusters(found) {
  const labels = floats(found.labels);
  const quality = silhouetteWords(found.silhouette);
  showInPanel(
    `${found.cards.length} clusters`,
    quality && el("p", { class: "hint number" }, "Mean ", term("silhouette", quality), "."),
    ...found.notes.map((note) => el("p", { class: "hint" }, note)),
    found.noise ? el("p", { class: "hint" }, `${found.noise} pictures lie in no cluster.`) : null,
    el(
      "div",
      { class: "latent-map-row" },
      el("button", { type: "button", class: "button small", onclick: () => selectRows(null) }, "Show all"),
      el(
        "button",
        {
          type: "button",
          class: "button small",
          onclick: () => keep(found, labels),
        },
        icon("download"),
        "CSV",
      ),
    ),
    ...found.cards.map((card) => clusterCard(card, labels)),
  );
}

function keep({ cards }, labels) {
  const names = Object.fromEntries(cards.map((card) => [card.number, card.name.replaceAll('"', "'")]));
  const text = [
    "picture,cluster,name",
    ...[...labels].map((value, row) => `${row},${value},"${names[value] || "none"}"`),
  ].join("\n");
  saveBlob(new Blob([text], { type: "text/csv" }), "latentscape-clusters.csv");
}

on("latent-map:described", showSelection);
on("latent-map:clusters", clusters);
