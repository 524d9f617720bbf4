// Components: places in the page that Gradio lays out and a module fills (ui/components/component.py).
import { el } from "./dom.js";
import { keepStreamOpen } from "./stream.js";

const ABSENT = "This part of the page did not arrive. Is the connection there?";
const setups = {};
const mounted = new Set();
const waits = [];

/**
 * What a module gets of its component.
 * @typedef {object} Handle
 * @property {HTMLElement} root where its content belongs
 * @property {{value: any, config: any}} props the value, in both directions, and what never changes
 * @property {(event: string, data?: any) => void} trigger sends the value to the server
 * @property {(event: string) => void} plainTrigger the same, without keeping the stream open
 * @property {(name: string, action: () => void) => void} watch calls `action` when a property has changed
 * @property {(file: File) => Promise<{path: string}>} upload
 * @property {Record<string, (value: any) => Promise<any>>} server functions that respond past the queue
 */

let supply = (_name) => null;

/**
 * Fills a component by name.
 * @param {string} name
 * @param {(handle: Handle) => void} setup
 */
export function register(name, setup) {
  setups[name] = setup;
}

/** `fetchFor(name)` brings the modules that fill a component which none has been registered for. */
export const supplyLater = (fetchFor) => (supply = fetchFor);

// Components mount after the modules of the first view are there (`start`); those of the others may be on their way.
async function mount(name, handle) {
  const root = handle.element.querySelector(".component") || handle.element;
  root.replaceChildren();
  if (!setups[name]) {
    try {
      await supply(name);
    } catch {
      const again = el("button", { type: "button", class: "button", onclick: () => mount(name, handle) }, "Try again");
      return root.replaceChildren(el("p", { class: "hint", role: "alert" }, ABSENT), again);
    }
  }
  fill(name, root, handle);
}

function fill(name, root, handle) {
  root.replaceChildren();
  const trigger = (event, data) => {
    keepStreamOpen();
    handle.trigger(event, data);
  };
  setups[name]?.({ ...handle, trigger, plainTrigger: handle.trigger, root });
  mounted.add(name);
  for (const wait of waits.filter((item) => !item.done && item.names.every((other) => mounted.has(other)))) {
    wait.done = true;
    wait.action();
  }
}

// Runs an action once when all the named components are there, whatever order they mount in.
export function after(names, action) {
  if (names.every((name) => mounted.has(name))) return action();
  waits.push({ names, action, done: false });
}

// A request of `name` ended without a response: the queue was full, or the connection broke.
export const onFailure = (name, action) =>
  document.addEventListener("latentscape-failure", ({ detail }) => detail === name && action());

// Takes over the page's one hook (boot.js), once every module has said which components it fills and the styles are
// there: nothing is shown without its style. A style that does not arrive holds nothing up.
export async function start() {
  const links = [...document.querySelectorAll('link[rel="stylesheet"][href^="page/"]')]
    .filter((link) => /** @type {HTMLLinkElement} */ (link).sheet === null);
  await Promise.all(
    links.map((link) => new Promise((done) => ["load", "error"].forEach((name) => link.addEventListener(name, done)))),
  );
  const { waiting } = globalThis.latentscapeMount;
  globalThis.latentscapeMount = mount;
  for (const [name, handle] of waiting) mount(name, handle);
}
