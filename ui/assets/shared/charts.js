// Charts: figures that the server sends, drawn by plotly.js in the page's colours, with what a chart needs around it:
// a legend of buttons, its picture and its numbers as files, and values by arrow keys. plotly.js is fetched when the
// first chart comes into view.
import { button } from "./controls.js";
import { el } from "./dom.js";
import { saveAs, saveBlob } from "./files.js";
import { icon } from "./icons.js";
import { plotly } from "./plotly.js";
import { csv, plain, pointNames, pointWords, step, themed } from "./chart_data.js";

const CONFIG = { displayModeBar: false, showSendToCloud: false, doubleClick: false, scrollZoom: false };
const ZOOM = 0.7; // of what is shown, for every press of +
const WIDE = 960; // CSS pixels of a picture that is kept
const HELP = "Arrow keys go from value to value, plus and minus zoom, 0 shows everything.";

const live = new Set();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const tool = (words, title, onclick) => button(words, onclick, { class: "chart-button", title, "aria-label": title });

/** One chart: `node` goes into the page, `update` takes a newer figure and keeps zoom and legend. */
class Chart {
  constructor(figure) {
    this.figure = figure;
    this.hidden = new Set(); // names of curves that are switched off
    this.at = null; // [curve, point] of the arrow keys
    this.revision = 0;
    this.build();
    this.waiting = new IntersectionObserver(([entry]) => entry.isIntersecting && this.appear(), {
      rootMargin: "200px",
    });
    this.waiting.observe(this.node);
    live.add(this);
  }

  build() {
    const title = plain(this.figure.layout.title?.text);
    this.reset = tool([icon("reroll")], "Show everything again", () => this.showAll());
    this.reset.hidden = true;
    this.legend = el("div", { class: "chart-legend", role: "group", "aria-label": `Legend of ${title}` });
    this.plot = el("div", { class: "chart-plot" });
    this.frame = el("div", {
      class: "chart-frame",
      tabindex: 0,
      role: "application",
      "aria-label": `${title}. ${HELP}`,
      onkeydown: (event) => this.key(event),
      onblur: () => this.leave(),
    }, this.plot);
    this.said = el("p", { class: "chart-said", role: "status" });
    this.node = el("figure", { class: "chart" }, this.caption(title), this.legend, this.frame, this.said);
    this.plot.style.height = `${this.figure.layout.height}px`;
    const least = this.figure.layout.meta?.least;
    if (least) this.plot.style.minWidth = `${least}px`;
    this.fillLegend();
  }

  caption(title) {
    const tools = [
      this.reset,
      tool("PNG", `PNG: picture of ${title} as a file`, () => this.keepPicture()),
      tool("CSV", `CSV: numbers of ${title} as a file`, () => this.keepNumbers()),
    ];
    const name = el("span", { class: "chart-title" }, title);
    return el("figcaption", {}, name, el("span", { class: "chart-tools" }, tools));
  }

  async appear() {
    this.waiting.disconnect();
    try {
      this.plotly = await plotly();
    } catch (error) {
      this.plot.replaceChildren(
        el("p", { class: "hint" }, "This chart could not be drawn: plotly.js did not arrive. Reload the page."),
      );
      throw error;
    }
    sweep();
    await this.draw();
    this.sizes = new ResizeObserver(() => this.plot.clientWidth && this.plotly.Plots.resize(this.plot));
    this.sizes.observe(this.plot);
    this.plot.on(
      "plotly_relayout",
      (change) => (this.reset.hidden &&= !Object.keys(change).some((key) => key.includes("range"))),
    );
    this.plot.on("plotly_doubleclick", () => this.showAll());
    this.plot.on("plotly_click", ({ points: [point] }) => this.pick(point.curveNumber, point.pointNumber));
  }

  draw() {
    if (!this.plotly) return undefined;
    const { data, layout } = themed(this.figure, token);
    const { title: _, ...rest } = layout;
    const touch = matchMedia("(pointer: coarse)").matches; // a finger scrolls the page
    const shown = data.map((trace) => ({ ...trace, visible: !this.hidden.has(trace.name) }));
    this.node.dataset.drawn = "yes";
    return this.plotly.react(
      this.plot,
      shown,
      { ...rest, uirevision: this.revision, dragmode: touch ? false : "zoom" },
      CONFIG,
    );
  }

  update(figure) {
    this.figure = figure;
    this.fillLegend();
    return this.draw();
  }

  showAll() {
    this.revision += 1; // forgets what was zoomed to
    this.reset.hidden = true;
    this.draw();
  }

  // --- legend -----------------------------------------------------------------------------------------------------

  fillLegend() {
    const curves = this.figure.data.filter((trace) => trace.type === "scatter");
    this.legend.hidden = curves.length < 2;
    const key = curves.map((trace) => trace.name).join("\n");
    if (this.legend.hidden || this.legend.dataset.key === key) return;
    this.legend.dataset.key = key;
    this.legend.replaceChildren(...curves.map((trace) => {
      const mark = el("span", {
        class: `chart-mark ${trace.mode?.startsWith("markers") ? "dot" : ""}`,
        "data-dash": trace.line?.dash || null,
      });
      mark.style.setProperty("--mark", trace.line?.color || trace.marker?.line?.color || trace.marker?.color);
      mark.style.setProperty("--inside", trace.marker?.color);
      return el(
        "button",
        {
          type: "button",
          "aria-pressed": "true",
          title: "Click to hide or show, double-click to show it alone",
          onclick: (event) => this.toggle(event.currentTarget, trace.name, event.detail === 2),
        },
        mark,
        plain(trace.name),
      );
    }));
  }

  toggle(button, name, alone) {
    const names = this.figure.data.map((trace) => trace.name);
    if (alone) this.hidden = new Set(names.filter((other) => other !== name));
    else this.hidden.has(name) ? this.hidden.delete(name) : this.hidden.add(name);
    if (names.every((other) => this.hidden.has(other))) this.hidden.clear(); // an empty chart says nothing
    [...button.parentNode.children].forEach((one, index) =>
      one.setAttribute("aria-pressed", String(!this.hidden.has(names[index])))
    );
    this.draw();
  }

  // --- keys -------------------------------------------------------------------------------------------------------

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.plotly || !this.figure.data.length) return;
    const { key } = event;
    if (key.startsWith("Arrow")) this.walk(key);
    else if (key === "+" || key === "=") this.zoom(ZOOM);
    else if (key === "-") this.zoom(1 / ZOOM);
    else if (key === "0") this.showAll();
    else if (key === "Enter" && this.at) this.pick(...this.at);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the tab has shortcuts of its own
  }

  walk(key) {
    const isHidden = (index) => this.hidden.has(this.figure.data[index].name);
    const first = Math.max(0, this.figure.data.findIndex((_, index) => !isHidden(index)));
    const start = [first, this.figure.data[first].type === "heatmap" ? [0, 0] : 0];
    this.at = this.at && !isHidden(this.at[0]) ? step(this.figure, this.at, key, isHidden) : start;
    const [curveNumber, pointNumber] = this.at;
    this.plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber }]);
    this.said.textContent = pointWords(this.figure, curveNumber, pointNumber);
  }

  // Whoever shows the chart may listen for "chart-pick" and show what is behind a value.
  pick(curve, at) {
    const detail = { names: pointNames(this.figure, curve, at) };
    this.node.dispatchEvent(new CustomEvent("chart-pick", { bubbles: true, detail }));
  }

  leave() {
    if (this.at) this.plotly?.Fx.unhover(this.plot);
    this.at = null;
    this.said.textContent = "";
  }

  // Around the middle, or around the value that the arrow keys are at; names on an axis stay as they are.
  zoom(factor) {
    const change = {};
    for (const letter of ["x", "y"]) {
      const axis = this.plot._fullLayout[`${letter}axis`];
      if (axis.type === "category" || (letter === "y" && this.plot._fullLayout.hovermode === "x unified")) continue;
      const [low, high] = axis.range;
      const here = this.at && this.figure.data[this.at[0]][letter][this.at[1]];
      const middle = typeof here === "number" ? (axis.type === "log" ? Math.log10(here) : here) : (low + high) / 2;
      change[`${letter}axis.range`] = [middle - (middle - low) * factor, middle + (high - middle) * factor];
    }
    this.plotly.relayout(this.plot, change);
  }

  // --- files ------------------------------------------------------------------------------------------------------

  fileName(ending) {
    const words = plain(this.figure.layout.title?.text).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    return `latentscape-${words || "chart"}.${ending}`;
  }

  async keepPicture() {
    const library = await plotly();
    const { data, layout } = themed(this.figure, token);
    const legend = { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" };
    const many = data.length > 1;
    const title = {
      ...layout.title,
      x: 0.02,
      font: { size: 16 },
      yref: "container",
      y: 1,
      yanchor: "top",
      pad: { t: 16 },
    };
    const figure = {
      data: data.map((trace) => ({ ...trace, visible: !this.hidden.has(trace.name) })),
      layout: {
        ...layout,
        title,
        legend,
        showlegend: many,
        paper_bgcolor: token("--raised"),
        margin: { l: 24, r: 24, t: many ? 88 : 56, b: 24, pad: 4 },
      },
    };
    const height = layout.height + (many ? 104 : 72);
    const url = await library.toImage(figure, {
      format: "png",
      width: Math.max(WIDE, layout.meta?.least || 0),
      height,
      scale: 2,
    });
    saveAs(url, this.fileName("png"));
  }

  keepNumbers() {
    saveBlob(new Blob([csv(this.figure)], { type: "text/csv" }), this.fileName("csv"));
  }

  end() {
    this.waiting.disconnect();
    this.sizes?.disconnect();
    live.delete(this);
  }
}

// Charts whose view is gone are let go of; one that was only just made is not in its view yet.
function sweep() {
  for (const chart of [...live]) {
    if (chart.node.isConnected) continue;
    if (chart.missed) chart.end();
    chart.missed = true;
  }
}

/** @param {import("./chart_data.js").Figure} figure */
export const makeChart = (figure) => new Chart(figure);

/** Puts a view's charts into the places that its HTML has for them (`Slots` in ui/components/chart_style.py). */
export function fillCharts(root, charts = []) {
  for (const slot of root.querySelectorAll("[data-chart]")) {
    const figure = charts[Number(slot.dataset.chart)];
    if (figure) slot.replaceChildren(makeChart(figure).node);
  }
}

/** A view {html, charts} as it stands in the page. */
export function showView(root, view) {
  root.innerHTML = view?.html || "";
  fillCharts(root, view?.charts);
}

new MutationObserver(() => {
  sweep();
  for (const chart of live) chart.draw();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
