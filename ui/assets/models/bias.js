// Whose faces are these: what was measured of the data and of drawn faces, with a way to the faces behind a figure.
import { perform } from "../shared/act.js";
import { showView } from "../shared/charts.js";
import { register } from "../shared/components.js";
import { el } from "../shared/dom.js";

const showFaces = (search) => perform({ tab: "map", search });

register("models-bias", ({ root, server }) => {
  let asked = false;
  document.addEventListener("latentscape-bias", async () => {
    if (asked) return;
    asked = true;
    const view = await server.bias();
    if (view) return showView(root, view);
    asked = false;
    root.replaceChildren(el("p", { role: "alert" }, "No response came from the server. Open this page again."));
  });
  root.addEventListener("chart-pick", ({ detail }) => {
    const names = detail.names.map((name) => name.toLowerCase());
    if (names.length) showFaces([...new Set(names)].join(" and "));
  });
  root.addEventListener("click", ({ target }) => {
    const link = /** @type {HTMLElement | null} */ (target.closest("[data-search]"));
    if (link) showFaces(link.dataset.search);
  });
});
