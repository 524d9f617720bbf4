// The map as a web page of its own, and its spaces beside each other as charts.
import { makeChart } from "../shared/charts.js";
import { el } from "../shared/dom.js";
import { saveBlob } from "../shared/files.js";
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

// What is coloured and selected now goes along: it may be clusters with names of one's own, or nearness to words.
export function keepPage() {
  const colouring = state.colouring || { ...PLAIN, values: new Float32Array(state.atlas.count) };
  const { title, scale, values } = colouring;
  const colours = { title, scale, values: packed(values), ...palette(colouring) };
  const { space, projection } = where();
  say({ text: "Putting the web page together" });
  request("page", { kind: "page", ...where(), colours, rows: [...(state.rows || [])] }, ({ page, error }) => {
    if (error) return;
    saveBlob(new Blob([page], { type: "text/html" }), `latentscape-map-${space}-${projection}.html`);
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
