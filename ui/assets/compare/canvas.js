// The canvas of the Compare tab: pictures, measured figures, the blind game and the answer, one at a time.
import { showView } from "../shared/charts.js";
import { after, register } from "../shared/components.js";
import { button, checkRadio, radio, radioGroup } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";
import { duration } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { makeNotice } from "../shared/notice.js";
import { sortByClick } from "../shared/sort_table.js";
import { detailView } from "./detail.js";
import { gameView } from "./game.js";
import { requests, reroll } from "./requests.js";
import { rowsView, showRows } from "./rows.js";
import { choosePicture, openView, state, VIEWS, visible } from "./state.js";

const PAGES = ["figures", "answer"]; // views that are HTML of the server
const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select";
const notice = makeNotice();
const parts = {}; // view -> element
let stage, modes, told, stop;

const drawing = () => requests.current?.slot === "draw" || requests.waiting.draw.length > 0;

function tell() {
  const busy = drawing();
  const { rows, milliseconds, cancelled, notes = [] } = state.shown;
  const wanted = state.makers.length - state.off.size;
  const done = rows.filter((row) => row.finished).length;
  stop.hidden = !busy;
  stage.toggleAttribute("data-busy", busy);
  stage.style.setProperty("--done", busy && wanted ? `${Math.round((100 * done) / wanted)}%` : "0%");
  const at = busy ? `${done} of ${wanted} rows` : milliseconds ? duration(milliseconds) : "";
  told.textContent = [cancelled && !busy ? "Stopped" : "", at, ...(busy ? [] : notes)].filter(Boolean).join(". ");
}

function show() {
  for (const [view, node] of Object.entries(parts)) node.hidden = view !== state.view;
  checkRadio(modes, (one) => one.dataset.view === state.view);
  modes.forEach((one) => (one.tabIndex = one.dataset.view === state.view ? 0 : -1));
  told.hidden = state.view !== "pictures";
  choosePicture(null);
  if (state.view === "pictures") showRows(drawing());
  if (PAGES.includes(state.view)) requests.request("page", { kind: state.view });
}

function toolbar() {
  modes = Object.entries(VIEWS).map(([view, words]) =>
    radio(words, () => openView(view), { "data-view": view, id: `compare-${view}` })
  );
  const radios = radioGroup("What is shown", modes, { class: "states compare-views" });
  radios.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = Object.keys(VIEWS);
    openView(names[(names.indexOf(state.view) + step + names.length) % names.length]);
    modes[names.indexOf(state.view)].focus();
  });
  told = el("p", { class: "hint number compare-progress", role: "status" });
  stop = button([icon("stop"), "Stop"], () => requests.stop(), {
    class: "button small",
    id: "compare-stop",
    hidden: true,
    title: "Stop, and keep what is there (Esc)",
  });
  return el("div", { class: "compare-bar" }, radios, told, stop);
}

// R draws with other seeds, Esc stops; while somebody types, keys are theirs.
function keys(event) {
  if (!visible() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape" && drawing()) return requests.stop();
  if (target.closest(TYPED) || state.view !== "pictures") return;
  if (event.key === "r" || event.key === "R") reroll();
}

function page(view) {
  const node = el("div", { class: "compare-page", tabindex: 0, "aria-label": VIEWS[view] });
  node.addEventListener("click", sortByClick);
  on(`compare:${view}`, (found) => showView(node, found));
  return node;
}

register("compare-canvas", ({ root, props, watch }) => {
  const detail = detailView();
  parts.pictures = rowsView(drawing);
  for (const view of PAGES) parts[view] = page(view);
  parts.game = gameView();
  const named = { class: "compare-stage", "aria-label": "Comparison" };
  stage = el("section", named, toolbar(), Object.values(parts), notice.node);
  root.classList.add("compare-canvas");
  root.append(stage, detail);
  on("compare:view", show);
  on("compare:chosen", () => (stage.hidden = Boolean(state.chosen)));
  for (const name of ["rows", "makers", "requested", "finished"]) on(`compare:${name}`, tell);
  for (const name of ["requested", "finished"]) on(`compare:${name}`, () => showRows(drawing()));
  on("compare:say", notice.say);
  document.addEventListener("keydown", keys);
  watch("value", () => requests.receive(props.value));
});

after(["compare-controls", "compare-canvas"], () => emit("compare:mounted"));
