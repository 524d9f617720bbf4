// A picture goes from tab to tab. A tab says what it does with one, and every other tab then offers to send it there.
(() => {
  const { after, el, icon } = latentscape;
  const TABS = "#tabs > .tab-wrapper :is([role=tab], .overflow-dropdown button)"; // those without room wait in a menu
  const tabs = {}; // key -> {title, words, icon, needs, take}

  // `title` is the tab's own, `words` what the button says, `take(picture)` runs once the islands in `needs` are there.
  // A picture is {uri, name}, with its recipe where one draws it again.
  function takes(key, tab) {
    tabs[key] = tab;
  }

  const asUri = (blob) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(blob);
    });

  // A picture as above or a Blob.
  async function send(key, picture) {
    const { title, needs, take } = tabs[key];
    const sent = picture instanceof Blob ? { uri: await asUri(picture), name: picture.name || "picture" } : picture;
    if (!sent?.uri && !sent?.recipe) return;
    [...document.querySelectorAll(TABS)].find((tab) => tab.textContent.trim() === title)?.click();
    after(needs, () => take(sent));
  }

  // One button for each other tab, an icon or its title; `get` gives the picture when it is pressed.
  const buttons = (from, get, { titles = false } = {}) =>
    Object.entries(tabs).filter(([key]) => key !== from).map(([key, tab]) =>
      el("button", { type: "button", class: titles ? "button small" : "icon-button", "data-send": key, title: tab.words, "aria-label": tab.words,
        onclick: async () => send(key, await get()) }, titles ? tab.title : icon(tab.icon)));

  takes("faces", {
    title: "Faces", words: "Edit in Faces", icon: "face", needs: ["faces-controls", "faces-canvas"],
    take: async ({ uri, recipe }) => {
      if (!recipe) return latentscape.editPhoto(await (await fetch(uri)).blob());
      latentscape.emit("mode", "draw");
      latentscape.change({ ...recipe });
    },
  });
  takes("lab", {
    title: "Reconstruction", words: "Send to Reconstruction", icon: "compare", needs: ["lab-controls", "lab-canvas"],
    take: ({ uri, name }) => latentscape.lab.addPicture(uri, name),
  });
  takes("map", {
    title: "Latent map", words: "Show on the map", icon: "map", needs: ["map-controls", "map-canvas"],
    take: (picture) => latentscape.map.locate(picture),
  });

  // The face on the canvas.
  function shown() {
    const entry = latentscape.session.shown;
    const face = entry?.faces[entry.selected] || entry?.faces[0];
    return { uri: face?.picture || entry?.before, name: entry?.kind === "edit" ? "edited photo" : `seed ${face?.seed}` };
  }

  after(["faces-canvas"], () => {
    const toolbar = document.querySelector("#faces-canvas .stage-actions");
    for (const button of buttons("faces", shown)) {
      button.id = `send-to-${button.dataset.send}`;
      toolbar?.append(button);
    }
  });

  latentscape.pictures = { takes, send, buttons };
})();
