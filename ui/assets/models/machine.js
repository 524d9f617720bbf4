// Stable Diffusion on this machine: what lies here, a typed path, loading with progress, unloading.
import { chooseModel, chosen } from "../shared/chosen_model.js";
import { onFailure, register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { on } from "../shared/events.js";

/**
 * A model that lies on the machine, as ui/models/machine.py writes it.
 * @typedef {object} MachineModel
 * @property {string} title what recipes call it
 * @property {string} detail size, precision and memory, or why it cannot be used
 * @property {boolean} loaded whether it is in memory
 * @property {boolean} usable
 */

const HINT =
  "The model that you load is the one that Text prompts and Styles draw with on this page; other visitors keep theirs. " +
  "One is in memory at a time: another one is read again when somebody draws with it.";

class Machine {
  #send;
  #config;
  #list = el("ul", { class: "machine-models" });
  #status = el("p", { class: "machine-status", role: "status" });
  #bar = el("progress", { max: 1, hidden: true, "aria-label": "Loading" });
  #field = el("input", {
    class: "field",
    type: "text",
    placeholder: "Path or id of another model",
    "aria-label": "Path or id of a model",
    spellcheck: "false",
    autocomplete: "off",
  });

  /** @param {HTMLElement} root @param {(act: string, text?: string) => void} send @param {{folder: string, variable: string}} config */
  constructor(root, send, config) {
    this.#send = send;
    this.#config = config;
    const form = el(
      "form",
      { onsubmit: (event) => this.#describe(event) },
      this.#field,
      el("button", { class: "button" }, "Find"),
    );
    const title = el("h1", {}, "Stable Diffusion on this machine");
    root.append(title, el("p", { class: "hint" }, HINT), this.#list, form, this.#status, this.#bar);
  }

  #describe(event) {
    event.preventDefault();
    if (this.#field.value.trim()) this.#send("describe", this.#field.value);
  }

  /** @param {MachineModel} model @param {boolean} busy */
  #row(model, busy) {
    const own = chosen.usual?.checkpoint === model.title;
    const load = (words) => button(words, () => this.#send("load", model.title), { disabled: busy });
    const acts = [
      model.usable && (!model.loaded || !own) && load(model.loaded ? "Use" : "Load"),
      model.loaded && button("Unload", () => this.#send("unload"), { disabled: busy }),
    ];
    const marks = [
      model.loaded && el("span", { class: "machine-loaded" }, "Loaded"),
      own && el("span", { class: "machine-loaded", "data-own": "" }, "Used on this page"),
    ];
    const words = el("div", {}, el("strong", {}, model.title), ...marks, el("small", {}, model.detail));
    return el("li", { class: model.usable ? null : "unusable" }, words, ...acts);
  }

  #view = {};

  redraw() {
    this.draw(this.#view);
  }

  /** @param {{models?: MachineModel[], loading?: string, share?: number, error?: string}} view */
  draw(view) {
    this.#view = view;
    const { models = [], loading = "", share = 0, error = "" } = view;
    const { folder, variable } = this.#config;
    const nothing =
      `No model was found. Put one into models/ (or the folder that ${folder} names), or set ${variable}.`;
    this.#list.replaceChildren(...models.map((model) => this.#row(model, Boolean(loading))));
    this.#status.textContent = error || loading || (models.length ? "" : nothing);
    this.#status.classList.toggle("error", Boolean(error));
    this.#bar.hidden = !loading;
    this.#bar.value = share;
  }

  fail() {
    this.draw({ error: "No response came from the server. Try again, or reload the page." });
  }
}

register("models-machine", ({ root, props, trigger, watch }) => {
  const send = (act, text = "") => {
    props.value = { act, text };
    trigger("request");
  };
  const machine = new Machine(root, send, props.config || {});
  watch("value", () => {
    const view = props.value || {};
    if (!view.models) return;
    if (view.chosen) chooseModel(view.chosen);
    machine.draw(view);
    if (!view.loading) document.dispatchEvent(new CustomEvent("latentscape-models"));
  });
  onFailure("models-machine", () => machine.fail());
  on("model:chosen", () => machine.redraw());
  let listed = false;
  document.addEventListener("latentscape-machine", () => {
    if (!listed) send("list");
    listed = true;
  });
});
