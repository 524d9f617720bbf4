// A strip of neighbours in latent space below the enlarged cell: between two pictures, from the prior, along a dimension.
import { button, radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { currentDimension } from "./latent.js";
import { request } from "./requests.js";
import { chosenCell, state } from "./state.js";

const POINTS = 8;
const REACH = [-3, -2, -1, 0, 1, 2, 3]; // deviations along a dimension
const SIDE = 96; // CSS pixels

let strip, head, pictures, buttons, other;
let kind = "interpolate";
let seed = 0;
let large = ""; // the picture of the strip that is shown enlarged

const kinds = (now) =>
  [
    ["interpolate", "Interpolate", state.rows.length > 1],
    ["sample", "Sample the prior", now.model.prior],
    ["traverse", "Traverse", now.model.flat],
  ].filter((one) => one[2]);

function choose(name) {
  kind = name;
  emit("reconstruction:trial", null);
  render();
  requestStrip();
}

function render() {
  const now = chosenCell();
  if (!now) return;
  const offered = kinds(now);
  if (!offered.some(([name]) => name === kind)) kind = offered[0]?.[0] || "";
  strip.hidden = !kind;
  head.replaceChildren(
    ...offered.map(([name, words]) =>
      radio(words, () => choose(name), { "data-strip": name, "aria-checked": String(name === kind) })
    ),
  );
  const rows = state.rows.filter((row) => row.id !== now.id);
  const before = other.value;
  other.replaceChildren(...rows.map((row) => el("option", { value: row.id }, row.name)));
  if (rows.some((row) => row.id === before)) other.value = before;
  buttons.replaceChildren(...(controls()[kind] || []));
}

const controls = () => ({
  interpolate: [el("label", { class: "reconstruction-to" }, el("span", { class: "hint" }, "to"), other)],
  sample: [button([icon("reroll"), "Others"], resample, { class: "button small", id: "reconstruction-resample" })],
  traverse: [
    el("span", { class: "hint", id: "reconstruction-dimension" }, `Dimension ${currentDimension() + 1}, \u22123 to +3`),
  ],
});

function resample() {
  seed += POINTS;
  requestStrip();
}

function requestStrip() {
  const now = chosenCell();
  if (!now || !kind) return;
  const common = { kind, model: now.model.key, count: POINTS };
  const content = {
    interpolate: { ...common, picture: now.id, other: other.value },
    sample: { ...common, seed },
    traverse: { ...common, picture: now.id, dimension: currentDimension(), values: REACH },
  }[kind];
  strip.dataset.stale = "";
  request("strip", content);
}

function caption(index, count, values) {
  if (kind === "traverse") return String(values[index]).replace("-", "\u2212");
  return kind === "interpolate" ? `${Math.round((100 * index) / (count - 1))} %` : "";
}

// The picture of the strip in the large view, or the cell again.
function enlarge(uri) {
  large = large === uri ? "" : uri;
  emit("reconstruction:trial", large ? { uri, words: "From the strip" } : null);
}

function fill(uris, values) {
  delete strip.dataset.stale;
  pictures.replaceChildren(...uris.map((uri, index) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paint(canvas, uri, SIDE);
    const said = caption(index, uris.length, values);
    const words = `${said}, ${kind} ${index + 1} of ${uris.length}: look at it large`;
    const node = button(
      [canvas, el("span", { class: "number" }, said)],
      () => {
        enlarge(uri);
        for (const child of pictures.children) child.toggleAttribute("data-current", child === node && large === uri);
      },
      { class: "reconstruction-point", "aria-label": words },
    );
    return node;
  }));
}

export function stripView() {
  head = radioGroup("Strip", []);
  buttons = el("div", { class: "reconstruction-strip-buttons" });
  pictures = el("div", {
    class: "reconstruction-points",
    tabindex: 0,
    role: "group",
    "aria-label": "Pictures of the strip",
  });
  other = el("select", { class: "field", "aria-label": "Interpolate to", onchange: requestStrip });
  strip = el(
    "section",
    { class: "reconstruction-strip", "aria-label": "Neighbours in latent space" },
    el("div", { class: "reconstruction-strip-head" }, head, buttons),
    pictures,
  );
  return strip;
}

export function openStrip() {
  const place = () => el("span", { class: "reconstruction-point" }, el("canvas", { "aria-hidden": "true" }));
  pictures.replaceChildren(...Array.from({ length: POINTS }, place));
  render();
  requestStrip();
}

on("reconstruction:dimension", () => {
  if (kind !== "traverse") return;
  render();
  requestStrip();
});
on("reconstruction:trial", (trial) => (large = trial?.uri || ""));
on("reconstruction:response", ({ strip: uris, values = [], error, request: { slot, content } }) => {
  if (uris && !error && slot === "strip" && content.kind === kind) fill(uris, values);
});
