// The losses of both models as a figure of shared/charts.js.
const axis = (text) => ({
  title: { text, font: { size: 11, color: "var(--muted)" }, standoff: 8 },
  tickfont: { size: 10.5, color: "var(--muted)" },
  gridcolor: "var(--line)",
  linecolor: "var(--line-strong)",
  automargin: true,
});

const curve = (losses, name, key, colour) => ({
  type: "scatter",
  name,
  mode: "lines",
  x: losses.map(({ step }) => step),
  y: losses.map((one) => one[key]),
  line: { color: colour, width: 2 },
  hovertemplate: "%{y:.3f}",
});

/** @param {{step: number, flow: number, vae: number}[]} losses @returns {import("../shared/chart_data.js").Figure} */
export const lossFigure = (losses) => ({
  data: [
    curve(losses, "Flow matching", "flow", "var(--accent)"),
    curve(losses, "Variational autoencoder", "vae", "var(--chart-2)"),
  ],
  layout: {
    title: { text: "Losses" },
    height: 180,
    margin: { l: 8, r: 12, t: 8, b: 8, pad: 4 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    hovermode: "x unified",
    font: { family: "var(--sans)", size: 12, color: "var(--text)" },
    hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--line-strong)", font: { color: "var(--text)" } },
    xaxis: { ...axis("step"), showgrid: false },
    yaxis: { ...axis("loss"), type: "log", dtick: "D2" },
  },
});
