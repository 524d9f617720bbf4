"""A chart of named rows with a dot for each of several figures: plotly, from plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ui.components.chart_style import SERIES, ChartJSON, axis_title, layout_for, number, plain, words
from ui.components.charts import BAR

SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "x")  # told apart without colours, too


def dot_chart(
    rows: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    title: str,
    x: str = "",
    range_x: tuple[float, float] | None = None,
) -> ChartJSON:
    """Rows from the top down; each of ``series`` has one value for every row, and the first lies uppermost."""
    traces = [
        go.Scatter(
            name=words(name),
            x=[number(value) for value in values],
            y=[words(row) for row in rows],
            mode="markers",
            marker=go.scatter.Marker(color=SERIES[index], size=9 if index == 0 else 7, symbol=SYMBOLS[index]),
            cliponaxis=False,
            hovertemplate="%{x:.2f}",
        )
        for index, (name, values) in enumerate(series.items())
    ]
    layout = layout_for(title, len(rows) * BAR + 64)
    layout.hovermode = "y unified"
    layout.xaxis.update(title=axis_title(x), range=range_x, nticks=6, tickangle=0)
    layout.yaxis.update(type="category", categoryorder="array", categoryarray=[words(row) for row in rows])
    layout.yaxis.update(autorange="reversed", dtick=1, fixedrange=len(rows) < 12)
    return plain(go.Figure(traces, layout))
