"""The charts of the bias view: shares of attributes, what comes together, and what one attribute drags along."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core import attributes
from core.pipelines.models.bias import Bias, DataBalance, GeneratorBias
from ui.components.chart_style import (
    ACCENT,
    MUTED,
    SERIES,
    SURFACE,
    ChartJSON,
    axis_title,
    layout_for,
    number,
    plain,
    words,
)
from ui.components.charts import BAR, matrix_chart

LABELS = [attributes.label(name) for name in attributes.NAMES]
NAMED = 8  # pairs that are named in the chart of all pairs


def shares_chart(bias: Bias) -> ChartJSON:
    """For each attribute a dot for the labels, one for real photographs as they are read, and one for drawn faces."""
    order = np.argsort(-bias.data.present)
    rows = [("Labels of the training pictures", bias.data.present, SURFACE, MUTED)]
    if bias.read is not None:
        rows.append(("Read on real photographs", bias.read, SERIES[1], SERIES[1]))
    if bias.generator is not None:
        rows.append(("Read on drawn faces", bias.generator.drawn, ACCENT, ACCENT))
    traces = [
        go.Scatter(
            name=name,
            x=[number(values[index]) for index in order],
            y=[words(LABELS[index]) for index in order],
            mode="markers",
            marker=go.scatter.Marker(color=inside, size=9, line=go.scatter.marker.Line(color=edge, width=2)),
            hovertemplate="%{x:.1%}",
        )
        for name, values, inside, edge in rows
    ]
    layout = layout_for("How many have each attribute", len(LABELS) * BAR + 64)
    layout.hovermode = "y unified"
    layout.xaxis.update(title=axis_title("share of the pictures"), tickformat=".0%", range=(-0.02, 1.02))
    layout.yaxis.update(range=(len(LABELS) - 0.5, -0.5), dtick=1)
    return plain(go.Figure(traces, layout))


def together_chart(data: DataBalance) -> ChartJSON:
    """Correlation of the labels of the training pictures."""
    details = [
        [f"{_points(data.difference[row, column])} where {LABELS[row]} is present" for column in range(len(LABELS))]
        for row in range(len(LABELS))
    ]
    settings = {"what": "correlation", "diverging": True, "details": details}
    return matrix_chart(LABELS, LABELS, data.correlation.round(3), title="Labels that come together", **settings)


def drag_chart(generator: GeneratorBias) -> ChartJSON:
    """How much surer the classifier is of the column where the row is requested present instead of absent."""
    details = [
        [
            f"present {generator.present[row, column]:.0%}, absent {generator.absent[row, column]:.0%}, "
            f"not requested {generator.unset[column]:.0%}"
            for column in range(len(LABELS))
        ]
        for row in range(len(LABELS))
    ]
    axes = {"x": "Read", "y": "Requested", "what": "difference", "diverging": True, "details": details}
    return matrix_chart(LABELS, LABELS, generator.difference.round(3), title="What a request drags along", **axes)


def pairs(bias: Bias) -> list[tuple[int, int]]:
    """All pairs of two attributes, first those that a request drags along most beyond what the data explain."""
    beyond = np.abs(bias.generator.difference - bias.data.difference)
    np.fill_diagonal(beyond, -1)
    order = np.argsort(-beyond, axis=None)[: -len(LABELS)]
    return [(int(index // len(LABELS)), int(index % len(LABELS))) for index in order]


def amplified_chart(bias: Bias) -> ChartJSON:
    """Every pair of attributes: what the data have against what a request does."""
    found = pairs(bias)
    traces = [_pair_trace("All pairs", bias, found[NAMED:], MUTED)]
    traces.append(_pair_trace("Farthest from the data", bias, found[:NAMED], ACCENT))
    layout = layout_for("Does the generator exaggerate?", 420)
    layout.hovermode = "closest"
    layout.xaxis.update(title=axis_title("difference in the labels of the data"), range=(-1.05, 1.05), zeroline=True)
    layout.yaxis.update(title=axis_title("difference in drawn faces"), range=(-1.05, 1.05), zeroline=True)
    layout.shapes = [_line((-1, -1), (1, 1))]
    return plain(go.Figure(traces, layout))


def _pair_trace(name: str, bias: Bias, chosen: list[tuple[int, int]], colour: str) -> go.Scatter:
    size = 9 if colour == ACCENT else 4
    return go.Scatter(
        name=name,
        x=[number(round(bias.data.difference[pair], 3)) for pair in chosen],
        y=[number(round(bias.generator.difference[pair], 3)) for pair in chosen],
        text=[words(f"{LABELS[row]} and {LABELS[column]}") for row, column in chosen],
        mode="markers",
        marker=go.scatter.Marker(color=colour, size=size),
        hovertemplate="<b>%{text}</b><br>data %{x:+.2f}<br>drawn %{y:+.2f}<extra></extra>",
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> dict:
    line = {"color": MUTED, "width": 1, "dash": "dot"}
    return {"type": "line", "x0": start[0], "y0": start[1], "x1": end[0], "y1": end[1], "line": line}


def _points(difference: float) -> str:
    return f"{100 * difference:+.0f} percentage points"
