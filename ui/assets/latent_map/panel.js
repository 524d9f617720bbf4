// The panel beside the map: its frame, and the pieces that all its contents are made of.
import { button, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { pickRow } from "./acts.js";
import { drawThumbnail, spaceOf, state } from "./state.js";

export const LARGE = 264; // CSS pixels of the picture in hand
const SMALL = 96; // of a thumbnail, doubled for fine screens
let panel, body, heading;

export const label = (name) => state.words.labels[name] || name.replaceAll("_", " ");
export const width = (share) => `${100 * share}%`;
export const large = (uri, words) => {
  const canvas = el("canvas", { class: "latent-map-large", role: "img", "aria-label": words });
  if (uri) paint(canvas, uri, LARGE);
  return canvas;
};
export const panelSection = (title, ...content) =>
  el("section", { class: "latent-map-part" }, el("h3", {}, title), ...content);
export const spaceTitle = (key = state.plane.space) => spaceOf(key).title;

export function thumbnails(rows) {
  return el(
    "div",
    { class: "latent-map-thumbs" },
    rows.map((row) => {
      const canvas = el("canvas", { width: SMALL, height: SMALL });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      if (!drawThumbnail(context, row, 0, 0, SMALL)) canvas.dataset.waiting = row;
      const glances = { onpointerenter: () => glance(row), onpointerleave: () => glance(-1) };
      return button(canvas, () => pickRow(row), { class: null, "aria-label": `Picture ${row}`, ...glances });
    }),
  );
}

function glance(row) {
  state.hover = row;
  emit("latent-map:redraw");
}

export function showInPanel(title, ...content) {
  heading.textContent = title;
  body.replaceChildren(...content.filter(Boolean));
  panel.dataset.kind = title ? "open" : "empty";
  body.scrollTop = 0;
  emit("latent-map:panel");
}

// The picture in hand goes to another tab.
export const sendRow = (get) =>
  el(
    "div",
    { class: "latent-map-row latent-map-send" },
    el("span", { class: "hint" }, "Send to"),
    sendButtons("map", get, { titles: true }),
  );

/** The content as it stands: {title, body}. */
export const panelNow = () => ({ title: heading?.textContent || "", body });

function close() {
  Object.assign(state, { picked: null, near: {} });
  emit("latent-map:picked", null);
  emit("latent-map:redraw");
}

export function panelView() {
  heading = el("h2", {});
  body = el("div", { class: "latent-map-panel-body" });
  const head = el("header", {}, heading, iconButton("close", "Close", close));
  panel = el("aside", { class: "latent-map-panel", "aria-label": "What was chosen" }, head, body);
  return panel;
}

// Thumbnails that were shown before their sheet had arrived.
on("latent-map:sheets", () =>
  body?.querySelectorAll("canvas[data-waiting]").forEach((canvas) => {
    if (drawThumbnail(canvas.getContext("2d"), Number(canvas.dataset.waiting), 0, 0, SMALL)) {
      delete canvas.dataset.waiting;
    }
  }));
