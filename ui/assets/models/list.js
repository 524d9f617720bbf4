// The list of models. Sends "pick" with the chosen name; the response brings the list up to date.
import { register } from "../shared/components.js";
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { emit, on } from "../shared/events.js";

// What takes the place of the canvas and the card: the class of the tab while it is shown, and the event that fills it.
const PAGES = [
  { name: "*bias", title: "Bias", detail: "Whose faces are these?", status: "present", mark: "on-bias", group: "More" },
  {
    name: "*machine",
    title: "Stable Diffusion",
    detail: "On this machine",
    status: "present",
    mark: "on-machine",
    group: "More",
  },
];
const STATUS = { missing: "Not there", damaged: "Damaged" };

function modelButton({ name, title, detail, status }, chosen, pick) {
  return button([el("strong", {}, title), el("small", {}, detail)], () => pick(name), {
    class: `model ${status}`,
    "aria-current": name === chosen ? "true" : null,
    title: STATUS[status],
  });
}

function walk(event, rows, current, pick) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = step && rows[rows.findIndex(({ name }) => name === current) + step];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  pick(next.name);
}

register("models-list", ({ root, props, trigger, watch }) => {
  const listed = () => ({ models: [], chosen: "", ...props.value });
  const pages = PAGES.filter(({ name }) => name !== "*machine" || props.config?.machine);
  const entries = (models) => (models.length ? [...models, ...pages] : models);
  const tab = () => root.closest("#models");
  const openPage = () => pages.find(({ mark }) => tab()?.classList.contains(mark));
  const currentName = () => openPage()?.name || listed().chosen;

  function show(page) {
    for (const { mark } of PAGES) tab()?.classList.toggle(mark, mark === page?.mark);
    if (page) document.dispatchEvent(new CustomEvent(`latentscape-${page.name.slice(1)}`));
    draw();
    emit("models:opened", page?.name.slice(1) || "");
  }

  function pick(name) {
    const page = pages.find((one) => one.name === name);
    if (!page) props.value = { ...props.value, chosen: name };
    show(page);
    if (!page) trigger("pick");
  }

  function draw() {
    const focused = root.contains(document.activeElement);
    const buttons = entries(listed().models).map((model) => modelButton(model, currentName(), pick));
    const titled = entries(listed().models).flatMap(({ group = "" }, place, all) => {
      const title = group && group !== all[place - 1]?.group && el("h2", {}, group);
      return [title, buttons[place]].filter(Boolean);
    });
    root.replaceChildren(el("nav", { "aria-label": "Models" }, titled));
    if (focused) root.querySelector("[aria-current]")?.focus();
  }

  root.addEventListener("keydown", (event) => walk(event, entries(listed().models), currentName(), pick));
  draw();
  on("models:open", (name) => pick(pages.some((page) => page.name === `*${name}`) ? `*${name}` : name));
  watch("value", draw);
  trigger("pick");
});
