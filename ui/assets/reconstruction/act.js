// What the Reconstruction tab does when it is told to (shared/act.js).
import { acts } from "../shared/act.js";
import { eventually } from "../shared/eventually.js";
import { operateWith } from "./latent.js";
import { changeTable, chooseCell } from "./requests.js";
import { cellOf, showErrors, state } from "./state.js";

/**
 * @typedef {object} ReconstructionAction
 * @property {string} [example] an example picture by its name; it comes onto the table if it is not there
 * @property {string} [model] key of the autoencoder whose reconstruction of it is enlarged; the table without it
 * @property {number} [silence] how many of the first numbers of the code are set to zero
 * @property {number | null} [bits] that each number is rounded to
 * @property {boolean} [errors] error maps instead of pictures
 */

const CHANGES = ["reconstruction:rows", "reconstruction:cells", "reconstruction:models", "reconstruction:examples"];
const rowNamed = (name) => state.rows.find((row) => row.name === name);
let stop = () => {};

function enlarge(id, model, { silence = 0, bits = null }) {
  stop = eventually(CHANGES, () => cellOf(id, model)?.after, () => {
    chooseCell({ id, model });
    if (silence || bits) operateWith({ silence: Array.from({ length: silence }, (_, i) => i), bits });
  });
}

// A visitor's own pictures are in no address: they go with the page.
function chosenExample() {
  if (!state.opened || !state.rows.length) return null;
  const { name } = state.rows.find((row) => row.id === state.chosen?.id) || {};
  const known = state.examples.some((one) => one.name === name);
  return known ? { example: name, model: state.chosen.model } : {};
}

acts("reconstruction", (/** @type {ReconstructionAction} */ { example, model, errors = false, ...surgery }) => {
  stop();
  showErrors(errors);
  if (!model) chooseCell(null);
  if (!example) return;
  const there = () => state.opened && state.examples.length;
  stop = eventually(CHANGES, there, () => {
    const first = state.examples.some((one) => one.first && one.name === example); // on its way already
    if (!rowNamed(example) && !(first && !state.removed)) changeTable({ kind: "example", example, count: 2 });
    if (model) stop = eventually(CHANGES, () => rowNamed(example), ({ id }) => enlarge(id, model, surgery));
  });
}, { read: chosenExample, changes: ["reconstruction:chosen", "reconstruction:cells"] });
