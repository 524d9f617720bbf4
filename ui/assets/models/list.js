// The list of models. Sends "pick" with the chosen name; the answer brings the list up to date.
import { part } from "../shared/core.js";

part("models-list", ({ root, props, trigger, watch }) => {
  const words = { missing: "Not there", damaged: "Damaged" };

  function pick(name) {
    props.value = { ...props.value, chosen: name };
    draw();
    trigger("pick");
  }

  function draw() {
    const { models = [], chosen = "" } = props.value || {};
    const nav = document.createElement("nav");
    nav.setAttribute("aria-label", "Models");
    for (const model of models) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `model ${model.status}`;
      if (model.name === chosen) button.setAttribute("aria-current", "true");
      for (const [tag, text] of [["strong", model.title], ["small", model.detail]]) {
        const line = document.createElement(tag);
        line.textContent = text;
        button.append(line);
      }
      if (words[model.status]) button.title = words[model.status];
      button.addEventListener("click", () => pick(model.name));
      nav.append(button);
    }
    const focused = root.contains(document.activeElement);
    root.replaceChildren(nav);
    if (focused) root.querySelector("[aria-current]")?.focus();
  }

  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { models = [], chosen = "" } = props.value || {};
    const next = models[models.findIndex((model) => model.name === chosen) + (step || 0)];
    if (!step || !next) return;
    event.preventDefault();
    event.stopPropagation();
    pick(next.name);
  });

  draw();
  watch("value", draw);
  trigger("pick");
});
