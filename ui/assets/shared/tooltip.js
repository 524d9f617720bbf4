// What a button without words does, at once under the pointer and on focus: `data-tip` holds the words.
import { el } from "./dom.js";

const GAP = 6; // CSS pixels between a button and its tip
const tip = el("div", { class: "tooltip", role: "presentation", hidden: true });

function show(target) {
  const node = target instanceof Element && target.closest("[data-tip]");
  tip.hidden = !node || !node.dataset.tip;
  if (tip.hidden) return;
  tip.textContent = node.dataset.tip;
  if (!tip.isConnected) document.body.append(tip);
  const [box, own] = [node.getBoundingClientRect(), tip.getBoundingClientRect()];
  const left = Math.min(innerWidth - own.width - 8, Math.max(8, box.left + (box.width - own.width) / 2));
  const below = box.bottom + GAP + own.height < innerHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${below ? box.bottom + GAP : box.top - GAP - own.height}px`;
}

const hide = () => (tip.hidden = true);

addEventListener("pointerover", (event) => event.pointerType === "mouse" && show(event.target));
addEventListener(
  "focusin",
  ({ target }) => target instanceof Element && target.matches(":focus-visible") && show(target),
);
addEventListener("focusout", hide);
addEventListener("pointerdown", hide, true);
addEventListener("keydown", (event) => event.key === "Escape" && hide(), true);
addEventListener("scroll", hide, true);
