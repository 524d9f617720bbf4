// The list of models. Sends "pick" with the chosen name; the response brings the list up to date.
import { register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";

const MACHINE = { name: "*machine", title: "Stable Diffusion", detail: "On this machine", status: "present" };
const STATUS = { missing: "Not there", damaged: "Damaged" };

function modelButton({ name, title, detail, status }, chosen, pick) {
  return button([el("strong", {}, title), el("small", {}, detail)], () => pick(name), {
    class: `model ${status}`,
    "aria-current": name === chosen ? "true" : null,
    title: STATUS[status],
  });
}

function neighbour(rows, current, key) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  return step && rows[rows.findIndex(({ name }) => name === current) + step];
}

register("models-list", ({ root, props, trigger, watch }) => {
  const listed = () => ({ models: [], chosen: "", ...props.value });
  const entries = (models) => (props.config?.machine && models.length ? [...models, MACHINE] : models);
  const onMachine = () => root.closest("#models")?.classList.contains("on-machine");
  const currentName = () => (onMachine() ? MACHINE.name : listed().chosen);

  // The models of others take the place of the canvas and the card.
  function showMachine(shown) {
    root.closest("#models")?.classList.toggle("on-machine", shown);
    if (shown) document.dispatchEvent(new CustomEvent("latentscape-machine"));
    draw();
  }

  function pick(name) {
    if (name === MACHINE.name) return showMachine(true);
    root.closest("#models")?.classList.remove("on-machine");
    props.value = { ...props.value, chosen: name };
    draw();
    trigger("pick");
  }

  function draw() {
    const focused = root.contains(document.activeElement);
    const buttons = entries(listed().models).map((model) => modelButton(model, currentName(), pick));
    root.replaceChildren(el("nav", { "aria-label": "Models" }, buttons));
    if (focused) root.querySelector("[aria-current]")?.focus();
  }

  root.addEventListener("keydown", (event) => {
    const next = neighbour(entries(listed().models), currentName(), event.key);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    pick(next.name);
  });

  draw();
  watch("value", draw);
  trigger("pick");
});
