// One picture of a comparison enlarged, with what can be done with it.
import { openPrompt } from "../prompts/entrance.js";
import { button, iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { saveAs } from "../shared/files.js";
import { percent } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { paint } from "../shared/pictures.js";
import { sendButtons } from "../shared/send.js";
import { choosePicture, chosenPicture, state, visible } from "./state.js";

const [LEAST, MOST, MARGIN] = [200, 640, 32]; // CSS pixels
let view, canvas, room, title, told, prompts;

const drawnBy = (picture, model) => picture.recipe?.model === model;

// A face of the face model is drawn again from its recipe; any other picture is a photo to the Faces tab.
function outgoing() {
  const { picture } = chosenPicture();
  const recipe = drawnBy(picture, "faces") ? { recipe: picture.recipe } : {};
  return { uri: picture.uri, name: picture.title, ...recipe };
}

function download() {
  const { picture } = chosenPicture();
  saveAs(picture.uri, `latentscape-${picture.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`);
}

function paintLarge() {
  const now = chosenPicture();
  if (!now || !room.clientWidth) return;
  const height = matchMedia("(max-width: 760px)").matches ? MOST : room.clientHeight;
  const side = Math.round(Math.max(LEAST, Math.min(room.clientWidth - MARGIN, height - MARGIN, MOST)));
  canvas.style.width = canvas.style.height = `${side}px`;
  paint(canvas, now.picture.uri, side);
}

function show() {
  const now = chosenPicture();
  view.hidden = !now;
  if (!now) return;
  const { row, picture } = now;
  title.textContent = picture.title;
  const seen = picture.agreement === null
    ? ""
    : `, ${percent(picture.agreement)} of the request seen by the classifier`;
  told.textContent = `${row.given}${seen}`;
  canvas.setAttribute("aria-label", picture.title);
  prompts.hidden = !drawnBy(picture, "text");
  requestAnimationFrame(paintLarge);
}

// Left and right go through the row, up and down through the rows.
function step(down, across) {
  const rows = state.shown.rows.filter((row) => row.pictures.length);
  const at = rows.findIndex((row) => row.name === state.chosen.row);
  const row = rows[(at + down + rows.length) % rows.length];
  const count = row.pictures.length;
  const place = Math.min(state.chosen.place, count - 1);
  choosePicture({ row: row.name, place: (place + across + count) % count });
}

function keys(event) {
  if (!state.chosen || !visible() || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") return choosePicture(null);
  if (target.closest("input, select, textarea, [role=radio], [role=tab]")) return;
  const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!way) return;
  event.preventDefault();
  step(...way);
}

export function detailView() {
  const mark = el("span", { class: "reconstruction-back-mark", "aria-hidden": "true" }, icon("chevron"));
  const back = button([mark, "All pictures"], () => choosePicture(null), { class: "button small", id: "compare-back" });
  title = el("h2", { class: "reconstruction-title" });
  prompts = iconButton("search", "Open in Text prompts", () => openPrompt({ png: chosenPicture().picture.uri }), {
    id: "compare-to-prompts",
  });
  const save = iconButton("download", "Download PNG", download, { id: "compare-download" });
  const send = sendButtons("", outgoing);
  for (const one of send) one.id = `compare-to-${one.dataset.send}`;
  const bar = el(
    "div",
    { class: "compare-bar" },
    back,
    title,
    el("div", { class: "compare-send" }, save, prompts, send),
  );
  canvas = el("canvas", { role: "img", class: "compare-large" });
  room = el("div", { class: "compare-room" }, canvas);
  told = el("p", { class: "hint compare-told" });
  view = el("section", { class: "compare-detail", hidden: true, "aria-label": "One picture" }, bar, room, told);
  new ResizeObserver(paintLarge).observe(room);
  on("compare:chosen", show);
  document.addEventListener("keydown", keys);
  return view;
}
