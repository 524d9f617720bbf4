// What is near what: the nearest pictures in every space side by side, a picture from another tab, and who stands apart.
(() => {
  const { on, emit, el, paint, map } = latentscape;
  const { state } = map;
  const LARGE = 264;

  // One line of pictures per space; those that the space on the map has among its nearest, too, are marked.
  function everySpace(near) {
    const here = new Set(near[map.plane.space] || []);
    const order = Object.keys(near).sort((a, b) => (b === map.plane.space) - (a === map.plane.space));
    return order.map((key) => {
      const rows = near[key].slice(0, 8);
      const shared = rows.filter((row) => here.has(row)).length;
      const own = key === map.plane.space;
      const strip = map.panel.thumbs(rows);
      strip.classList.add("map-line");
      if (!own) [...strip.children].forEach((node, index) => node.toggleAttribute("data-shared", here.has(rows[index])));
      return el("div", { class: "map-near-space", "data-space": key }, el("button", { type: "button", class: "text-button", disabled: own,
        title: own ? null : "Show this space", onclick: () => map.showSpace(key) }, map.space(key).title),
      el("span", { class: "hint number" }, own ? "on the map" : `${shared} of ${rows.length} the same`), strip);
    });
  }

  const nearSection = (near) => map.panel.section("Nearest in every space", ...everySpace(near));

  // --- a picture from another tab -----------------------------------------------------------------------------------

  // Waits for a map, then asks where the picture lies in all its spaces: changing the map asks nothing again.
  function locate(picture) {
    state.expected = map.plane?.data && map.plane.atlas === state.atlas?.name ? null : picture;
    if (state.expected) return;
    const { uri, name } = picture;
    map.say({ text: "Looking for its place on the map." });
    map.ask("locate", { kind: "locate", uri, ...map.where() }, (message) => {
      if (message.error) return;
      map.say({ text: "" });
      const face = new Image();
      face.onload = () => emit("map:redraw");
      face.src = uri;
      const near = Object.fromEntries(Object.entries(message.spaces).filter(([, one]) => !one.problem).map(([key, one]) => [key, one.rows]));
      Object.assign(state, { picked: { guest: { uri, name, face, spaces: message.spaces } }, near });
      guest();
      emit("map:redraw");
    });
  }

  function guest() {
    const { uri, name, spaces } = state.picked.guest;
    const here = spaces[map.plane.space];
    const canvas = el("canvas", { class: "map-large", role: "img", "aria-label": name });
    paint(canvas, uri, LARGE);
    map.panel.show("Your picture", canvas, map.panel.sendRow(() => ({ uri, name })),
      el("p", { class: "hint" }, here?.problem || (map.plane.projection.startsWith("pca") ? "Placed as the map\u2019s own pictures are."
        : "Placed between the pictures that are nearest to it in this space: such a map has no formula.")),
      nearSection(state.near));
  }

  // --- who stands apart ---------------------------------------------------------------------------------------------

  function oddities() {
    map.say({ text: "Comparing every picture with its neighbours." });
    map.ask("oddities", { kind: "oddities", ...map.where() }, (message) => {
      if (message.error) return;
      map.say({ text: "" });
      const { show, thumbs, section } = map.panel;
      const factors = message.factors;
      const lonely = thumbs(message.outliers);
      [...lonely.children].forEach((node, index) => (node.title = `Local outlier factor ${factors[index]}`));
      const pairs = message.duplicates.map((pair) => {
        const two = thumbs(pair);
        two.classList.add("map-pair");
        return two;
      });
      show(`Apart in ${map.space(map.plane.space).title}`, section("Outliers", el("p", { class: "hint number" },
        `Their places are up to ${factors[0]} times as empty as those around them (local outlier factor).`), lonely),
      section("Near-duplicates", pairs.length ? el("div", { class: "map-pairs" }, pairs)
        : el("p", { class: "hint" }, "No two pictures are much closer than neighbours usually are.")));
    });
  }

  on("map:shown", (plane) => plane.slot === "first" && state.expected && locate(state.expected));
  Object.assign(map, { nearSection, locate, guest, oddities, show: (picture) => latentscape.pictures.send("map", picture) });
})();
