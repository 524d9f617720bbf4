// What the Faces tab requests from the server.
import { RequestQueue } from "../shared/request_queue.js";
import { state } from "./state.js";

/**
 * A request of the tab, as ui/faces/requests.py reads it; `kind` says which of the keys count.
 * @typedef {object} FacesRequest
 * @property {"draw" | "edit" | "read" | "sweep" | "inside"} kind
 * @property {object} [recipe] what is drawn
 * @property {boolean} [settle] false while a control moves: then nothing is measured
 * @property {string} [link] a recipe as a link, instead of `recipe`
 * @property {string} [png] data URI of a picture that carries its recipe
 * @property {string} [photo] data URI of the photo that is edited or read
 * @property {Record<string, number>} [base] the attributes of the photo, as the classifier reads them
 * @property {"ddpm" | "ddim"} [method] how the photo is inverted
 * @property {number} [faithfulness] how closely an edit keeps to the photo, 0..1
 * @property {number[] | null} [crop] where the square was cut out of the photo (`asCrop` in placement.js)
 * @property {string} [attribute] the one that is swept
 */

export const requests = new RequestQueue(
  "faces",
  { draw: { urgent: true }, inside: { background: true }, sweep: { background: true } },
  { kept: "Your settings are kept" },
);

/** @returns {FacesRequest} */
function drawing() {
  const common = { recipe: state.recipe, settle: !state.dragging };
  if (state.mode !== "edit" || !state.photo?.base) return { kind: "draw", ...common };
  const { source, base, crop } = state.photo;
  const { method, faithfulness } = state;
  return { kind: "edit", ...common, photo: source, base, method, faithfulness, crop };
}

// The recipe as it stands when its turn comes.
export function draw({ live = false, quiet = false } = {}) {
  if (state.mode === "edit" && !state.photo?.base) return;
  requests.cancel("sweep");
  requests.request("draw", drawing, { live, quiet });
}

// Any other request that stands for a drawing: {kind, ...}.
export const send = (content, options = {}) => requests.request("draw", content, options);

export const drawSweep = (attribute) =>
  requests.request("sweep", () => ({ kind: "sweep", recipe: state.recipe, attribute }));
