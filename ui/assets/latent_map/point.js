// In the panel: one picture of the map, or what a place between the pictures decodes to.
import { button, select } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { percent } from "../shared/format.js";
import { paint } from "../shared/pictures.js";
import { term } from "../shared/term.js";
import { addStop, clearPath, walkAttribute } from "./acts.js";
import { nearSection } from "./near.js";
import {
  label,
  LARGE,
  large,
  panelNow,
  panelSection,
  sendRow,
  showInPanel,
  spaceTitle,
  thumbnails,
  width,
} from "./panel.js";
import { useTool } from "./stage.js";
import { drawThumbnail, state } from "./state.js";

const BARS = 8;
let latest = ""; // the picture that was decoded last

// --- one picture --------------------------------------------------------------------------------------------------

function attributeBars({ measured, requested }) {
  const names = Object.keys(measured);
  if (!names.length && !Object.keys(requested).length) return null;
  const wanted = Object.keys(requested).filter((name) => requested[name] > 0);
  const telling = names.filter((name) => !wanted.includes(name)).sort((a, b) => measured[b] - measured[a]);
  const shown = [...wanted, ...telling.slice(0, Math.max(3, BARS - wanted.length))].slice(0, 12);
  const rows = shown.map((name) => {
    const share = measured[name];
    const request = !(name in requested) ? "" : requested[name] > 0 ? "requested" : share >= 0.5 ? "excluded" : "";
    const bar = el("span", { class: "latent-map-bar" }, el("span", {}));
    if (share !== undefined) bar.firstChild.style.width = width(share);
    return el(
      "li",
      { "data-request": request || null },
      el("span", {}, label(name), request ? el("small", {}, request) : ""),
      bar,
      el("span", { class: "number" }, share === undefined ? "" : percent(share)),
    );
  });
  return panelSection(
    state.atlas.kind === "generated" ? "Measured by the classifier" : "Attributes",
    el("ul", { class: "latent-map-bars" }, rows),
  );
}

function walker(stop) {
  const labels = Object.entries(state.words.labels).sort((a, b) => a[1].localeCompare(b[1]));
  const choice = select("Attribute", labels, { id: "latent-map-attribute" });
  choice.value = "Smiling";
  const walk = button("Walk", () => walkAttribute(stop, choice.value), { id: "latent-map-walk" });
  return panelSection(
    term("direction", "Walk along an attribute"),
    el("div", { class: "latent-map-row" }, choice, walk),
  );
}

const starter = (stop) =>
  button("Start a path here", () => {
    useTool("path");
    clearPath();
    addStop(stop);
  });

// The thumbnail that the page already has, until the answer is here.
function glimpse(row) {
  const canvas = el("canvas", {
    class: "latent-map-large",
    role: "img",
    "data-row": row,
    width: 2 * LARGE,
    height: 2 * LARGE,
  });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  if (drawThumbnail(context, row, 0, 0, 2 * LARGE)) showInPanel(`Picture ${row}`, canvas);
}

function point(found) {
  const { body } = panelNow();
  const known = body.querySelector(`.latent-map-large[data-row="${found.row}"]`); // nothing flickers as the rest arrives
  const canvas = known || large("", found.name);
  canvas.dataset.row = found.row;
  canvas.setAttribute("aria-label", found.name);
  paint(canvas, found.picture, LARGE);
  const small = el("canvas", { class: "through" });
  if (found.through) paint(small, found.through, 96);
  const through = found.through && el(
    "figure",
    { class: "latent-map-through" },
    small,
    el("figcaption", { class: "hint" }, `As ${spaceTitle()} keeps it`),
  );
  showInPanel(
    [found.name, found.className].filter(Boolean).join(", "),
    canvas,
    sendRow(() => ({ uri: found.picture, name: found.name, recipe: found.recipe })),
    starter({ row: found.row }),
    through,
    attributeBars(found),
    found.near ? nearSection(found.near) : null,
    Object.keys(found.measured).length ? walker({ row: found.row }) : null,
  );
}

// --- a place between pictures -------------------------------------------------------------------------------------

function decoded(found) {
  latest = found.picture;
  const sure = found.uncertainty < 0.35 ? "Well supported" : found.uncertainty < 0.7 ? "Fairly supported" : "A guess";
  const { title, body } = panelNow();
  if (title === "Decoded here" && body.querySelector(".latent-map-large")) {
    paint(body.querySelector(".latent-map-large"), found.picture, LARGE); // nothing flickers while the hand moves
  } else {
    const meter = el("span", { class: "latent-map-bar" }, el("span", {}));
    showInPanel(
      "Decoded here",
      large(found.picture, "The decoded picture"),
      el(
        "div",
        { class: "latent-map-sure" },
        el("strong", {}),
        meter,
        el("span", { class: "hint" }, term("uncertainty", "uncertainty"), " ", el("span", { class: "number" })),
      ),
      el("p", { class: "hint latent-map-note" }),
      sendRow(() => ({ uri: latest, name: "decoded place" })),
      panelSection("Nearest pictures on the map", el("div", { class: "latent-map-near" })),
      el("div", { class: "latent-map-walks" }),
    );
  }
  const [words, meter] = body.querySelector(".latent-map-sure").children;
  const number = body.querySelector(".latent-map-sure .number");
  words.textContent = found.decoded ? sure : "Nearest picture";
  meter.firstChild.style.width = width(found.uncertainty ?? 1);
  number.textContent = (found.uncertainty ?? 1).toFixed(2);
  body.querySelector(".latent-map-note").textContent = found.decoded
    ? found.note
    : "This space has no decoder, so this is the nearest picture.";
  body.querySelector(".latent-map-near").replaceChildren(thumbnails(found.rows.slice(0, 8)));
  body.querySelector(".latent-map-walks").replaceChildren(
    starter({ place: found.place }),
    state.picked?.plane?.slot === "first" ? walker({ place: found.place }) : "",
  );
  body.dataset.milliseconds = found.milliseconds;
}

on("latent-map:picked", (what) => what?.kind === "point" && glimpse(what.row));
on("latent-map:point", point);
on("latent-map:decoded", decoded);
