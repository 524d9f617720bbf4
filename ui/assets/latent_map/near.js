// What is near what: the nearest pictures in every space side by side, a picture from another tab, and outliers.
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { paint } from "../shared/pictures.js";
import { takes } from "../shared/send.js";
import { term } from "../shared/term.js";
import { LARGE, panelSection, sendRow, showInPanel, thumbnails } from "./panel.js";
import { request } from "./requests.js";
import { showSpace } from "./space.js";
import { say, selectRows, spaceOf, state, where } from "./state.js";

// One line of pictures per space; those that the space on the map has among its nearest, too, are marked.
function everySpace(near) {
  const here = new Set(near[state.plane.space] || []);
  const order = Object.keys(near).sort((a, b) => Number(b === state.plane.space) - Number(a === state.plane.space));
  return order.map((key) => {
    const rows = near[key].slice(0, 8);
    const shared = rows.filter((row) => here.has(row)).length;
    const own = key === state.plane.space;
    const strip = thumbnails(rows);
    strip.classList.add("latent-map-line");
    if (!own) [...strip.children].forEach((node, index) => node.toggleAttribute("data-shared", here.has(rows[index])));
    return el(
      "div",
      { class: "latent-map-near-space", "data-space": key },
      el("button", {
        type: "button",
        class: "text-button",
        disabled: own,
        title: own ? null : "Show this space",
        onclick: () => showSpace(key),
      }, spaceOf(key).title),
      el("span", { class: "hint number" }, own ? "on the map" : `${shared} of ${rows.length} the same`),
      strip,
    );
  });
}

const nearSection = (near) => panelSection(term("near", "Nearest in every space"), ...everySpace(near));

// --- a picture from another tab -----------------------------------------------------------------------------------

// What a browser shows of a picture: the server's copy of a format that it does not know, such as a phone's HEIC.
async function visibleOf(uri, shown) {
  const face = new Image();
  face.src = uri;
  try {
    await face.decode();
    return { face, seen: uri };
  } catch {
    face.src = shown;
    await face.decode();
    return { face, seen: shown };
  }
}

// Waits for a map, then requests where the picture lies in all its spaces: changing the map requests nothing.
function locate(picture) {
  state.expected = state.plane?.data && state.plane.atlas === state.atlas?.name ? null : picture;
  if (state.expected) return;
  const { uri, name } = picture;
  say({ text: "Looking for its place on the map." });
  request("locate", { kind: "locate", uri, ...where() }, async (message) => {
    if (message.error) return;
    say({ text: "" });
    const visible = await visibleOf(uri, message.shown);
    const near = Object.fromEntries(
      Object.entries(message.spaces).filter(([, one]) => !one.problem).map(([key, one]) => [key, one.rows]),
    );
    Object.assign(state, { picked: { guest: { uri, name, ...visible, spaces: message.spaces } }, near });
    guest();
    emit("latent-map:redraw");
  });
}

function guest() {
  const { uri, seen, name, spaces } = state.picked.guest;
  const here = spaces[state.plane.space];
  const canvas = el("canvas", { class: "latent-map-large", role: "img", "aria-label": name });
  paint(canvas, seen, LARGE);
  showInPanel(
    "Your picture",
    canvas,
    sendRow(() => ({ uri, name })),
    el(
      "p",
      { class: "hint" },
      here?.problem ||
        (state.plane.projection.startsWith("pca")
          ? "Placed as the map\u2019s own pictures are."
          : "Placed between the pictures that are nearest to it in this space: such a map has no formula."),
    ),
    nearSection(state.near),
  );
}

// --- outliers -----------------------------------------------------------------------------------------------------

export function showOutliers() {
  say({ text: "Comparing every picture with its neighbours." });
  request("outliers", { kind: "outliers", ...where() }, (message) => {
    if (message.error) return;
    say({ text: "" });
    selectRows(message.outliers); // they stand out on the map, too
    const factors = message.factors;
    const lonely = thumbnails(message.outliers);
    [...lonely.children].forEach((node, index) => (node.title = `Local outlier factor ${factors[index]}`));
    const pairs = message.duplicates.map((pair) => {
      const two = thumbnails(pair);
      two.classList.add("latent-map-pair");
      return two;
    });
    showInPanel(
      `Outliers in ${spaceOf(state.plane.space).title}`,
      panelSection(
        "Outliers",
        el(
          "p",
          { class: "hint number" },
          `Their places are up to ${factors[0]} times as empty as those around them (local outlier factor).`,
        ),
        lonely,
      ),
      panelSection(
        "Near-duplicates",
        pairs.length
          ? el("div", { class: "latent-map-pairs" }, pairs)
          : el("p", { class: "hint" }, "No two pictures are much closer than neighbours usually are."),
      ),
    );
  });
}

on("latent-map:shown", (plane) => plane.slot === "first" && state.expected && locate(state.expected));
on("latent-map:locate", locate);
takes("map", locate);

export { guest as showGuest, nearSection };
