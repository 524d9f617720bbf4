// What was styled in this browser tab, as a filmstrip; a click brings everything of one back. And the keys.
import { register } from "../shared/components.js";
import { emit, on } from "../shared/events.js";
import { Filmstrip, filmstripKeys } from "../shared/filmstrip.js";
import { withMinus } from "../shared/format.js";
import { display } from "./canvas.js";
import { enterBase, requests, rerollStyled } from "./requests.js";
import { state, titleOf, visible } from "./state.js";

// Not stored: styles of a session end with the page.
const film = new Filmstrip({
  most: 60,
  keyOf: (entry) =>
    JSON.stringify([
      entry.kind,
      entry.recipe,
      entry.active,
      entry.blend,
      entry.parts,
      entry.names,
      entry.photo?.slice(-60),
      entry.after?.picture.slice(-60),
    ]),
  look,
  restore,
  shown: () => state.shown,
});

function look(entry) {
  const last = (list) => list[list.length - 1];
  const some = entry.kind === "grid"
    ? [entry.rows[0][0], last(entry.rows[0]), last(entry.rows)[0], last(last(entry.rows))]
    : [entry.after];
  const what = entry.kind === "grid"
    ? `Grid of ${entry.names.map(titleOf).join(", ")}`
    : Object.entries(entry.active).map(([name, x]) => `${titleOf(name)} ${withMinus(x)}`).join(", ") || "No style";
  return {
    pictures: some.map((one) => one.picture),
    label: what,
    title: `${what}. ${entry.kind === "photo" ? "Photo" : `Seed ${entry.recipe.seed}`}`,
  };
}

// The active styles, the face and the pictures come back; nothing is drawn again but the wall.
function restore(entry) {
  requests.stop();
  document.activeElement?.blur?.();
  const { recipe, active, blend, parts, kind: mode, photo = state.photo } = entry;
  enterBase(mode === "prompt" ? "sd" : "faces");
  Object.assign(state, {
    recipe,
    active: { ...active },
    blend,
    parts: [...parts],
    mode,
    photo,
    gridStyles: entry.names || state.gridStyles,
  });
  emit("styles:changed", {});
  display({ ...entry, live: false });
}

register(
  "styles-history",
  ({ root }) =>
    film.build(
      root,
      "History of the styled pictures of this session",
      "Styled pictures are kept here. Left and right arrows walk through them.",
    ),
);

filmstripKeys({ visible, stop: () => requests.stop(), reroll: rerollStyled }, film);
on("styles:shown", () => film.follow());
on("styles:remember", (entry) => film.remember(entry));
