// One model: four views behind a row of tabs. The network is fetched when its view is first opened.
import { showView } from "../shared/charts.js";
import { register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { Diagram } from "./diagram.js";

const VIEWS = { samples: "Samples", curves: "Curves", figures: "Figures", network: "Network" };

class ModelCanvas {
  #view = "samples";
  #wanted = ""; // the view that somebody chose; samples give way where a model has none
  #name = "";
  #read;
  #title = el("h1", {});
  #detail = el("p", { class: "detail" });
  #problem = el("p", { class: "problem", role: "status", hidden: true });
  #body = el("div", { class: "body", role: "tabpanel", tabindex: 0 });
  #tabs;
  #diagram;

  /** @param {HTMLElement} root @param {() => any} read the model as the server sends it @param {any} server */
  constructor(root, read, server) {
    this.#read = read;
    this.#diagram = new Diagram(this.#body, (name) => server.network(name));
    this.#tabs = Object.entries(VIEWS).map(([name, title]) =>
      button(title, () => this.#open(name), { class: null, role: "tab", "data-view": name })
    );
    const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "What to show" }, this.#tabs);
    tabs.addEventListener("keydown", (event) => this.#keys(event));
    const header = el("header", {}, el("div", { class: "words" }, this.#title, this.#detail), tabs);
    root.append(header, this.#problem, this.#body, this.#diagram.bar);
  }

  #keys(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const names = Object.keys(VIEWS);
    this.#open(names[(names.indexOf(this.#view) + step + names.length) % names.length]);
    this.#tabs.find((tab) => tab.dataset.view === this.#view).focus();
  }

  #open(name) {
    this.#view = this.#wanted = name;
    this.draw();
  }

  draw() {
    const card = this.#read();
    const usual = this.#wanted && this.#wanted !== "samples" ? this.#wanted : card.opens || "samples";
    if (card.name !== this.#name) this.#view = usual;
    this.#name = card.name;
    this.#title.textContent = card.title || "";
    this.#detail.textContent = card.detail || "";
    this.#problem.textContent = [card.problem, card.notes].filter(Boolean).join(" ");
    this.#problem.hidden = !this.#problem.textContent;
    for (const tab of this.#tabs) {
      const current = tab.dataset.view === this.#view;
      tab.setAttribute("aria-selected", String(current));
      tab.tabIndex = current ? 0 : -1;
    }
    this.#drawBody(card);
  }

  #drawBody(card) {
    this.#diagram.bar.hidden = true;
    this.#body.className = `body ${this.#view}`;
    this.#body.scrollTo(0, 0);
    if (this.#view !== "network") showView(this.#body, card[this.#view]);
    else if (card.name) {
      const wanted = () => this.#view === "network" && this.#read().name === card.name;
      this.#diagram.show(card.name, wanted, Boolean(card.problem));
    }
  }
}

register("models-canvas", ({ root, props, server, watch }) => {
  const canvas = new ModelCanvas(root, () => props.value || {}, server);
  canvas.draw();
  watch("value", () => canvas.draw());
});
