// What joins the modules of the page: components announce themselves, modules fill them, events pass between modules.

const setups = {};
const listeners = {};
const mounted = new Set();
const waits = [];

// Fills a component by name. Components mount after all modules are there (`start`).
function part(name, setup) {
  setups[name] = setup;
}

function mount(name, handle) {
  const root = handle.element.querySelector(".island") || handle.element;
  root.replaceChildren();
  const trigger = (event, data) => {
    listenAgain();
    handle.trigger(event, data);
  };
  if (setups[name]) setups[name]({ ...handle, trigger, plainTrigger: handle.trigger, root });
  mounted.add(name);
  for (const wait of waits.filter((item) => !item.done && item.names.every((other) => mounted.has(other)))) {
    wait.done = true;
    wait.action();
  }
}

// The server closes the stream of answers when none is owed, and a request that is sent at that moment is done without
// anybody listening. So a question without an answer, which the server keeps for a while, goes along with whoever is
// at work. Should a request be lost all the same, any later one opens the stream again and brings what was missed:
// some more follow when the page has been quiet.
const FRESH = 10000; // the server answers after twice that (ui/shell.py)
const QUIET = 4000;
const LONGEST = 32000;
let listen = null;
let since = -FRESH;
let quiet = 0;

function listenOn() {
  if (!listen) return;
  since = performance.now();
  listen();
}

function listenAgain(wait = QUIET) {
  if (performance.now() - since > FRESH) listenOn();
  clearTimeout(quiet);
  quiet = setTimeout(() => {
    listenOn();
    if (wait < LONGEST) listenAgain(2 * wait);
  }, wait);
}

const listenBy = (send) => (listen = send);

// A request of `name` ended without a response: the line was full, or the connection broke (ui/components/component.py).
const onFailure = (name, action) =>
  document.addEventListener("latentscape-failure", ({ detail }) => detail === name && action());

// Runs an action once when all the named islands are there, whatever order they mount in.
function after(names, action) {
  if (names.every((name) => mounted.has(name))) return action();
  waits.push({ names, action, done: false });
}

function on(name, listener) {
  (listeners[name] ||= []).push(listener);
}

// A listener that fails does not keep the event from the others; `reportError` brings its exception to the console.
function emit(name, data) {
  for (const listener of listeners[name] || []) {
    try {
      listener(data);
    } catch (error) {
      reportError(error);
    }
  }
}

// Takes over the page's one hook (boot.js), once every module has said which components it fills and the styles are
// there: nothing is shown without its style. A style that does not arrive holds nothing up.
async function start() {
  const links = [...document.querySelectorAll('link[rel="stylesheet"][href^="page/"]')].filter((link) => !link.sheet);
  await Promise.all(
    links.map((link) => new Promise((done) => ["load", "error"].forEach((name) => link.addEventListener(name, done)))),
  );
  const { waiting } = globalThis.latentscapeMount;
  globalThis.latentscapeMount = mount;
  for (const [name, handle] of waiting) mount(name, handle);
}

// el("button", {class: "chip", onclick: f, "aria-pressed": true}, "text", child)
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const paths = {
  lock: '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
  unlock: '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V4.5a2.5 2.5 0 0 1 4.9-.6"/>',
  reroll: '<path d="M13 8a5 5 0 1 1-1.6-3.7"/><path d="M13.2 2v3h-3"/>',
  download: '<path d="M8 2.5v7.5M4.8 7.2 8 10.3l3.2-3.1M3 13.5h10"/>',
  link:
    '<path d="M6.7 9.3a2.7 2.7 0 0 0 3.8 0l2-2a2.7 2.7 0 0 0-3.8-3.8l-.8.8M9.3 6.7a2.7 2.7 0 0 0-3.8 0l-2 2a2.7 2.7 0 0 0 3.8 3.8l.8-.8"/>',
  pixels: '<rect x="2.5" y="2.5" width="11" height="11"/><path d="M6.2 2.5v11M9.8 2.5v11M2.5 6.2h11M2.5 9.8h11"/>',
  stop: '<rect x="4" y="4" width="8" height="8" rx="1"/>',
  close: '<path d="m4 4 8 8M12 4l-8 8"/>',
  sun:
    '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1"/>',
  moon: '<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z"/>',
  system: '<rect x="2" y="3" width="12" height="8" rx="1"/><path d="M6 13.5h4"/>',
  upload: '<path d="M8 10.5V3M4.8 5.8 8 2.7l3.2 3.1M3 13.5h10"/>',
  camera:
    '<rect x="2" y="4.5" width="12" height="8.5" rx="1"/><circle cx="8" cy="8.8" r="2.3"/><path d="M6 4.5 6.8 3h2.4l.8 1.5"/>',
  paste: '<rect x="3.5" y="3.5" width="9" height="10" rx="1"/><path d="M6 3.5V2.3h4v1.2"/>',
  search: '<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>',
  chevron: '<path d="m5 6.5 3 3 3-3"/>',
  compare: '<rect x="2" y="3.5" width="12" height="9" rx="1"/><path d="M8 2v12M4.5 6.2h1M4.5 9.8h1"/>',
  face: '<circle cx="8" cy="8" r="5.5"/><path d="M6 6.8v.4M10 6.8v.4M5.8 9.8c1.2 1.3 3.2 1.3 4.4 0"/>',
  map:
    '<circle cx="4" cy="11.5" r="1.3"/><circle cx="7.5" cy="5" r="1.3"/><circle cx="12" cy="9.5" r="1.3"/><circle cx="8" cy="12.5" r=".6"/><circle cx="12.5" cy="4" r=".6"/><circle cx="3.5" cy="6.5" r=".6"/>',
  plus: '<path d="M8 3.5v9M3.5 8h9"/>',
  brush:
    '<path d="M13.3 2.7 7.6 8.9M6 8.6c1.6-.2 2.6 1 2.2 2.5-.5 1.9-3 2.6-5.5 2 1.1-.5 1-1.2 1.2-2.2.2-1.2 1-2.1 2.1-2.3Z"/>',
  warning: '<path d="M8 2.5 14 13H2L8 2.5ZM8 6.8v2.8M8 11.2v.3"/>',
};

function icon(name) {
  const span = el("span", { class: "icon", "aria-hidden": "true" });
  span.innerHTML = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
    stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">${paths[name]}</svg>`;
  return span;
}

export { after, el, emit, icon, listenBy, on, onFailure, part, start };
