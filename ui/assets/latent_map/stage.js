// The canvas of the tab: tools above, one map or two beside each other, the panel at the right, the film below.
import { register } from "../shared/components.js";
import { button, checkRadio, radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { icon } from "../shared/icons.js";
import { makeNotice, splitCommand } from "../shared/notice.js";
import { clearChoice } from "./acts.js";
import { drawingsView } from "./drawings.js";
import { panelView } from "./panel.js";
import { Plane } from "./plane.js";
import { chooseAtlas, openAtlases, requests } from "./requests.js";
import { spaceOf, state } from "./state.js";
import { filmView } from "./strip.js";

const TOOLS = {
  look: ["Look", "V", "Drag to move, click a point to see it, click between points to decode"],
  decode: ["Decode", "D", "Drag anywhere: what lies there is decoded as you move"],
  path: ["Path", "P", "Click two or more points or empty places"],
  lasso: ["Lasso", "L", "Draw around pictures to learn what they have in common"],
};
const ZOOM = 1.4; // of one press
let stage, planes, empty, hint;
let tools = [];
const notice = makeNotice();

const visible = () => Boolean(stage?.offsetParent);

export function useTool(name) {
  state.tool = name;
  checkRadio(tools, (one) => one.dataset.tool === name);
  for (const one of tools) one.tabIndex = one.dataset.tool === name ? 0 : -1;
  hint.textContent = TOOLS[name][2];
}

function toolRadios() {
  tools = Object.entries(TOOLS).map(([name, [title, key]]) =>
    radio(title, () => useTool(name), { "data-tool": name, title: `${title} (${key})` })
  );
  const radios = radioGroup("Tool", tools, { class: "states latent-map-tools" });
  radios.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(TOOLS);
    useTool(names[(names.indexOf(state.tool) + step + names.length) % names.length]);
    tools.find((one) => one.dataset.tool === state.tool).focus();
  });
  return radios;
}

function toolbar() {
  hint = el("p", { class: "hint latent-map-hint" });
  const small = (words, title, onclick) => button(words, onclick, { class: "icon-button", title, "aria-label": title });
  const fit = () => [state.plane, state.second].forEach((plane) => plane?.data && plane.fit());
  const zoom = el(
    "div",
    { class: "latent-map-zoom" },
    small("+", "Zoom in", () => state.plane.zoom(ZOOM)),
    small("\u2212", "Zoom out", () => state.plane.zoom(1 / ZOOM)),
    button("Fit", fit, { class: "button small" }),
  );
  return el("div", { class: "latent-map-bar-top" }, toolRadios(), hint, zoom);
}

// A sentence whose command is an element of its own, so that it can be copied.
function nothing() {
  const bare = !state.atlases.length;
  stage.classList.toggle("bare", bare && state.opened);
  empty.hidden = !bare || !state.opened;
  const [words, command] = splitCommand(state.missing);
  const again = () => openAtlases(() => chooseAtlas(state.atlases.find((one) => !one.problem)?.name));
  const photos = [icon("upload"), "Map my photos"];
  empty.replaceChildren(
    el("strong", {}, "There is no map yet"),
    el("p", {}, words.replace(/^There is no atlas yet; m/, "M")),
    command ? el("code", {}, command) : "",
    el(
      "div",
      { class: "latent-map-row" },
      button(photos, () => document.getElementById("latent-map-files").click(), { class: "primary" }),
      button("Check again", again),
    ),
  );
}

/** Lays a second map beside the first one, or takes it away. */
export function setBeside(on) {
  state.side = on;
  stage.classList.toggle("two", on);
  if (on && !state.second) {
    state.second = new Plane("second");
    planes.append(state.second.element);
  } else if (!on && state.second) {
    state.second.close();
    state.second = null;
  }
  if (on) {
    const others = state.atlas.spaces.map((one) => one.key).filter((key) => key !== state.plane.space);
    showSecond(others.at(-1) || state.plane.space);
  }
  requestAnimationFrame(() => {
    for (const plane of [state.plane, state.second]) {
      if (!plane?.data) continue;
      plane.measure();
      plane.fit();
    }
  });
  emit("latent-map:beside");
}

export function showSecond(key) {
  const ready = spaceOf(key).projections;
  state.second.show(key, ready.includes(state.plane.projection) ? state.plane.projection : ready[0]);
}

function keys(event) {
  if (!visible() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target instanceof Element && event.target.closest("input:not([type=range]), textarea, select")) return;
  if (event.key === "Escape") return clearChoice();
  const found = Object.entries(TOOLS).find(([, [, key]]) => key.toLowerCase() === event.key.toLowerCase());
  if (found) useTool(found[0]);
}

register("latent-map-canvas", ({ root, props, watch }) => {
  planes = el("div", { class: "latent-map-planes" });
  empty = el("div", { class: "latent-map-empty", hidden: true });
  const middle = el("div", { class: "latent-map-middle" }, planes, drawingsView(), panelView(), empty, notice.node);
  stage = el("section", { class: "latent-map-stage", "aria-label": "Latent map" }, toolbar(), middle, filmView());
  root.classList.add("latent-map-canvas");
  root.append(stage);
  state.plane = new Plane("first");
  planes.append(state.plane.element);
  useTool("look");
  watch("value", () => requests.receive(props.value));
  addEventListener("keydown", keys);
});

on("latent-map:say", (words) => notice.say({ long: words.error, ...words }));
on("latent-map:atlases", nothing);
on("latent-map:strip", notice.close);
