// What was drawn from prompts in this browser tab, as a filmstrip; a click brings everything of one back. And the keys.
(() => {
  const { part, on, emit, el, paint, prompts } = latentscape;
  const { state } = prompts;
  const KEY = "latentscape-prompts";
  const MOST = 60;
  const SIZE = 56;
  let entries = [];
  let strip, empty;

  const keyOf = (entry) => `${entry.kind} ${entry.link} ${entry.other}`;

  function save() {
    let kept = entries;
    while (kept.length) {
      try {
        sessionStorage.setItem(KEY, JSON.stringify(kept, (name, value) => (name === "frame" || name === "refused" ? undefined : value)));
        return;
      } catch {
        kept = kept.slice(Math.ceil(kept.length / 2)); // full: the older half goes
      }
    }
  }

  function load() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(KEY) || "[]");
      return Array.isArray(stored) ? stored.filter((entry) => entry?.recipe && entry.pictures && (entry.pictures.length || entry.frames?.length)) : [];
    } catch {
      return [];
    }
  }

  function remember(entry) {
    const known = entries.find((other) => keyOf(other) === keyOf(entry));
    if (known) return mark(known);
    entries.push(entry);
    if (entries.length > MOST) strip.removeChild(strip.firstChild) && entries.shift();
    strip.append(thumb(entry));
    empty.hidden = true;
    mark(entry);
    save();
  }

  function thumb(entry) {
    const all = entry.kind === "morph" ? [entry.frames[0], entry.frames.at(-1)] : entry.pictures.map((one) => one.picture);
    const some = all.slice(0, all.length > 3 ? 4 : all.length > 1 && entry.kind !== "draw" ? 2 : 1);
    const canvases = some.map((uri) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, uri, some.length > 3 ? SIZE / 2 : SIZE);
      return canvas;
    });
    const words = entry.recipe.prompt || "Nothing asked";
    const whole = entry.kind === "draw" ? words : `${words} ${entry.kind === "morph" ? "turns into" : "and"} ${entry.other}`;
    const node = el("button", { type: "button", class: "thumb", "data-many": String(some.length > 1), "aria-label": `${whole}. Restore`,
      title: `${whole.slice(0, 300)}. Seed ${entry.recipe.seed}`, onclick: () => restore(entry) }, canvases,
      all.length > 1 && entry.kind === "draw" && el("span", { class: "thumb-count" }, String(all.length)));
    node.entry = keyOf(entry);
    return node;
  }

  function mark(entry) {
    for (const node of strip.children) {
      const current = node.entry === keyOf(entry);
      node.toggleAttribute("data-current", current);
      if (!current) node.removeAttribute("aria-current");
      else {
        node.setAttribute("aria-current", "true");
        const [left, right] = [node.offsetLeft - strip.offsetLeft, node.offsetLeft - strip.offsetLeft + node.offsetWidth];
        if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
        else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
      }
    }
  }

  // Recipe, prompts and pictures come back; nothing is drawn again.
  function restore(entry) {
    prompts.stop();
    document.activeElement?.blur?.();
    Object.assign(state, { recipe: { ...state.recipe, ...entry.recipe }, mode: entry.kind, other: entry.other || state.other });
    emit("prompts:recipe", {});
    emit("prompts:stale", false);
    prompts.read();
    prompts.display({ ...entry, live: false });
    mark(entry);
  }

  // -1 to the older neighbour, +1 to the newer one.
  function walk(step) {
    if (!entries.length) return;
    const index = state.shown ? entries.findIndex((entry) => keyOf(entry) === keyOf(state.shown)) : -1;
    const next = index < 0 ? entries.length - 1 : Math.min(entries.length - 1, Math.max(0, index + step));
    if (next !== index) restore(entries[next]);
  }

  part("prompts-history", ({ root }) => {
    root.classList.add("history");
    strip = el("div", { class: "strip", role: "group", "aria-label": "History of the prompts of this session" });
    entries = load();
    empty = el("p", { class: "hint", hidden: entries.length > 0 }, "Pictures of your prompts are kept here. Left and right arrows walk through them.");
    strip.append(...entries.map(thumb));
    root.append(strip, empty);
    strip.addEventListener("wheel", (event) => {
      if (!event.deltaY || strip.scrollWidth <= strip.clientWidth) return;
      strip.scrollLeft += event.deltaY;
      event.preventDefault();
    }, { passive: false });
  });

  // As on the Faces tab; while somebody types, keys are theirs.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !prompts.visible()) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape") return prompts.stop();
    if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    if (event.key === "r" || event.key === "R") return prompts.reroll();
    if (target.closest("input[type=range], [role=radio], [role=tab]")) return;
    if (event.key === "ArrowLeft") walk(-1);
    else if (event.key === "ArrowRight") walk(1);
    else return;
    event.preventDefault();
  });

  on("prompts:remember", remember);
  on("prompts:kept", save); // with what was read of the pictures
})();
