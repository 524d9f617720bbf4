// The plane of seeds around the present one, as a pad: dragged, and moved by the arrow keys. Its middle is the seed itself.
import { group, groupHead, textButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { whenRefreshed } from "./refresh.js";
import { change, state } from "./state.js";

const STEP = 0.05; // of a quarter turn, for every arrow key
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HINT = "Drag, or use the arrow keys: faces of nearby seeds. At the edge it is somebody else.";
const REST = 350; // milliseconds after a key

/** How far a place of the plane is from its seed, in degrees of the turn between their noises. */
export const turned = ([x, y] = [0, 0]) => Math.round(90 * Math.hypot(x, y));

const round = (value) => Math.round(1000 * value) / 1000;

/** A place inside of the disc, with three digits: as a recipe keeps it. */
export function inside(x, y) {
  const reach = Math.max(1, Math.hypot(x, y));
  return [round(x / reach), round(y / reach)];
}

let timer = 0;

function placeOf(pad, { clientX, clientY }) {
  const { left, top, width, height } = pad.getBoundingClientRect();
  return inside((2 * (clientX - left)) / width - 1, (2 * (clientY - top)) / height - 1);
}

function keys(event) {
  const way = WAYS[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [x, y] = state.recipe.nearby;
  change({ nearby: inside(x + STEP * way[0], y + STEP * way[1]) }, { live: true });
  clearTimeout(timer);
  timer = setTimeout(() => change({}), REST);
}

function makePad() {
  const dot = el("span", { class: "nearby-dot" });
  const pad = el("div", { class: "nearby-pad", id: "nearby", tabindex: 0, role: "application" }, dot);
  let held = false;
  const move = (event, options) => change({ nearby: placeOf(pad, event) }, options);
  pad.addEventListener("pointerdown", (event) => {
    held = true;
    pad.setPointerCapture(event.pointerId);
    move(event, { live: true });
  });
  pad.addEventListener("pointermove", (event) => held && move(event, { live: true }));
  pad.addEventListener("pointerup", (event) => {
    if (held) move(event, {});
    held = false;
  });
  pad.addEventListener("pointercancel", () => (held = false));
  pad.addEventListener("keydown", keys);
  whenRefreshed(() => {
    const [x, y] = state.recipe.nearby;
    dot.style.left = `${50 + 50 * x}%`;
    dot.style.top = `${50 + 50 * y}%`;
    pad.setAttribute("aria-label", `Seeds around this one: ${turned([x, y])} degrees away. ${HINT}`);
  });
  return pad;
}

/** The section of the control column; a photo that is edited has no seed to go away from. */
export function nearbySeeds() {
  const back = textButton("Back to the seed", () => change({ nearby: [0, 0] }), { id: "nearby-back" });
  const words = el("p", { class: "hint" }, HINT);
  const node = group(null, groupHead("Around this seed", back), el("div", { class: "nearby" }, makePad(), words));
  whenRefreshed(() => {
    node.hidden = state.mode === "edit";
    back.disabled = !turned(state.recipe.nearby);
  });
  return node;
}
