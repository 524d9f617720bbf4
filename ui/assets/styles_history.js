// What was dressed in this browser tab, as a filmstrip; a click brings everything of one back. And the keys.
(() => {
  const { part, on, emit, el, paint, styles } = latentscape;
  const { state } = styles;
  const MOST = 60;
  const SIZE = 56;
  let entries = []; // not stored: styles of a session end with the page
  let strip, empty;

  const keyOf = (entry) => JSON.stringify([entry.kind, entry.recipe, entry.worn, entry.blend, entry.parts, entry.names, entry.photo?.slice(-60), entry.after?.picture.slice(-60)]);

  function remember(entry) {
    const known = entries.find((other) => keyOf(other) === keyOf(entry));
    if (known) return mark(known);
    entries.push(entry);
    if (entries.length > MOST) strip.removeChild(strip.firstChild) && entries.shift();
    strip.append(thumb(entry));
    empty.hidden = true;
    mark(entry);
  }

  function thumb(entry) {
    const last = (list) => list[list.length - 1];
    const some = entry.kind === "grid" ? [entry.rows[0][0], last(entry.rows[0]), last(entry.rows)[0], last(last(entry.rows))].map((one) => one.picture) : [entry.after.picture];
    const canvases = some.map((uri) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, uri, some.length > 1 ? SIZE / 2 : SIZE);
      return canvas;
    });
    const what = entry.kind === "grid" ? `Grid of ${entry.names.map(styles.titleOf).join(", ")}`
      : Object.entries(entry.worn).map(([name, x]) => `${styles.titleOf(name)} ${styles.weight(x)}`).join(", ") || "No style";
    const node = el("button", { type: "button", class: "thumb", "data-many": String(some.length > 1), "aria-label": `${what}. Restore`,
      title: `${what}. ${entry.kind === "photo" ? "Photo" : `Seed ${entry.recipe.seed}`}`, onclick: () => restore(entry) }, canvases);
    node.entry = keyOf(entry);
    return node;
  }

  function mark(entry) {
    for (const node of strip.children) {
      const current = node.entry === keyOf(entry);
      node.toggleAttribute("data-current", current);
      if (!current) {
        node.removeAttribute("aria-current");
        continue;
      }
      node.setAttribute("aria-current", "true");
      const [left, right] = [node.offsetLeft - strip.offsetLeft, node.offsetLeft - strip.offsetLeft + node.offsetWidth];
      if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
      else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
    }
  }

  // What is worn, the face and the pictures come back; nothing is drawn again but the wall.
  function restore(entry) {
    styles.stop();
    document.activeElement?.blur?.();
    const { recipe, worn, blend, parts, kind: mode, photo = state.photo } = entry;
    Object.assign(state, { recipe, worn: { ...worn }, blend, parts: [...parts], mode, photo, gridStyles: entry.names || state.gridStyles });
    emit("styles:changed", {});
    styles.display({ ...entry, live: false });
    mark(entry);
  }

  // -1 to the older neighbour, +1 to the newer one.
  function walk(step) {
    if (!entries.length) return;
    const index = state.shown ? entries.findIndex((entry) => keyOf(entry) === keyOf(state.shown)) : -1;
    const next = index < 0 ? entries.length - 1 : Math.min(entries.length - 1, Math.max(0, index + step));
    if (next !== index) restore(entries[next]);
  }

  part("styles-history", ({ root }) => {
    root.classList.add("history");
    strip = el("div", { class: "strip", role: "group", "aria-label": "History of the styled pictures of this session" });
    empty = el("p", { class: "hint" }, "Pictures you dress are kept here. Left and right arrows walk through them.");
    root.append(strip, empty);
    strip.addEventListener("wheel", (event) => {
      if (!event.deltaY || strip.scrollWidth <= strip.clientWidth) return;
      strip.scrollLeft += event.deltaY;
      event.preventDefault();
    }, { passive: false });
  });

  // As on the Faces tab; while somebody types, keys are theirs.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !styles.visible()) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape") return styles.stop();
    if (target.closest("input:not([type=range]):not([type=checkbox]), textarea, select")) return;
    if (event.key === "r" || event.key === "R") return styles.reroll();
    if (target.closest("input[type=range], [role=radio], [role=tab]")) return;
    if (event.key === "ArrowLeft") walk(-1);
    else if (event.key === "ArrowRight") walk(1);
    else return;
    event.preventDefault();
  });

  on("styles:remember", remember);
})();
