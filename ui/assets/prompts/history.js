// What was drawn from prompts in this browser tab, as a filmstrip; a click brings everything of one back. And the keys.
import { register } from "../shared/components.js";
import { emit, on } from "../shared/events.js";
import { Filmstrip, filmstripKeys, stored } from "../shared/filmstrip.js";
import { display } from "./canvas.js";
import { readPrompt, requestDrawing, requests, rerollPicture } from "./requests.js";
import { linkOf, state, visible } from "./state.js";

const film = new Filmstrip({
  most: 60,
  keyOf: (entry) => `${entry.kind} ${entry.link} ${entry.other}`,
  look,
  restore,
  shown: () => state.shown,
  store: stored(
    "latentscape-prompts",
    (entry) => entry?.recipe && entry.pictures && (entry.pictures.length || entry.frames?.length),
    (name, value) => (name === "frame" || name === "refused" ? undefined : value),
  ),
});

function look(entry) {
  const all = entry.kind === "morph"
    ? [entry.frames[0], entry.frames.at(-1)]
    : entry.pictures.map((one) => one.picture);
  const words = entry.recipe.prompt || "No prompt";
  const whole = entry.kind === "draw"
    ? words
    : `${words} ${entry.kind === "morph" ? "turns into" : "and"} ${entry.other}`;
  return {
    pictures: all.slice(0, all.length > 3 ? 4 : all.length > 1 && entry.kind !== "draw" ? 2 : 1),
    label: whole,
    title: `${whole.slice(0, 300)}. Seed ${entry.recipe.seed}`,
    count: entry.kind === "draw" ? all.length : 0,
  };
}

// Recipe, prompts and pictures come back; nothing is drawn again.
function restore(entry) {
  requests.stop();
  document.activeElement?.blur?.();
  // It was drawn by an older version of the app: the server translates its recipe.
  if (entry.recipe.version !== state.words.first.version) return requestDrawing({ kind: "draw", link: linkOf(entry) });
  Object.assign(state, {
    recipe: { ...state.recipe, ...entry.recipe },
    mode: entry.kind,
    other: entry.other || state.other,
  });
  emit("prompts:recipe", {});
  emit("prompts:stale", false);
  readPrompt();
  display({ ...entry, live: false });
}

register("prompts-history", ({ root }) => {
  film.build(
    root,
    "History of the prompts of this session",
    "Pictures of your prompts are kept here. Left and right arrows walk through them.",
  );
  film.load();
});

filmstripKeys({ visible, stop: () => requests.stop(), reroll: rerollPicture }, film);
on("prompts:remember", (entry) => film.remember(entry));
on("prompts:shown", () => film.follow());
on("prompts:kept", (entry) => film.save(entry)); // with what was read of the pictures
