// A dialog over the page, which Escape, its button and a click beside it close.
import { iconButton } from "../shared/controls.js";
import { el } from "../shared/dom.js";

/**
 * @param {string} id
 * @param {string} title
 * @returns {{open: (...content: (Node | string)[]) => void, close: () => void, node: HTMLDialogElement}}
 */
export function makeDialog(id, title) {
  const body = el("div", { class: "learn-dialog-body" });
  const close = () => node.close();
  const head = el("header", {}, el("h2", {}, title), iconButton("close", "Close", close));
  const node = /** @type {HTMLDialogElement} */ (
    el("dialog", { class: "component learn-dialog", id, "aria-label": title }, head, body)
  );
  node.addEventListener("click", ({ target }) => target === node && close());
  node.addEventListener("keydown", (event) => event.stopPropagation()); // the page below hears no keys
  return {
    node,
    close,
    open(...content) {
      body.replaceChildren(...content);
      if (!node.isConnected) document.body.append(node);
      if (!node.open) node.showModal();
      body.scrollTo(0, 0);
    },
  };
}
