// The list of models. Sends "pick" with the chosen name; the response brings the list up to date.
import { register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";

const STATUS = { missing: "Not there", damaged: "Damaged" };

function modelButton({ name, title, detail, status }, chosen, pick) {
  return button([el("strong", {}, title), el("small", {}, detail)], () => pick(name), {
    class: `model ${status}`,
    "aria-current": name === chosen ? "true" : null,
    title: STATUS[status],
  });
}

register("models-list", ({ root, props, trigger, watch }) => {
  const listed = () => ({ models: [], chosen: "", ...props.value });

  function pick(name) {
    props.value = { ...props.value, chosen: name };
    draw();
    trigger("pick");
  }

  function draw() {
    const { models, chosen } = listed();
    const focused = root.contains(document.activeElement);
    const buttons = models.map((model) => modelButton(model, chosen, pick));
    root.replaceChildren(el("nav", { "aria-label": "Models" }, buttons));
    if (focused) root.querySelector("[aria-current]")?.focus();
  }

  root.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { models, chosen } = listed();
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
