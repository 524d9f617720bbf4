// The Benchmark page: which set and which model is shown, and the order of the tables.
import { showView } from "../shared/charts.js";
import { register } from "../shared/components.js";
import { sortByClick } from "../shared/sort_table.js";

// Which set and which model is shown.
class Switches {
  #root;
  #chosen = {};

  constructor(root) {
    this.#root = root;
    root.addEventListener("keydown", (event) => this.#keys(event));
  }

  choose(name, key, focus = null) {
    this.#chosen[name] = key;
    for (const button of this.#root.querySelectorAll(`button[data-${name}]`)) {
      const current = button.dataset[name] === key;
      button.setAttribute("aria-checked", String(current));
      button.tabIndex = current ? 0 : -1;
      if (current && focus && button.closest("[role=radiogroup]") === focus) button.focus();
    }
    for (const body of this.#root.querySelectorAll(`[data-of-${name}]`)) {
      body.hidden = body.getAttribute(`data-of-${name}`) !== key;
    }
  }

  // The choices stand when the page is laid out anew.
  restore() {
    for (const name of ["set", "model"]) {
      const keys = [...this.#root.querySelectorAll(`button[data-${name}]`)].map((button) => button.dataset[name]);
      if (keys.length) this.choose(name, keys.includes(this.#chosen[name]) ? this.#chosen[name] : keys[0]);
    }
  }

  #keys(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const group = event.target.closest?.("[data-switch]");
    if (!step || !group) return;
    event.preventDefault();
    event.stopPropagation();
    const name = group.dataset.switch;
    const keys = [...group.children].map((button) => button.dataset[name]);
    this.choose(name, keys[(keys.indexOf(this.#chosen[name]) + step + keys.length) % keys.length], group);
  }
}

register("benchmark", ({ root, props, trigger, watch }) => {
  const switches = new Switches(root);
  const draw = () => {
    showView(root, props.value);
    switches.restore();
  };
  root.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=radio]");
    if (chosen) {
      const { switch: name } = chosen.closest("[data-switch]").dataset;
      switches.choose(name, chosen.dataset[name]);
    } else sortByClick(event);
  });
  draw();
  watch("value", draw);
  trigger("open");
});
