// The steps of the drawing on the canvas, in a panel below it that comes when it is asked for (inside/main.js).
import { iconButton } from "./controls.js";
import { el } from "./dom.js";
import { emit, on } from "./events.js";
import { fetchTab } from "./later.js";

const TYPED = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]";

const load = () => fetchTab("inside", () => import("../inside/main.js"));

/**
 * One drawing that has steps.
 * @typedef {object} Subject
 * @property {string} key what is kept of it is kept under this
 * @property {object} recipe of this one picture
 * @property {string} words names it
 */

/**
 * @param {object} tab
 * @param {string} tab.name of the tab's events
 * @param {() => Subject | null} tab.subject what is on the canvas; null: nothing that has steps
 * @param {() => Subject[]} tab.drawings all that are compared on the canvas
 * @param {import("./request_queue.js").RequestQueue} tab.requests
 * @returns {{node: HTMLElement, button: HTMLElement, toggle: (on?: boolean) => void}}
 */
export function makeInside({ name, subject, drawings, requests }) {
  const node = el("section", {
    class: "inside",
    id: `${name}-inside`,
    hidden: true,
    "aria-label": "Inside the drawing",
  });
  let panel = null;

  async function toggle(open = node.hidden) {
    if (open === !node.hidden) return;
    node.hidden = !open;
    node.parentElement?.toggleAttribute("data-inside", open);
    button.setAttribute("aria-pressed", String(open));
    emit(`${name}:inside`, open);
    if (!open) return button.focus();
    const { InsidePanel } = await load();
    panel ||= new InsidePanel(node, { name, subject, drawings, requests, close: () => toggle(false) });
    panel.show();
  }

  const words = "Look inside: every step of this drawing (I)";
  const button = iconButton("inside", words, () => toggle(), { id: `${name}-look-inside`, "aria-pressed": "false" });
  on(`${name}:shown`, () => {
    button.hidden = !subject();
    if (!node.hidden) panel?.show();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "i" && event.key !== "I") return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !button.offsetParent) return;
    if (event.target instanceof Element && event.target.closest(TYPED)) return;
    toggle();
  });
  return { node, button, toggle };
}
