// Left and right walk the history, R rerolls, Esc stops; while somebody types, keys are theirs.
import { walkHistory } from "./history.js";
import { requests } from "./requests.js";
import { rerollFace } from "./state.js";

const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]";
const OWN_ARROWS = "input[type=range], [role=radio], [role=tab], canvas.crop";

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!document.getElementById("faces-canvas")?.offsetParent) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") return requests.stop();
  if (target.closest(TYPED)) return;
  if (event.key === "r" || event.key === "R") return rerollFace();
  if (target.closest(OWN_ARROWS)) return;
  if (event.key === "ArrowLeft") walkHistory(-1);
  else if (event.key === "ArrowRight") walkHistory(1);
  else return;
  event.preventDefault();
});
