// The panel beside the map: the picture that was clicked, the one that was decoded, a crowd, or clusters as cards.
import { el, emit, icon, on } from "../shared/core.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { addStop, clearChoice, clearPath, pickRow, walkAttribute } from "./acts.js";
import { clusterColour } from "./colours.js";
import { nearSection } from "./near.js";
import { useTool } from "./stage.js";
import { drawThumbnail, floats, selectRows, spaceOf, state } from "./wire.js";

const LARGE = 264;
const BARS = 8;
const NEAREST = 24; // pictures that are shown of what words found
let panel, body, heading;
let latest = ""; // the picture that was decoded last

const label = (name) => state.words.labels[name] || name.replaceAll("_", " ");
const percent = (share) => `${Math.round(100 * share)} %`;
const width = (share) => `${100 * share}%`;
const large = (uri, words) => {
  const canvas = el("canvas", { class: "map-large", role: "img", "aria-label": words });
  if (uri) paint(canvas, uri, LARGE);
  return canvas;
};
const section = (title, ...content) => el("section", { class: "map-part" }, el("h3", {}, title), ...content);
const spaceTitle = (key = state.plane.space) => spaceOf(key).title;

function thumbs(rows) {
  return el(
    "div",
    { class: "map-thumbs" },
    rows.map((row) => {
      const canvas = el("canvas", { width: 96, height: 96 });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      if (!drawThumbnail(context, row, 0, 0, 96)) canvas.dataset.waiting = row;
      return el("button", {
        type: "button",
        "aria-label": `Picture ${row}`,
        onclick: () => pickRow(row),
        onpointerenter: () => glance(row),
        onpointerleave: () => glance(-1),
      }, canvas);
    }),
  );
}

function glance(row) {
  state.hover = row;
  emit("map:redraw");
}

function show(title, ...content) {
  heading.textContent = title;
  body.replaceChildren(...content.filter(Boolean));
  panel.dataset.kind = title ? "open" : "empty";
  body.scrollTop = 0;
  emit("map:panel");
}

// --- nothing chosen -----------------------------------------------------------------------------------------------

function intro() {
  if (!state.atlas) return;
  const line = (words, meaning) => el("li", {}, el("strong", {}, words), el("span", {}, meaning));
  show(
    state.atlas.title,
    el(
      "p",
      { class: "hint number" },
      `${state.atlas.count.toLocaleString("en")} pictures in ${state.atlas.spaces.length} spaces`,
    ),
    el(
      "ul",
      { class: "map-how" },
      line("Click a point", "its picture and its attributes"),
      line("Click between points", "what the space decodes to there; drag the mark to move through it"),
      line("Path", "two stops or more become a film"),
      line("Lasso", "what a crowd has in common"),
      line("Scroll", "zoom in until points become pictures"),
    ),
    ...state.atlas.notes.map((note) => el("p", { class: "hint" }, note)),
  );
}

// --- one picture --------------------------------------------------------------------------------------------------

function attributeBars({ measured, asked }) {
  const names = Object.keys(measured);
  if (!names.length && !Object.keys(asked).length) return null;
  const wanted = Object.keys(asked).filter((name) => asked[name] > 0);
  const telling = names.filter((name) => !wanted.includes(name)).sort((a, b) => measured[b] - measured[a]);
  const shown = [...wanted, ...telling.slice(0, Math.max(3, BARS - wanted.length))].slice(0, 12);
  const rows = shown.map((name) => {
    const share = measured[name];
    const wish = asked[name] === undefined ? "" : asked[name] > 0 ? "asked for" : share >= 0.5 ? "asked without" : "";
    const bar = el("span", { class: "map-bar" }, el("span", {}));
    if (share !== undefined) bar.firstChild.style.width = width(share);
    return el(
      "li",
      { "data-wish": wish || null },
      el("span", {}, label(name), wish ? el("small", {}, wish) : ""),
      bar,
      el("span", { class: "number" }, share === undefined ? "" : percent(share)),
    );
  });
  return section(
    state.atlas.kind === "generated" ? "Measured by the classifier" : "Attributes",
    el("ul", { class: "map-bars" }, rows),
  );
}

function walker(stop) {
  const choice = el(
    "select",
    { class: "field", id: "map-attribute", "aria-label": "Attribute" },
    Object.entries(state.words.labels).sort((a, b) => a[1].localeCompare(b[1])).map(([name, words]) =>
      el("option", { value: name, selected: name === "Smiling" }, words)
    ),
  );
  return section(
    "Walk along an attribute",
    el(
      "div",
      { class: "map-row" },
      choice,
      el("button", {
        type: "button",
        class: "button",
        id: "map-walk",
        onclick: () => walkAttribute(stop, choice.value),
      }, "Walk"),
    ),
  );
}

const starter = (stop) =>
  el("button", {
    type: "button",
    class: "button",
    onclick: () => {
      useTool("path");
      clearPath();
      addStop(stop);
    },
  }, "Start a path here");

// The picture in hand goes to another tab.
const sendRow = (get) =>
  el(
    "div",
    { class: "map-row map-send" },
    el("span", { class: "hint" }, "Send to"),
    sendButtons("map", get, { titles: true }),
  );

// The thumbnail that the page already has, until the answer is here.
function glimpse(row) {
  const canvas = el("canvas", {
    class: "map-large",
    role: "img",
    "data-row": row,
    width: 2 * LARGE,
    height: 2 * LARGE,
  });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  if (drawThumbnail(context, row, 0, 0, 2 * LARGE)) show(`Picture ${row}`, canvas);
}

function point(found) {
  const known = body.querySelector(`.map-large[data-row="${found.row}"]`); // nothing flickers as the rest arrives
  const canvas = known || large("", found.name);
  canvas.dataset.row = found.row;
  canvas.setAttribute("aria-label", found.name);
  paint(canvas, found.picture, LARGE);
  const through = found.through && el(
    "figure",
    { class: "map-through" },
    (() => {
      const small = el("canvas", { class: "through" });
      paint(small, found.through, 96);
      return small;
    })(),
    el("figcaption", { class: "hint" }, `As ${spaceTitle()} keeps it`),
  );
  show(
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
  if (heading.textContent === "Decoded here" && body.querySelector(".map-large")) {
    paint(body.querySelector(".map-large"), found.picture, LARGE); // nothing flickers while the hand moves
  } else {
    const meter = el("span", { class: "map-bar" }, el("span", {}));
    show(
      "Decoded here",
      large(found.picture, "The decoded picture"),
      el("div", { class: "map-sure" }, el("strong", {}), meter, el("span", { class: "number" })),
      el("p", { class: "hint map-note" }),
      sendRow(() => ({ uri: latest, name: "decoded place" })),
      section("Nearest pictures on the map", el("div", { class: "map-near" })),
      el("div", { class: "map-walks" }),
    );
  }
  const [words, meter, number] = body.querySelector(".map-sure").children;
  words.textContent = found.decoded ? sure : "Nearest picture";
  meter.firstChild.style.width = width(found.uncertainty ?? 1);
  number.textContent = `uncertainty ${(found.uncertainty ?? 1).toFixed(2)}`;
  body.querySelector(".map-note").textContent = found.decoded
    ? found.note
    : "This space has no decoder, so this is the nearest picture.";
  body.querySelector(".map-near").replaceChildren(thumbs(found.rows.slice(0, 8)));
  body.querySelector(".map-walks").replaceChildren(
    starter({ place: found.place }),
    state.picked?.plane?.slot === "first" ? walker({ place: found.place }) : "",
  );
  body.dataset.milliseconds = found.milliseconds;
}

// --- crowds -------------------------------------------------------------------------------------------------------

function traits(list) {
  return el(
    "ul",
    { class: "map-traits" },
    list.map((trait) => {
      const bar = el("span", { class: "map-bar pair" }, el("span", {}), el("i", {}));
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

function crowd(found) {
  const strong = found.traits.filter((trait) => trait.significant);
  const sought = state.sought?.rows === state.rows ? state.sought : null;
  const nearest = sought?.rows.slice(0, NEAREST);
  show(
    sought ? `Nearest to \u201c${sought.text}\u201d` : `${found.size.toLocaleString("en")} pictures`,
    el(
      "p",
      { class: "hint number" },
      sought
        ? `${found.size.toLocaleString("en")} pictures, ${percent(found.share)} of the atlas`
        : `${percent(found.share)} of the atlas`,
    ),
    sought &&
      section(
        "Nearest first",
        el(
          "p",
          { class: "hint number" },
          `Similarity ${sought.values[nearest[0]].toFixed(2)} to ${sought.values[nearest.at(-1)].toFixed(2)}`,
        ),
        thumbs(nearest),
      ),
    found.mean &&
      el(
        "figure",
        { class: "map-mean" },
        large(found.mean, "Mean picture"),
        el("figcaption", { class: "hint" }, "Their mean, decoded"),
      ),
    found.mean && sendRow(() => ({ uri: found.mean, name: `mean of ${found.size} pictures` })),
    section("In the middle", thumbs([found.medoid])),
    section(
      strong.length ? "What sets them apart" : "Nothing sets them clearly apart",
      traits((strong.length ? strong : found.traits).slice(0, 10)),
      el("p", { class: "hint" }, "The bar is their share, the line the share of all pictures."),
    ),
    ...found.notes.map((note) => el("p", { class: "hint" }, note)),
    el("button", { type: "button", class: "button", onclick: () => clearChoice() }, "Clear the selection"),
  );
}

function clusterCard(card, labels) {
  const mark = el("span", { class: "map-dot" });
  mark.style.background = clusterColour(card.number);
  const face = el("canvas", { class: "map-cluster-face" });
  if (card.mean) paint(face, card.mean, 64);
  else Object.assign(face, { width: 96, height: 96 }) && drawThumbnail(face.getContext("2d"), card.medoid, 0, 0, 96);
  const name = el("input", {
    class: "field",
    value: card.name,
    "aria-label": "Name of the cluster",
    maxlength: 40,
    onchange: () => {
      card.name = name.value;
      if (state.colouring?.title === "Cluster") state.colouring.names[card.number] = card.name;
      emit("map:colours");
    },
  });
  const rows = () => [...labels.keys()].filter((row) => labels[row] === card.number);
  const telling = card.traits.filter((trait) => trait.significant).slice(0, 3);
  return el(
    "article",
    { class: "map-cluster" },
    el(
      "header",
      {},
      mark,
      name,
      el("span", { class: "number hint" }, String(card.size)),
      card.mean && sendButtons("map", () => ({ uri: card.mean, name: `mean of ${card.name}` })),
    ),
    el("button", {
      type: "button",
      class: "map-cluster-show",
      title: "Show on the map",
      onclick: () => selectRows(rows()),
    }, face),
    telling.length ? traits(telling) : el("p", { class: "hint" }, "Nothing sets it clearly apart."),
    thumbs(card.rows.slice(0, 6)),
  );
}

function clusters(found) {
  const labels = floats(found.labels);
  const quality = found.silhouette === null ? "" : `, silhouette ${found.silhouette.toFixed(2)}`;
  show(
    `${found.cards.length} clusters${quality}`,
    ...found.notes.map((note) => el("p", { class: "hint" }, note)),
    found.noise ? el("p", { class: "hint" }, `${found.noise} pictures lie in no cluster.`) : null,
    el(
      "div",
      { class: "map-row" },
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
  const link = el("a", {
    href: URL.createObjectURL(new Blob([text], { type: "text/csv" })),
    download: "latentscape-clusters.csv",
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function frame() {
  const film = state.strip;
  if (!film) return;
  const canvas = heading.dataset.film ? body.querySelector(".map-large") : null;
  if (canvas) paint(canvas, film.frames[state.frame], LARGE);
  else {show(
      "On the path",
      large(film.frames[state.frame], "The picture at this position"),
      el("p", { class: "hint number map-where" }),
      sendRow(() => ({ uri: state.strip.frames[state.frame], name: `path, picture ${state.frame + 1}` })),
    );}
  heading.dataset.film = "yes";
  const words = film.attribute
    ? `${label(film.attribute)}: ${percent(film.probabilities[state.frame])} by the probe, strength ${
      film.strengths[state.frame].toFixed(1)
    }`
    : `Picture ${state.frame + 1} of ${film.frames.length}`;
  const turn = film.attribute
    ? (film.boundary === null
      ? " The probe never changes its mind."
      : ` The probe changes its mind at ${film.boundary.toFixed(1)}.`)
    : "";
  body.querySelector(".map-where").textContent = words + turn;
}

function view() {
  heading = el("h2", {});
  body = el("div", { class: "map-panel-body" });
  const close = el("button", {
    type: "button",
    class: "icon-button",
    title: "Close",
    "aria-label": "Close",
    onclick: () => {
      Object.assign(state, { picked: null, near: {} });
      intro();
      emit("map:redraw");
    },
  }, icon("close"));
  panel = el("aside", { class: "map-panel", "aria-label": "What was chosen" }, el("header", {}, heading, close), body);
  new MutationObserver(() => heading.textContent === "On the path" || delete heading.dataset.film).observe(heading, {
    childList: true,
  });
  return panel;
}

// Thumbnails that were shown before their sheet had arrived.
on("map:sheets", () =>
  body?.querySelectorAll("canvas[data-waiting]").forEach((canvas) => {
    if (drawThumbnail(canvas.getContext("2d"), Number(canvas.dataset.waiting), 0, 0, 96)) delete canvas.dataset.waiting;
  }));
on("map:atlas", () => panel && intro());
on("map:picked", (what) => {
  if (!what) intro();
  else if (what.kind === "point") glimpse(what.row);
});
on("map:point", point);
on("map:decoded", decoded);
on("map:crowd", crowd);
on("map:clusters", clusters);
on("map:strip", () => {
  if (state.strip) frame();
  else if (heading?.textContent === "On the path") {
    state.picked?.row !== undefined ? pickRow(state.picked.row) : intro();
  }
});
on("map:frame", frame);
export { section as panelSection, sendRow, show as showInPanel, thumbs as thumbnails, view as panelView };
