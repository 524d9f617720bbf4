// The canvas of the tab: tools above, one map or two beside each other, the panel at the right, the film below.
import { el, emit, icon, on, part } from "../shared/core.js";
import { clearChoice } from "./acts.js";
import { panelView } from "./panel.js";
import { makePlane } from "./plane.js";
import { filmView } from "./strip.js";
import { chooseAtlas, openAtlases, receive, spaceOf, state } from "./wire.js";

const TOOLS = {
  look: ["Look", "V", "Drag to move, click a point to see it, click between points to decode"],
  decode: ["Decode", "D", "Drag anywhere: what lies there is decoded as you move"],
  path: ["Path", "P", "Click two or more points or empty places"],
  lasso: ["Lasso", "L", "Draw around pictures to learn what they have in common"],
};
let stage, planes, message, empty, hint, tools, film;

const visible = () => Boolean(stage?.offsetParent);

function useTool(name) {
  state.tool = name;
  for (const button of tools.children) {
    button.setAttribute("aria-checked", String(button.dataset.tool === name));
    button.tabIndex = button.dataset.tool === name ? 0 : -1;
  }
  hint.textContent = TOOLS[name][2];
}

function toolbar() {
  tools = el(
    "div",
    { class: "states map-tools", role: "radiogroup", "aria-label": "Tool" },
    Object.entries(TOOLS).map(([name, [title, key]]) =>
      el("button", {
        type: "button",
        role: "radio",
        class: "state",
        "data-tool": name,
        title: `${title} (${key})`,
        onclick: () => useTool(name),
      }, title)
    ),
  );
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(TOOLS);
    useTool(names[(names.indexOf(state.tool) + step + names.length) % names.length]);
    tools.querySelector('[aria-checked="true"]').focus();
  });
  hint = el("p", { class: "hint map-hint" });
  const small = (words, title, onclick) =>
    el("button", { type: "button", class: "icon-button", title, "aria-label": title, onclick }, words);
  return el(
    "div",
    { class: "map-bar-top" },
    tools,
    hint,
    el(
      "div",
      { class: "map-zoom" },
      small("+", "Zoom in", () => state.plane.zoom(1.4)),
      small("−", "Zoom out", () => state.plane.zoom(1 / 1.4)),
      el("button", {
        type: "button",
        class: "button small",
        onclick: () => [state.plane, state.second].forEach((plane) => plane?.data && plane.fit()),
      }, "Fit"),
    ),
  );
}

function say({ text, error = false }) {
  message.hidden = !text;
  message.dataset.kind = error ? "error" : "note";
  message.replaceChildren(
    error ? icon("warning") : "",
    el("span", {}, text),
    el("button", {
      type: "button",
      class: "icon-button",
      "aria-label": "Close this message",
      onclick: () => (message.hidden = true),
    }, icon("close")),
  );
  clearTimeout(message.timer);
  message.timer = setTimeout(() => (message.hidden = true), error ? 12000 : 4000);
}

// The one sentence, with its command apart, so that it can be copied.
function nothing() {
  const bare = !state.atlases.length;
  stage.classList.toggle("bare", bare && state.opened);
  empty.hidden = !bare || !state.opened;
  const at = state.missing.indexOf("python ");
  empty.replaceChildren(
    el("strong", {}, "There is no map yet"),
    el("p", {}, at > 0 ? state.missing.slice(0, at).replace(/^There is no atlas yet; m/, "M") : state.missing),
    at > 0 ? el("code", {}, state.missing.slice(at)) : "",
    el(
      "div",
      { class: "map-row" },
      el(
        "button",
        {
          type: "button",
          class: "primary",
          onclick: () => document.getElementById("map-files").click(),
        },
        icon("upload"),
        "Map my photos",
      ),
      el("button", {
        type: "button",
        class: "button",
        onclick: () => openAtlases(() => chooseAtlas(state.atlases.find((one) => !one.problem)?.name)),
      }, "Check again"),
    ),
  );
}

function beside(on) {
  state.side = on;
  stage.classList.toggle("two", on);
  if (on && !state.second) {
    state.second = makePlane("second");
    planes.append(state.second.element);
  } else if (!on && state.second) {
    state.second.element.remove();
    state.second = null;
  }
  if (on) {
    const others = state.atlas.spaces.map((one) => one.key).filter((key) => key !== state.plane.space);
    showSecond(others.at(-1) || state.plane.space);
  }
  requestAnimationFrame(() =>
    [state.plane, state.second].filter((plane) => plane?.data).forEach((plane) => {
      plane.measure();
      plane.fit();
    })
  );
  emit("map:beside");
}

function showSecond(key) {
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

part("map-canvas", ({ root, props, watch }) => {
  planes = el("div", { class: "map-planes" });
  message = el("div", { class: "message", role: "alert", hidden: true });
  empty = el("div", { class: "map-empty", hidden: true });
  film = filmView();
  stage = el(
    "section",
    { class: "map-stage", "aria-label": "Latent map" },
    toolbar(),
    el("div", { class: "map-middle" }, planes, panelView(), empty, message),
    film,
  );
  root.classList.add("map-canvas");
  root.append(stage);
  state.plane = makePlane("first");
  planes.append(state.plane.element);
  useTool("look");
  watch("value", () => receive(props.value));
  addEventListener("keydown", keys);
});

on("map:say", say);
on("map:atlases", nothing);
on("map:strip", () => message && (message.hidden = true));
export { beside as setBeside, showSecond, useTool };
