// The control column: mode, main attributes, presets, the other attributes, sampling, and the seed at its foot.
import { signed } from "./meters.js";
import { after, el, emit, icon, on, part } from "../shared/core.js";
import { openPromptLink } from "../prompts/wire.js";
import { ask } from "./ask.js";
import { photoPanel } from "./photo.js";
import { change, rerollFace, SEEDS, session, setAttributes, surprise, value } from "./session.js";

const refreshers = []; // each brings one control up to date with the recipe

const stateOf = (x) => (x > 0 ? "present" : x < 0 ? "absent" : "open");
// In a photo: set, and as the photo had it.
const kept = (name) => session.mode === "edit" && value(name) !== 0 && session.photo?.base?.[name] === value(name);
const label = (name) => session.words.labels[name];

function section(title, ...content) {
  return el("section", { class: "group" }, title && el("h2", {}, title), ...content);
}

// From absent over open to present; a double click opens.
function strengthSlider(name) {
  const slider = el("input", {
    type: "range",
    min: -1,
    max: 1,
    step: 0.05,
    class: "bipolar",
    "aria-label": `${label(name)}, strength`,
  });
  const number = el("output", { class: "number" });
  slider.addEventListener("input", () => {
    const strength = Math.abs(slider.value) < 0.08 ? 0 : Number(slider.value);
    setAttributes({ [name]: strength }, { live: true });
  });
  slider.addEventListener("change", () => change({}, {}));
  slider.addEventListener("dblclick", () => setAttributes({ [name]: 0 }));
  refreshers.push(() => {
    const strength = value(name);
    slider.value = strength;
    slider.style.setProperty("--from", `${50 + 50 * Math.min(0, strength)}%`);
    slider.style.setProperty("--to", `${50 + 50 * Math.max(0, strength)}%`);
    slider.setAttribute("aria-valuetext", strength ? signed(strength) : "open");
    number.textContent = strength ? signed(strength) : "open";
  });
  return { slider, number };
}

// --- the four main attributes -----------------------------------------------------------------------------------

function mainAttribute(name) {
  const states = [["Absent", -1], ["Open", 0], ["Present", 1]];
  const buttons = states.map(([words, strength]) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      "data-state": stateOf(strength),
      onclick: () => setAttributes({ [name]: strength }),
    }, words)
  );
  const radios = el("div", { class: "states", role: "radiogroup", "aria-label": label(name) }, buttons);
  radios.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = Math.min(2, Math.max(0, buttons.indexOf(document.activeElement) + step));
    buttons[index].focus();
    buttons[index].click();
  });
  const { slider, number } = strengthSlider(name);
  const block = el(
    "div",
    { class: "attribute", "data-attribute": name },
    el("div", { class: "attribute-head" }, el("span", { class: "attribute-name" }, label(name)), radios),
    el("div", { class: "attribute-strength" }, slider, number),
  );
  refreshers.push(() => {
    const strength = value(name);
    block.dataset.state = stateOf(strength);
    block.toggleAttribute("data-kept", kept(name));
    buttons.forEach((button, index) => {
      const checked = Math.sign(strength) === states[index][1];
      button.setAttribute("aria-checked", checked);
      button.tabIndex = checked ? 0 : -1;
    });
  });
  return block;
}

// --- the other thirty-six ---------------------------------------------------------------------------------------

// Click: open, present, absent, open. Shift-click goes the other way.
function chip(name) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  const amount = el("span", { class: "amount" });
  const button = el(
    "button",
    { type: "button", class: "chip", "data-attribute": name, "data-search": label(name).toLowerCase() },
    mark,
    el("span", {}, label(name)),
    amount,
  );
  button.addEventListener("click", (event) => {
    const order = event.shiftKey ? [0, -1, 1] : [0, 1, -1];
    setAttributes({ [name]: order[(order.indexOf(Math.sign(value(name))) + 1) % 3] });
  });
  refreshers.push(() => {
    const strength = value(name);
    const state = stateOf(strength);
    button.dataset.state = state;
    button.toggleAttribute("data-kept", kept(name));
    button.setAttribute("aria-pressed", state === "present" ? "true" : state === "absent" ? "mixed" : "false");
    button.setAttribute("aria-label", `${label(name)}: ${state}`);
    button.title = `${label(name)}: ${state}. Click: present, absent, open. Set, it has a strength below.`;
    amount.textContent = strength && Math.abs(strength) < 1 ? Math.abs(strength).toFixed(2) : "";
  });
  return button;
}

// How much of a chip that was set. The row stays while its slider is held, even at open.
function chipStrength(name) {
  const { slider, number } = strengthSlider(name);
  const row = el(
    "div",
    { class: "chip-strength", "data-attribute": name },
    el("span", { class: "setting-name" }, label(name)),
    slider,
    number,
  );
  const show = () => (row.hidden = (!value(name) || kept(name)) && document.activeElement !== slider);
  slider.addEventListener("blur", show);
  refreshers.push(show);
  return row;
}

function chipGroup(title, names) {
  const chips = names.map(chip);
  const group = el(
    "div",
    { class: "chip-group", role: "group", "aria-label": title },
    el("h3", {}, title),
    el("div", { class: "chips" }, chips),
    el("div", { class: "chip-strengths" }, names.map(chipStrength)),
  );
  on("filter", (text) => {
    let any = false;
    for (const node of chips) {
      node.hidden = Boolean(text) && !node.dataset.search.includes(text) && !title.toLowerCase().includes(text);
      any ||= !node.hidden;
    }
    group.hidden = !any;
  });
  return group;
}

function moreAttributes() {
  const filter = el("input", {
    type: "search",
    class: "field",
    placeholder: "Filter",
    "aria-label": "Filter attributes",
    autocomplete: "off",
    spellcheck: "false",
  });
  const none = el("p", { class: "hint", hidden: true }, "No attribute is called that.");
  const groups = Object.entries(session.words.groups).map(([title, names]) => chipGroup(title, names));
  filter.addEventListener("input", () => {
    emit("filter", filter.value.trim().toLowerCase());
    none.hidden = groups.some((group) => !group.hidden);
  });
  const note = el("p", { class: "hint contradiction", role: "status", "aria-live": "polite" });
  on("contradiction", (notes) => {
    const { name, by } = notes[notes.length - 1];
    note.textContent = `${label(name)} was left open: it contradicts ${label(by)}.`;
    for (const item of notes) {
      const node = document.querySelector(`#faces-controls .chip[data-attribute="${item.name}"]`);
      node?.animate([{ outline: "2px solid var(--accent)" }, { outline: "2px solid transparent" }], 1400);
    }
    clearTimeout(note.timer);
    note.timer = setTimeout(() => (note.textContent = ""), 6000);
  });
  const count = el("span", { class: "count" });
  refreshers.push(() => {
    const set = Object.keys(session.recipe.attributes).filter((name) => !session.words.main.includes(name)).length;
    count.textContent = set ? `${set} set` : "";
  });
  return section(
    null,
    el("div", { class: "group-head" }, el("h2", {}, "More attributes"), count),
    el("label", { class: "search" }, icon("search"), filter),
    note,
    groups,
    none,
  );
}

// --- presets ----------------------------------------------------------------------------------------------------

function presets() {
  const names = Object.keys(session.words.presets);
  const buttons = names.map((name) =>
    el(
      "button",
      { type: "button", class: "chip preset", onclick: () => setAttributes(session.words.presets[name]) },
      name,
    )
  );
  const clearing = el("button", { type: "button", class: "text-button", id: "clear-all", onclick: clear });
  refreshers.push(() => (clearing.textContent = session.mode === "edit" ? "Back to photo" : "Clear all"));
  return section(
    null,
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Looks"),
      el(
        "span",
        { class: "text-buttons" },
        el("button", { type: "button", class: "text-button", onclick: () => surprise() }, "Surprise me"),
        clearing,
      ),
    ),
    el("div", { class: "chips" }, buttons),
  );
}

function clear() {
  const attributes = session.mode === "edit" && session.photo?.base ? { ...session.photo.base } : {};
  change({ attributes });
}

// --- numbers ----------------------------------------------------------------------------------------------------

// A slider with an exact field beside it.
function number(key, title, { min, max, limit = max, step, hint }) {
  const slider = el("input", { type: "range", min, max, step, class: "plain", "aria-label": title, title: hint });
  const field = el("input", {
    type: "number",
    min,
    max: limit,
    step,
    class: "field number",
    "aria-label": `${title}, exact`,
  });
  slider.addEventListener("input", () => change({ [key]: Number(slider.value) }, { live: true }));
  slider.addEventListener("change", () => change({}, {}));
  field.addEventListener("change", () => {
    const wanted = Number(field.value);
    const usable = field.value !== "" && Number.isFinite(wanted);
    const whole = step === 1 ? Math.round(wanted) : wanted;
    change({ [key]: usable ? Math.min(limit, Math.max(min, whole)) : session.recipe[key] });
  });
  refreshers.push(() => {
    const now = session.recipe[key];
    slider.value = now;
    slider.style.setProperty("--from", "0%");
    slider.style.setProperty("--to", `${(100 * (Math.min(now, max) - min)) / (max - min)}%`);
    if (document.activeElement !== field) field.value = now;
  });
  return el("div", { class: "setting" }, el("span", { class: "setting-name", title: hint }, title), slider, field);
}

function interval() {
  const make = (title) => el("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": title });
  const [low, high] = [make("Guidance starts"), make("Guidance ends")];
  const output = el("output", { class: "number" });
  const send = (moved, options) => {
    let [a, b] = [Number(low.value), Number(high.value)];
    if (a > b) [a, b] = moved === low ? [b, b] : [a, a];
    change({ guidance_interval: [a, b] }, options);
  };
  for (const input of [low, high]) {
    input.addEventListener("input", () => send(input, { live: true }));
    input.addEventListener("change", () => send(input, {}));
  }
  const range = el("div", { class: "range" }, low, high);
  refreshers.push(() => {
    const [a, b] = session.recipe.guidance_interval;
    low.value = a;
    high.value = b;
    range.style.setProperty("--from", `${100 * a}%`);
    range.style.setProperty("--to", `${100 * b}%`);
    output.textContent = `${Math.round(100 * a)}\u2013${Math.round(100 * b)} %`;
  });
  const hint = "The part of the drawing in which guidance acts, from its first step to its last";
  return el("div", { class: "setting" }, el("span", { class: "setting-name", title: hint }, "Active"), range, output);
}

function sampling() {
  const solver = el(
    "select",
    { class: "field", "aria-label": "Solver" },
    Object.entries(session.words.solvers).map(([name, words]) => el("option", { value: name }, words)),
  );
  solver.addEventListener("change", () => change({ solver: solver.value }));
  refreshers.push(() => (solver.value = session.recipe.solver));
  on("answer", ({ drawn }) => {
    if (drawn) {
      for (const option of solver.options) option.hidden = option.disabled = !drawn.solvers.includes(option.value);
    }
  });
  const reset = () => {
    const { steps, guidance, guidance_interval, solver: first } = session.words.first;
    change({ steps, guidance, guidance_interval, solver: first });
  };
  return section(
    null,
    el(
      "div",
      { class: "group-head" },
      el("h2", {}, "Sampling"),
      el("button", { type: "button", class: "text-button", onclick: reset }, "Reset"),
    ),
    number("steps", "Steps", {
      min: 1,
      max: 50,
      limit: 250,
      step: 1,
      hint: "Denoising steps: more is slower and finer",
    }),
    number("guidance", "Guidance", {
      min: 1,
      max: 15,
      step: 0.1,
      hint: "How strongly the attributes are followed; 1 is off",
    }),
    interval(),
    el("label", { class: "setting" }, el("span", { class: "setting-name" }, "Solver"), solver),
  );
}

// --- the foot: who is drawn, and how many -----------------------------------------------------------------------

function foot() {
  const field = el("input", {
    type: "text",
    inputmode: "numeric",
    class: "field",
    id: "seed",
    "aria-label": "Seed",
    autocomplete: "off",
    spellcheck: "false",
  });
  field.addEventListener("change", () => {
    const text = field.value.trim();
    if (/^\d{1,10}$/.test(text) && Number(text) < SEEDS) return change({ seed: Number(text) });
    field.value = session.recipe.seed;
    emit("say", { text: "A seed is a whole number from 0 to 4294967295.", error: true });
  });
  field.addEventListener("keydown", (event) => event.key === "Enter" && field.blur());
  const lock = el("button", { type: "button", class: "icon-button", id: "lock" });
  const reroll = el(
    "button",
    {
      type: "button",
      class: "primary",
      id: "reroll",
      title: "Another person (R)",
      onclick: () => rerollFace(),
    },
    icon("reroll"),
    el("span", {}, "Reroll"),
  );
  lock.addEventListener("click", () => {
    session.locked = !session.locked;
    refresh();
  });
  refreshers.push(() => {
    if (document.activeElement !== field) field.value = session.recipe.seed;
    lock.setAttribute("aria-pressed", session.locked);
    lock.title = session.locked ? "Seed locked: Reroll and Surprise me keep this person" : "Lock the seed";
    lock.setAttribute("aria-label", lock.title);
    lock.replaceChildren(icon(session.locked ? "lock" : "unlock"));
    reroll.disabled = session.locked;
  });
  const count = number("count", "Pictures", { min: 1, max: 16, step: 1, hint: "How many faces are drawn: 1 to 16" });
  refreshers.push(() => (count.hidden = session.mode === "edit"));
  return el(
    "footer",
    { class: "foot" },
    count,
    el("div", { class: "seed-row" }, el("label", { for: "seed", class: "setting-name" }, "Seed"), field, lock, reroll),
  );
}

function modes() {
  const make = (mode, words) =>
    el("button", {
      type: "button",
      role: "radio",
      class: "state",
      id: `mode-${mode}`,
      onclick: () => emit("mode", mode),
    }, words);
  const buttons = { draw: make("draw", "Draw a face"), edit: make("edit", "Edit a photo") };
  refreshers.push(() => {
    for (const [mode, button] of Object.entries(buttons)) button.setAttribute("aria-checked", session.mode === mode);
  });
  return el("div", { class: "states modes", role: "radiogroup", "aria-label": "What to do" }, Object.values(buttons));
}

function refresh() {
  for (const refresher of refreshers) refresher();
}

part("faces-controls", ({ root, props, trigger }) => {
  refreshers.length = 0;
  session.words = props.config;
  session.recipe = { ...props.config.first };
  const body = el(
    "div",
    { class: "column-body" },
    modes(),
    photoPanel(),
    section(null, session.words.main.map(mainAttribute)),
    presets(),
    moreAttributes(),
    sampling(),
  );
  root.append(body, foot());
  root.classList.add("column");
  on("recipe", refresh);
  on("mode", refresh);
  on("missing", (missing) => root.toggleAttribute("inert", missing));
  refresh();
  ask.connect({ props, trigger });
});

after(["faces-controls", "faces-canvas", "faces-history"], () => {
  emit("ready");
  start();
});

// The first picture: the recipe of the link, or the face that everybody meets.
function start() {
  const link = new URL(location.href).searchParams.get("r");
  if (link && !openPromptLink(link)) ask.send({ kind: "draw", link, settle: true }, { fromLink: true });
  else ask.draw();
}
