// The filmstrips of a session: what was drawn, as thumbnails; a click brings everything of one back.
import { button } from "./controls.js";
import { el } from "./dom.js";
import { paint } from "./pictures.js";
import { letWheelScroll } from "./scroll.js";

const SIZE = 56;

// Entries kept in this browser tab alone. `fits` says which of the stored ones are whole; `lean`, a replacer of
// JSON.stringify, leaves out what is not worth its room.
export function stored(key, fits, lean) {
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

/**
 * What a filmstrip needs to know of its entries.
 * @typedef {object} FilmstripOptions
 * @property {number} most entries that are kept
 * @property {(entry: any) => string} keyOf tells entries apart
 * @property {(entry: any) => {pictures: string[], label: string, title: string, count?: number}} look of its thumbnail
 * @property {(entry: any) => void} restore brings everything of an entry back
 * @property {() => any} shown the entry on the canvas
 * @property {{save: (entries: any[]) => void, load: () => any[]}} [store] without it the entries end with the page
 */

export class Filmstrip {
  /** @type {any[]} */
  entries = [];
  #options;
  #strip = el("div", { class: "strip", role: "group" });
  #empty = el("p", { class: "hint" });

  /** @param {FilmstripOptions} options */
  constructor(options) {
    this.#options = options;
    letWheelScroll(this.#strip);
  }

  build(root, label, hint) {
    root.classList.add("history");
    this.#strip.setAttribute("aria-label", label);
    this.#empty.textContent = hint;
    root.append(this.#strip, this.#empty);
  }

  load() {
    if (this.#strip.children.length) return;
    this.entries = this.#options.store.load();
    this.#strip.append(...this.entries.map((entry) => this.#thumb(entry)));
    this.#empty.hidden = this.entries.length > 0;
  }

  save() {
    this.#options.store?.save(this.entries);
  }

  remember(entry) {
    const { keyOf, most } = this.#options;
    const key = keyOf(entry);
    const known = this.entries.find((other) => keyOf(other) === key);
    if (known) return this.#mark(known);
    this.entries.push(entry);
    if (this.entries.length > most) {
      this.#strip.firstChild.remove();
      this.entries.shift();
    }
    this.#strip.append(this.#thumb(entry));
    this.#empty.hidden = true;
    this.#mark(entry);
    this.save();
  }

  #thumb(entry) {
    const { pictures, label, title, count = 0 } = this.#options.look(entry);
    const canvases = pictures.map((uri) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, uri, pictures.length > 3 ? SIZE / 2 : SIZE);
      return canvas;
    });
    const number = count > 1 && el("span", { class: "thumb-count" }, String(count));
    const named = {
      class: "thumb",
      "data-many": String(pictures.length > 1),
      "aria-label": `${label}${count > 1 ? `, ${count} pictures` : ""}. Restore`,
      title,
    };
    const node = button([...canvases, number], () => this.#bring(entry), named);
    node.entry = this.#options.keyOf(entry);
    return node;
  }

  #mark(entry) {
    const key = entry && this.#options.keyOf(entry);
    for (const node of this.#strip.children) {
      const current = node.entry === key;
      node.toggleAttribute("data-current", current);
      if (!current) {
        node.removeAttribute("aria-current");
        continue;
      }
      node.setAttribute("aria-current", "true");
      this.#reveal(node);
    }
  }

  /** Marks the entry on the canvas, or none where it is not one of these. */
  follow() {
    this.#mark(this.#options.shown());
  }

  // Scrolls the strip alone; scrollIntoView would move the page with it.
  #reveal(node) {
    const strip = this.#strip;
    const left = node.offsetLeft - strip.offsetLeft;
    const right = left + node.offsetWidth;
    if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
    else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
  }

  #bring(entry) {
    this.#options.restore(entry);
    this.#mark(entry);
  }

  /** Restores a neighbour of the entry on the canvas: -1 the older one, +1 the newer one. */
  walk(step) {
    const { shown, keyOf } = this.#options;
    const { length } = this.entries;
    if (!length) return;
    const now = shown();
    const key = now && keyOf(now);
    const index = now ? this.entries.findIndex((entry) => keyOf(entry) === key) : -1;
    const next = index < 0 ? length - 1 : Math.min(length - 1, Math.max(0, index + step));
    if (next !== index) this.#bring(this.entries[next]);
  }
}

// Left and right walk the filmstrip of the tab that is seen, R rerolls, Esc stops; while somebody types, keys are theirs.
export function filmstripKeys(tab, film) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !tab.visible()) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape") return tab.stop();
    if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    if (event.key === "r" || event.key === "R") return tab.reroll();
    if (target.closest("input[type=range], [role=radio], [role=tab]")) return;
    if (event.key === "ArrowLeft") film.walk(-1);
    else if (event.key === "ArrowRight") film.walk(1);
    else return;
    event.preventDefault();
  });
}
