// The map's control column: which pictures, through which encoder, laid out and coloured how, and what to look for.
import { makeChart } from "../shared/charts.js";
import { el, emit, icon, on, part } from "../shared/core.js";
import { findClusters, searchPictures } from "./acts.js";
import { colourBy, legendView } from "./colours.js";
import { compareSpaces, keepPage } from "./keep.js";
import { oddities } from "./near.js";
import { photosGroup } from "./photos.js";
import { setBeside, showSecond } from "./stage.js";
import { ask, chooseAtlas, connect, say, spaceOf, state, where } from "./wire.js";

const FIRST = ["vae", "kl", "cae"]; // spaces to begin with
let atlases,
  spaces,
  projections,
  colours,
  legend,
  found,
  search,
  byWords,
  card,
  second,
  beside,
  method,
  count,
  countWords,
  choice;

const group = (title, ...content) => el("section", { class: "group" }, title && el("h2", {}, title), ...content);
const option = (value, words, selected) => el("option", { value, selected }, words);
const setting = (words, ...content) =>
  el("label", { class: "setting" }, el("span", { class: "setting-name" }, words), ...content);

// --- which map ----------------------------------------------------------------------------------------------------

function showAtlases() {
  atlases.replaceChildren(
    ...state.atlases.map((one) =>
      option(one.name, one.problem ? `${one.title} (cannot be opened)` : one.title, one.name === state.atlas?.name)
    ),
  );
  atlases.parentNode.hidden = state.atlases.length < 2;
}

function begin() {
  const keys = state.atlas.spaces.map((one) => one.key);
  const key = FIRST.find((name) => keys.includes(name)) || keys[0];
  const ready = spaceOf(key).projections;
  showAtlases();
  if (state.side) setBeside(false);
  state.plane.show(key, ["umap2", "tsne2", "pca2"].find((name) => ready.includes(name)) || ready[0]);
  search.value = "";
  found.textContent = "";
  showSearch();
}

function changeSpace(key) {
  if (key === state.plane.space) return;
  const ready = spaceOf(key).projections;
  state.plane.show(key, ready.includes(state.plane.projection) ? state.plane.projection : ready[0]);
}

function radios(box, items, current, onclick) {
  box.replaceChildren(
    ...items.map(([key, words, title]) =>
      el("button", {
        type: "button",
        role: "radio",
        class: "state",
        "data-key": key,
        "aria-checked": String(key === current),
        title,
        onclick: () => onclick(key),
      }, words)
    ),
  );
}

function showPlane(plane) {
  if (plane.slot !== "first") return;
  const space = spaceOf(plane.space);
  const { projections: titles } = state.words;
  spaces.replaceChildren(
    ...state.atlas.spaces.map((one) =>
      el(
        "button",
        {
          type: "button",
          role: "radio",
          class: "map-space",
          "data-key": one.key,
          "aria-checked": String(one.key === plane.space),
          onclick: () => changeSpace(one.key),
        },
        el("span", {}, one.title),
        el("small", { class: "number" }, `${one.dimensions}${one.decodes ? "" : ", no decoder"}`),
      )
    ),
  );
  card.textContent = space.problem || space.card;
  radios(
    projections,
    space.projections.map((key) => [key, titles[key].title.replace(", 3-D", " 3-D")]),
    plane.projection,
    (key) => plane.show(plane.space, key),
  );
  const shares = plane.explained?.length
    ? `These axes hold ${Math.round(100 * plane.explained.reduce((sum, one) => sum + one, 0))} % of the variance.`
    : "";
  const pending = space.pending.length
    ? `Being fitted: ${space.pending.map((key) => titles[key].title).join(", ")}.`
    : "";
  projections.nextSibling.textContent = [shares, pending].filter(Boolean).join(" ");
  showColours();
}

function showColours() {
  const keys = state.colourings.map(([key]) => key);
  const groups = { "Measured attributes": [], "Attributes as asked": [], Structure: [] };
  for (const [key, title] of state.colourings) {
    const name = key.startsWith("measured:")
      ? "Measured attributes"
      : key.startsWith("asked:")
      ? "Attributes as asked"
      : "Structure";
    groups[name].push(option(key, title, false));
  }
  if (state.sought) {
    groups.Structure.unshift(option("sought", "Nearness to the words", false));
    keys.unshift("sought");
  }
  const order = ["Structure", "Measured attributes", "Attributes as asked"].filter((name) => groups[name].length);
  colours.replaceChildren(...order.map((name) => el("optgroup", { label: name }, groups[name])));
  const wanted = [state.by, "cluster:kmeans", "measured:Smiling", "density"].find((key) => keys.includes(key));
  colours.value = wanted;
  if (!state.colouring || wanted !== state.by || !/^(measured|asked|class)/.test(wanted)) colourBy(wanted);
}

// --- looking for --------------------------------------------------------------------------------------------------

function tell(answer) {
  const pictures = answer?.rows.length === 1 ? "1 picture" : `${answer?.rows.length.toLocaleString("en")} pictures`;
  const words = !answer
    ? []
    : answer.how === "words"
    ? [`${pictures} nearest to the words \u201c${answer.understood}\u201d, by CLIP.`, ...answer.notes]
    : answer.rows.length
    ? [`${pictures} by attributes: ${answer.understood}`]
    : answer.notes;
  found.textContent = words.join(" ");
  if (!answer) search.value = "";
}

// Words can be looked for where the atlas has CLIP's vectors and the same CLIP is here.
function showSearch() {
  const can = state.atlas.spaces.some((one) => one.key === "clip" && !one.problem);
  byWords.closest("label").hidden = !can;
  if (!can) byWords.checked = false;
  search.placeholder = byWords.checked ? "a smiling old man" : "eyeglasses and not young";
}

function searchGroup() {
  search = el("input", {
    type: "search",
    class: "field",
    id: "map-search",
    placeholder: "eyeglasses and not young",
    "aria-label": "Search the pictures",
    maxlength: 4000,
  });
  const run = () => searchPictures(search.value, byWords.checked);
  byWords = el("input", {
    type: "checkbox",
    role: "switch",
    id: "map-by-words",
    onchange: () => {
      showSearch();
      if (search.value.trim()) run();
    },
  });
  let later = 0;
  search.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(run, 450);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    clearTimeout(later);
    run();
  });
  found = el("p", { class: "hint lab-note number", role: "status", id: "map-found" });
  return group(
    "",
    el("div", { class: "search" }, icon("search"), search),
    el(
      "label",
      {
        class: "lab-model map-by-words",
        hidden: true,
        title: "Looks for what the words say, whether or not they name attributes",
      },
      el("span", {}, "By words, with CLIP"),
      byWords,
    ),
    found,
  );
}

// --- clusters -----------------------------------------------------------------------------------------------------

function fill(slider) {
  slider.style.setProperty("--from", "0%");
  slider.style.setProperty("--to", `${(100 * (slider.value - slider.min)) / (slider.max - slider.min)}%`);
}

function slider(words, { min, max, step, value }, oninput) {
  const input = el("input", { type: "range", class: "plain", min, max, step, value, "aria-label": words });
  input.addEventListener("input", () => {
    fill(input);
    oninput(Number(input.value));
  });
  fill(input);
  return input;
}

function clusterGroup() {
  method = el("select", { class: "field", "aria-label": "Method" });
  countWords = el("span", { class: "number" }, "8");
  count = slider(
    "Number of clusters",
    { min: 2, max: 24, step: 1, value: 8 },
    (value) => (countWords.textContent = value),
  );
  const name = el("span", { class: "setting-name" }, "Clusters");
  method.addEventListener("change", () => (name.textContent = method.value === "hdbscan" ? "Least size" : "Clusters"));
  choice = el("div", { class: "map-choice" });
  return group(
    "Clusters",
    setting("Method", method),
    el("label", { class: "setting" }, name, count, countWords),
    el(
      "div",
      { class: "button-row map-buttons" },
      el("button", {
        type: "button",
        class: "button",
        id: "map-cluster",
        onclick: () => findClusters(method.value, Number(count.value)),
      }, "Find clusters"),
      el("button", { type: "button", class: "button", id: "map-how-many", onclick: howMany }, "How many?"),
    ),
    choice,
  );
}

function howMany() {
  if (method.value === "hdbscan") {
    return say({ text: "HDBSCAN finds its own number. Choose K-means or a Gaussian mixture." });
  }
  choice.replaceChildren(el("p", { class: "hint", role: "status" }, "Trying 2 to 20 clusters"));
  ask("counts", { kind: "counts", method: method.value, ...where() }, (message) => {
    if (message.error) return choice.replaceChildren();
    choice.replaceChildren(
      ...message.charts.map((figure) => makeChart(figure).node),
      el(
        "p",
        { class: "hint number" },
        `From ${message.counts[0]} to ${message.counts.at(-1)}; best silhouette at ${message.suggested}.`,
      ),
    );
    Object.assign(count, { value: message.suggested });
    countWords.textContent = message.suggested;
    fill(count);
  });
}

// --- the column ---------------------------------------------------------------------------------------------------

function secondGroup() {
  second = el("select", {
    class: "field",
    id: "map-second",
    "aria-label": "Second space",
    onchange: () => showSecond(second.value),
  });
  beside = el("input", {
    type: "checkbox",
    role: "switch",
    id: "map-beside",
    onchange: () => setBeside(beside.checked),
  });
  on("map:beside", () => {
    beside.checked = state.side;
    second.hidden = !state.side;
    second.replaceChildren(
      ...state.atlas.spaces.map((one) => option(one.key, one.title, one.key === state.second?.space)),
    );
  });
  second.hidden = true;
  return el(
    "div",
    { class: "map-beside" },
    el("label", { class: "lab-model" }, el("span", {}, "Another space beside it"), beside),
    second,
  );
}

part("map-controls", (handle) => {
  const { root } = handle;
  atlases = el("select", { class: "field", "aria-label": "Pictures", onchange: () => chooseAtlas(atlases.value) });
  spaces = el("div", { class: "map-spaces", role: "radiogroup", "aria-label": "Space" });
  card = el("p", { class: "hint map-card" });
  projections = el("div", { class: "states map-projections", role: "radiogroup", "aria-label": "Projection" });
  colours = el("select", {
    class: "field",
    id: "map-colour",
    "aria-label": "Colour by",
    onchange: () => colourBy(colours.value),
  });
  legend = el("div", {});
  const redraw = (name) => (value) => {
    state[name] = value;
    emit("map:redraw");
  };
  const contours = el("input", {
    type: "checkbox",
    role: "switch",
    id: "map-contours",
    onchange: () => redraw("contours")(contours.checked),
  });
  root.classList.add("column", "lab-column", "map-column");
  root.append(
    el(
      "div",
      { class: "column-body" },
      searchGroup(),
      group("Space", el("label", { class: "map-atlases", hidden: true }, atlases), spaces, card, secondGroup()),
      group(
        "Layout",
        projections,
        el("p", { class: "hint lab-note number" }),
        el(
          "div",
          { class: "button-row map-buttons" },
          el(
            "button",
            { type: "button", class: "button", id: "map-spaces-compare", onclick: compareSpaces },
            "Compare spaces",
          ),
          el("button", { type: "button", class: "button", id: "map-keep", onclick: keepPage }, "Save as a web page"),
        ),
      ),
      group(
        "Colour",
        colours,
        legend,
        setting(
          "Size",
          slider("Size of the points", { min: 2, max: 20, step: 0.5, value: state.size }, redraw("size")),
        ),
        setting(
          "Opacity",
          slider("Opacity", { min: 0.1, max: 1, step: 0.05, value: state.opacity }, redraw("opacity")),
        ),
        el("label", { class: "lab-model" }, el("span", {}, "Density contours"), contours),
      ),
      clusterGroup(),
      group(
        "Apart",
        el(
          "button",
          { type: "button", class: "button map-wide", id: "map-oddities", onclick: oddities },
          "Outliers and near-duplicates",
        ),
      ),
      photosGroup(),
    ),
  );
  connect(handle);
  method.append(...Object.entries(state.words.methods).map(([key, words]) => option(key, words, key === "kmeans")));
});

on("map:atlases", showAtlases);
on("map:atlas", begin);
on("map:shown", showPlane);
on("map:colours", () => {
  if (!legend) return;
  legend.replaceChildren(legendView());
  colours.querySelector("option[value='']")?.remove();
  if (!state.by && state.colouring) colours.prepend(option("", "Clusters as found", true));
});
on("map:ready", () => showPlane(state.plane));
on("map:found", tell);
on(
  "map:sought",
  () => (state.by === "sought" || !state.colouring
    ? showColours()
    : colours.querySelector('option[value="sought"]')?.remove()),
);
export { changeSpace as showSpace };
