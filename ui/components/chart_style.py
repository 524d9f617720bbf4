"""What every chart of the page shares: its look, its places in a view, and its way to the page as plain JSON.

Colours are the page's own tokens, ``var(--accent)`` and its like: ``ui/assets/shared/charts.js`` puts their values in,
and again when the page turns dark or light. Names come from files and from people, so :func:`words` escapes what plotly
would take for a tag. Values that are not finite become gaps: JSON has none.
"""

from __future__ import annotations

import json
import math
from html import escape
from typing import Any

import plotly.graph_objects as go

ChartJSON = dict[str, Any]  # a plotly figure: data, layout

TEXT, MUTED, GRID, EDGE = "var(--text)", "var(--muted)", "var(--line)", "var(--line-strong)"
ACCENT, SURFACE = "var(--accent)", "var(--raised)"
SERIES = (ACCENT, "var(--chart-2)", "var(--chart-3)", "var(--chart-4)", "var(--chart-5)", "var(--chart-6)")
SMALL, MEDIUM = 10.5, 12  # CSS pixels of type
CLEAR = "rgba(0,0,0,0)"


class Slots:
    """Places for charts in the HTML of a view; the script fills them with the figures, which travel beside it."""

    def __init__(self) -> None:
        self.charts: list[ChartJSON] = []

    def place(self, chart: ChartJSON, *, wide: bool = False) -> str:
        """The HTML of one place; ``wide`` takes a whole row."""
        self.charts.append(chart)
        return f'<div class="chart-slot{" wide" if wide else ""}" data-chart="{len(self.charts) - 1}"></div>'

    def view(self, html: str) -> dict[str, Any]:
        """The view as the page takes it."""
        return {"html": html, "charts": self.charts}


def words(text: object) -> str:
    """A name that is shown as it is written: plotly reads a few tags of HTML in every text."""
    return escape(str(text), quote=False)


def plain(figure: go.Figure) -> ChartJSON:
    """A figure as JSON values without plotly's own template."""
    figure.layout.template = None
    found = json.loads(figure.to_json())
    found["layout"].pop("template", None)
    return found


def layout_for(title: str, height: int) -> go.Layout:
    """The page's look: no frame, hairlines across, muted words at the axes. The title stands above, in the page."""
    axis = {
        "gridcolor": GRID,
        "linecolor": EDGE,
        "zerolinecolor": EDGE,
        "zeroline": False,
        "tickfont": {"size": SMALL, "color": MUTED},
        "automargin": True,
        "ticks": "",
    }
    return go.Layout(
        title={"text": words(title)},
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 4},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=False,
        font={"family": "var(--sans)", "size": MEDIUM, "color": TEXT},
        hoverlabel={"bgcolor": SURFACE, "bordercolor": EDGE, "font": {"color": TEXT, "size": MEDIUM}},
        xaxis=axis,
        yaxis=axis,
    )


def axis_title(text: str) -> dict[str, Any]:
    return {"text": words(text), "font": {"size": SMALL + 0.5, "color": MUTED}, "standoff": 8}


def number(value: float | None) -> float | None:
    """A float that JSON has, with the digits that a float32 has; None for anything else."""
    return float(f"{float(value):.7g}") if value is not None and math.isfinite(value) else None
