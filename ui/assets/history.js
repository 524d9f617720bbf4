// The session's pictures as a filmstrip: a click brings everything of one back. Kept in this browser tab alone.
(() => {
  const { part, on, emit, el, session, paint } = latentscape;
  const KEY = "latentscape-history";
  const MOST = 100;
  const SIZE = 56;
  let entries = [];
  let strip, empty;

  const keyOf = (entry) =>
    entry.kind === "draw" ? entry.link : JSON.stringify([entry.recipe, entry.before.slice(-40), entry.faces[0].picture.slice(-40)]);

  function save() {
    let kept = entries;
    while (kept.length) {
      try {
        sessionStorage.setItem(KEY, JSON.stringify(kept));
        return;
      } catch {
        kept = kept.slice(Math.ceil(kept.length / 2)); // full: the older half goes
      }
    }
  }

  function load() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(KEY) || "[]");
      return Array.isArray(stored) ? stored.filter((entry) => entry?.faces?.length && entry.recipe) : [];
    } catch {
      return [];
    }
  }

  function remember(entry) {
    const key = keyOf(entry);
    const known = entries.find((other) => keyOf(other) === key);
    if (known) return mark(known);
    entries.push(entry);
    if (entries.length > MOST) strip.removeChild(strip.firstChild) && entries.shift();
    strip.append(thumb(entry));
    empty.hidden = true;
    mark(entry);
    save();
  }

  function thumb(entry) {
    const faces = entry.faces.slice(0, entry.faces.length > 3 ? 4 : 1);
    const side = faces.length > 1 ? SIZE / 2 : SIZE;
    const canvases = faces.map((face) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paint(canvas, face.picture, side);
      return canvas;
    });
    const words = entry.kind === "edit" ? "Edited photo" : `Seed ${entry.recipe.seed}`;
    const set = Object.entries(entry.recipe.attributes).slice(0, 6)
      .map(([name, strength]) => `${session.words.labels[name]} ${latentscape.signed(strength)}`).join(", ");
    const node = el("button", { type: "button", class: "thumb", "data-many": String(faces.length > 1), "data-seed": entry.recipe.seed,
      "aria-label": `${words}. ${set || "Nothing set"}. Restore`, title: `${words}${set ? `: ${set}` : ""}`,
      onclick: () => restore(entry) }, canvases,
      entry.faces.length > 1 && el("span", { class: "thumb-count" }, String(entry.faces.length)));
    node.entry = keyOf(entry);
    return node;
  }

  function mark(entry) {
    const key = keyOf(entry);
    for (const node of strip.children) {
      const current = node.entry === key;
      node.toggleAttribute("data-current", current);
      if (current) {
        node.setAttribute("aria-current", "true");
        reveal(node);
      } else node.removeAttribute("aria-current");
    }
  }

  // Scrolls the strip alone; scrollIntoView would move the page with it.
  function reveal(node) {
    const [left, right] = [node.offsetLeft - strip.offsetLeft, node.offsetLeft - strip.offsetLeft + node.offsetWidth];
    if (left < strip.scrollLeft) strip.scrollLeft = left - 8;
    else if (right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = right - strip.clientWidth + 8;
  }

  // Everything of an entry comes back: recipe, pictures, and the photo if it was an edit. Nothing is drawn again.
  function restore(entry) {
    latentscape.ask.stop();
    if (entry.kind === "edit") Object.assign(session, { photo: entry.photo, method: entry.method, faithfulness: entry.faithfulness });
    session.mode = entry.kind;
    latentscape.adopt(entry.recipe);
    emit("mode", session.mode);
    latentscape.display({ ...entry, live: false });
    mark(entry);
  }

  // -1 to the older neighbour, +1 to the newer one.
  function walk(step) {
    if (!entries.length) return;
    const key = session.shown && session.shown.faces[0]?.picture ? keyOf(session.shown) : "";
    const index = entries.findIndex((entry) => keyOf(entry) === key);
    const next = index < 0 ? entries.length - 1 : Math.min(entries.length - 1, Math.max(0, index + step));
    if (next !== index) restore(entries[next]);
  }

  part("faces-history", ({ root }) => {
    root.classList.add("history");
    strip = el("div", { class: "strip", role: "group", "aria-label": "History of this session" });
    empty = el("p", { class: "hint" }, "Pictures you draw are kept here. Left and right arrows walk through them.");
    root.append(strip, empty);
    strip.addEventListener("wheel", (event) => {
      if (!event.deltaY || strip.scrollWidth <= strip.clientWidth) return;
      strip.scrollLeft += event.deltaY;
      event.preventDefault();
    }, { passive: false });
  });

  function begin() {
    if (strip.children.length) return;
    entries = load();
    strip.append(...entries.map(thumb));
    empty.hidden = entries.length > 0;
  }

  on("ready", begin);
  on("remember", remember);
  latentscape.walk = walk;
  latentscape.entries = () => entries;
})();
