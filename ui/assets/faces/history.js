// The session's pictures as a filmstrip: a click brings everything of one back. Kept in this browser tab alone.
(() => {
  const { part, on, emit, session } = latentscape;

  const film = latentscape.filmstrip({
    most: 100,
    keyOf: (entry) => (entry.kind === "draw" ? entry.link : JSON.stringify([entry.recipe, entry.before.slice(-40), entry.faces[0].picture.slice(-40)])),
    look,
    restore,
    shown: () => (session.shown?.faces[0]?.picture ? session.shown : null),
    store: latentscape.stored("latentscape-history", (entry) => entry?.faces?.length && entry.recipe),
  });

  function look(entry) {
    const words = entry.kind === "edit" ? "Edited photo" : `Seed ${entry.recipe.seed}`;
    const set = Object.entries(entry.recipe.attributes).slice(0, 6)
      .map(([name, strength]) => `${session.words.labels[name]} ${latentscape.signed(strength)}`).join(", ");
    return {
      pictures: entry.faces.slice(0, entry.faces.length > 3 ? 4 : 1).map((face) => face.picture),
      label: `${words}. ${set || "Nothing set"}`,
      title: `${words}${set ? `: ${set}` : ""}`,
      count: entry.faces.length,
    };
  }

  // Everything of an entry comes back: recipe, pictures, and the photo if it was an edit. Nothing is drawn again.
  function restore(entry) {
    latentscape.ask.stop();
    if (entry.kind === "edit") Object.assign(session, { photo: entry.photo, method: entry.method, faithfulness: entry.faithfulness });
    session.mode = entry.kind;
    latentscape.adopt(entry.recipe);
    emit("mode", session.mode);
    latentscape.display({ ...entry, live: false });
  }

  part("faces-history", ({ root }) =>
    film.build(root, "History of this session", "Pictures you draw are kept here. Left and right arrows walk through them."));

  on("ready", film.load);
  on("remember", film.remember);
  latentscape.walk = film.walk;
  latentscape.entries = film.entries;
})();
