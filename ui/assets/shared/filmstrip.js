// The filmstrips of a session: what was drawn, as thumbnails; a click brings everything of one back.
import { el } from "./core.js";
import { paint } from "./pictures.js";

const SIZE = 56;

// Entries kept in this browser tab alone. `fits` says which of the stored ones are whole; `lean`, a replacer of
// JSON.stringify, leaves out what is not worth its room.
function stored(key, fits, lean) {
  function save(entries) {
    let kept = entries;
    while (kept.length) {
      try {
        sessionStorage.setItem(key, JSON.stringify(kept, lean));
        return;
      } catch {
        kept = kept.slice(Math.ceil(kept.length / 2)); // full: the older half goes
      }
    }
  }

  function load() {
    try {
      const found = JSON.parse(sessionStorage.getItem(key) || "[]");
      return Array.isArray(found) ? found.filter(fits) : [];
    } catch {
      return [];
    }
  }

  return { save, load };
}

// `keyOf(entry)` tells entries apart, `look(entry)` is {pictures, label, title, count} of its thumbnail, `restore(entry)`
// brings it back and `shown()` is the one on the canvas. Without a `store` the entries end with the page.
function filmstrip({ most, keyOf, look, restore, shown, store }) {
  let entries = [];
  let strip, empty;

  const save = () => store?.save(entries);

  function build(root, label, hint) {
    root.classList.add("history");
    strip = el("div", { class: "strip", role: "group", "aria-label": label });
    empty = el("p", { class: "hint" }, hint);
    root.append(strip, empty);
    strip.addEventListener("wheel", (event) => {
      if (!event.deltaY || strip.scrollWidth <= strip.clientWidth) return;
      strip.scrollLeft += event.deltaY;
      event.preventDefault();
    }, { passive: false });
  }

  function load() {
    if (strip.children.length) return;
    entries = store.load();
    strip.append(...entries.map(thumb));
    empty.hidden = entries.length > 0;
  }

  function remember(entry) {
    const key = keyOf(entry);
    const known = entries.find((other) => keyOf(other) === key);
    if (known) return mark(known);
    entries.push(entry);
    if (entries.length > most) strip.removeChild(strip.firstChild) && entries.shift();
    strip.append(thumb(entry));
    empty.hidden = true;
    mark(entry);
    save();
  }

  function thumb(entry) {
    const { pictures, label, title, count = 0 } = look(entry);
    const canvases = pictures.map((uri) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, uri, pictures.length > 3 ? SIZE / 2 : SIZE);
      return canvas;
    });
    const node = el(
      "button",
      {
        type: "button",
        class: "thumb",
        "data-many": String(pictures.length > 1),
        "aria-label": `${label}. Restore`,
        title,
        onclick: () => bring(entry),
      },
      canvases,
      count > 1 && el("span", { class: "thumb-count" }, String(count)),
    );
    node.entry = keyOf(entry);
    return node;
  }

  function mark(entry) {
    const key = keyOf(entry);
    for (const node of strip.children) {
      const current = node.entry === key;
      node.toggleAttribute("data-current", current);
      if (current) {
        node.setAttribute("aria-current", "true");
        reveal(node);
      } else node.removeAttribute("aria-current");
    }
  }

  // Scrolls the strip alone; scrollIntoView would move the page with it.
  function reveal(node) {
    const [left, right] = [node.offsetLeft - strip.offsetLeft, node.offsetLeft - strip.offsetLeft + node.offsetWidth];
    if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
    else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
  }

  function bring(entry) {
    restore(entry);
    mark(entry);
  }

  // -1 to the older neighbour, +1 to the newer one.
  function walk(step) {
    if (!entries.length) return;
    const now = shown();
    const key = now && keyOf(now);
    const index = now ? entries.findIndex((entry) => keyOf(entry) === key) : -1;
    const next = index < 0 ? entries.length - 1 : Math.min(entries.length - 1, Math.max(0, index + step));
    if (next !== index) bring(entries[next]);
  }

  return { build, load, save, remember, walk, entries: () => entries };
}

// Left and right walk the filmstrip of the tab that is seen, R rerolls, Esc stops; while somebody types, keys are theirs.
function filmstripKeys(tab, { walk }) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !tab.visible()) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape") return tab.stop();
    if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    if (event.key === "r" || event.key === "R") return tab.reroll();
    if (target.closest("input[type=range], [role=radio], [role=tab]")) return;
    if (event.key === "ArrowLeft") walk(-1);
    else if (event.key === "ArrowRight") walk(1);
    else return;
    event.preventDefault();
  });
}

export { filmstrip, filmstripKeys, stored };
