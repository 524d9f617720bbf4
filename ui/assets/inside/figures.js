// The pictures of one step in a row, as a sum.
import { el } from "../shared/dom.js";
import { paint } from "../shared/pictures.js";
import { term } from "../shared/term.js";

const SIDE = 128; // CSS pixels that are painted; the page may show fewer

const PARTS = [
  [
    "noisy",
    () => [term("latent", "Latents"), " x\u209c"],
    "The noisy latents of this step, decoded. The decoder has never seen noise: colours say little here",
  ],
  [
    "conditional",
    () => [term("condition", "Conditional"), " x\u0302\u2080(c)"],
    "The clean picture that the network predicts for what was requested",
  ],
  [
    "unconditional",
    () => ["Unconditional x\u0302\u2080(\u2205)"],
    "The clean picture that the network predicts when nothing is requested",
  ],
  [
    "change",
    () => [term("guidance", "Guidance"), " adds"],
    "What guidance changes in the picture: grey is nothing, light is more, dark is less",
  ],
  [
    "clean",
    () => ["Predicted picture x\u0302\u2080"],
    "The sum: the clean picture that the solver steps towards. In the last step it is the drawn picture",
  ],
];
const SIGNS = { conditional: "", unconditional: "", change: "+", clean: "=" };

function figure([part, caption, title]) {
  const canvas = el("canvas", { role: "img", "aria-label": title });
  const words = el("figcaption", {}, caption());
  return el("figure", { "data-part": part, "data-sign": SIGNS[part] || null, title }, canvas, words);
}

export function figuresView() {
  const figures = PARTS.map(figure);
  const node = el("div", { class: "inside-figures" }, figures);

  /** @param {import("./words.js").InsideView} view @param {import("./words.js").InsideStep} step */
  function show(view, step) {
    PARTS.forEach(([part], place) => {
      const one = figures[place];
      const uri = step[part];
      one.toggleAttribute("data-none", !uri);
      if (uri) paint(one.querySelector("canvas"), uri, SIDE);
      if (part === "unconditional") {
        one.querySelector("figcaption").textContent = view.negative
          ? "Negative prompt x\u0302\u2080(neg)"
          : "Unconditional x\u0302\u2080(\u2205)";
      }
    });
  }
  return { node, show };
}
