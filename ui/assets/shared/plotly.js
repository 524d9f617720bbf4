// plotly.js, which the server sends beside this module (ui/components/plotly_bundle.py), when the first chart needs it.
import { el } from "./dom.js";

let loading = null;

/** plotly.js, from this machine alone. */
export function plotly() {
  loading ||= new Promise((resolve, reject) => {
    const script = el("script", { src: new URL("./plotly.min.js", import.meta.url).href });
    script.addEventListener("load", () => resolve(globalThis.Plotly));
    script.addEventListener("error", () => {
      loading = null; // tried again with the next chart
      reject(new Error("plotly.js did not arrive."));
    });
    document.head.append(script);
  });
  return loading;
}
