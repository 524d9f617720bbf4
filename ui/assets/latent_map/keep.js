// The map as a web page of its own, and its spaces beside each other as charts.
import { makeChart } from "../shared/charts.js";
import { el } from "../shared/dom.js";
import { saveBlob } from "../shared/files.js";
import { filmSettings } from "./acts.js";
import { palette } from "./colours.js";
import { showInPanel } from "./panel.js";
import { request } from "./requests.js";
import { say, state, where } from "./state.js";

const PLAIN = { title: "nothing", scale: "category", names: ["Pictures"] };

function packed(values) {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const nameOf = (ending) => `latentscape-map-${where().space}-${where().projection}.${ending}`;

// What is coloured and selected now goes along: it may be clusters with names of one's own, or nearness to words.
function shown() {
  const colouring = state.colouring || { ...PLAIN, values: new Float32Array(state.atlas.count) };
  const { title, scale, values } = colouring;
  const colours = { title, scale, values: packed(values), ...palette(colouring) };
  return { ...where(), colours, rows: [...(state.rows || [])] };
}

export function keepTable() {
  const name = nameOf("csv");
  request("table", { kind: "table", ...shown() }, ({ table, error }) => {
    if (!error) saveBlob(new Blob([table], { type: "text/csv" }), name);
  });
}

/** The map as it is seen, with its marks. */
export const keepPicture = () => state.plane.picture().toBlob((blob) => saveBlob(blob, nameOf("png")), "image/png");

/** What is picked on the map, or the stops of the path. @returns {import("../shared/python_code.js").Seen} */
export function seenNow() {
  const { picked, stops } = state;
  const chosen = picked?.place ? [{ place: picked.place }] : picked?.row >= 0 ? [{ row: picked.row }] : [];
  const { way, frames } = filmSettings;
  return { kind: "map", ...where(), stops: stops.length > 1 ? stops : chosen, way, frames };
}

export function keepPage() {
  const name = nameOf("html");
  say({ text: "Putting the web page together" });
  request("page", { kind: "page", ...shown() }, ({ page, error }) => {
    if (error) return;
    saveBlob(new Blob([page], { type: "text/html" }), name);
    say({ text: `The map is saved: one file of ${(page.length / 1e6).toFixed(1)} MB that needs nothing else.` });
  });
}

export function compareSpaces() {
  showInPanel("Spaces compared", el("p", { class: "hint", role: "status" }, "Measuring the spaces"));
  document.querySelector(".latent-map-panel").scrollIntoView({ block: "nearest" }); // on a narrow page it is far up
  request("spaces", { kind: "spaces", atlas: state.atlas.name }, ({ charts, error }) => {
    if (error) return;
    showInPanel(
      "Spaces compared",
      ...charts.map((figure) => makeChart(figure).node),
      el(
        "p",
        { class: "hint" },
        "Of the vectors as each encoder makes them. A silhouette near 0 means no clear clusters.",
      ),
    );
  });
}
