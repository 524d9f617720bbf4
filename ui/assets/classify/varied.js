// The pictures of the mode Variations on the canvas: those that were brought, and those that were drawn.
import { button } from "../shared/controls.js";
import { el } from "../shared/dom.js";
import { duration } from "../shared/format.js";
import { arrange, roomOf } from "../shared/layout.js";
import { paint } from "../shared/pictures.js";
import { setVariations } from "./requests.js";
import { state, vary } from "./state.js";

const LARGEST = 480; // CSS pixels of one picture

/** What was drawn of the pictures that are there now; of former ones nothing is shown. */
export function drawnNow() {
  const { drawn, other } = vary;
  return drawn?.photo === state.photo?.source && drawn?.other === other?.source ? drawn : null;
}

/** The chosen one as it goes to another tab. */
export function selectedVariation() {
  const one = drawnNow()?.variations[vary.selected];
  return one && { uri: one.picture, name: `variation, seed ${one.seed}` };
}

/** Lines about the chosen one. */
export function variationWords() {
  const drawn = drawnNow();
  const one = drawn?.variations[vary.selected];
  if (!one) return [state.photo?.name || "", "Its variations keep what the classifier sees, with other seeds"];
  const kept = drawn.other ? "" : `${one.kept} of ${one.of} attributes kept`;
  return [`Seed ${one.seed}`, kept, duration(drawn.milliseconds)].filter(Boolean);
}

function entries() {
  const drawn = drawnNow();
  const brought = [{ uri: state.classified?.picture, tag: vary.other ? "First" : "Picture" }];
  if (vary.other) brought.push({ uri: vary.other.source, tag: "Second" });
  const made = drawn ? drawn.variations.map((one, place) => ({ uri: one.picture, place, tag: "" })) : [];
  return [...brought, ...made].filter(({ uri }) => uri);
}

function tile({ uri, tag, place }, side) {
  const canvas = el("canvas", { role: "img", "aria-label": tag || `Variation ${place + 1}` });
  paint(canvas, uri, side);
  const drawn = place !== undefined;
  return button(
    [canvas, tag && el("span", { class: "tag tag-before" }, tag)],
    () => setVariations({ selected: place }),
    {
      class: "tile classify-tile",
      disabled: !drawn,
      "data-variation": drawn ? String(place) : null,
      "data-selected": drawn && place === vary.selected,
      "aria-label": drawn ? `Variation ${place + 1}` : tag,
    },
  );
}

/** Paints all of them into `node`, as large as the stage allows. */
export function paintVariations(node, stage) {
  if (state.mode !== "variations" || !stage.clientWidth) return;
  const shown = entries();
  const { side, columns } = arrange(shown.length, ...roomOf(stage), LARGEST);
  node.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
  node.style.setProperty("--side", `${side}px`);
  node.replaceChildren(...shown.map((entry) => tile(entry, side)));
}
