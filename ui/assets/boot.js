// Stands in the page itself, before any module: it keeps the components that mount too early and shows the right colours.
(() => {
  const waiting = [];
  globalThis.latentscapeMount = (name, handle) => waiting.push([name, handle]);
  globalThis.latentscapeMount.waiting = waiting;
  // Gradio's own script ends its stream when the page is left, and reports that end as errors (its listener stands before
  // anything of ours, so it cannot be kept from it). Whoever reads the console learns here what they are.
  const leaving =
    "The page is left: Gradio ends its stream and reports an abort and connection errors. Nothing is wrong.";
  addEventListener("beforeunload", () => console.info(leaving));
  // A frame that is as high as its page (a Space's) is no measure for the page: the two would chase each other.
  const framed = () => (document.documentElement.dataset.framed = "");
  if ("parentIFrame" in globalThis) framed();
  addEventListener("message", ({ data }) => `${data}`.startsWith("[iFrameSizer]") && framed());
  let theme = "system";
  try {
    theme = localStorage.getItem("latentscape-theme");
  } catch {
    // a browser without storage follows the system
  }
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
