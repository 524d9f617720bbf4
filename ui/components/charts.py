"""The kinds of charts of the page: plotly figures from plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from ui.components.chart_style import (
    ACCENT,
    MUTED,
    SERIES,
    SMALL,
    SURFACE,
    TEXT,
    ChartJSON,
    axis_title,
    layout_for,
    number,
    plain,
    words,
)

DOTS = ("Autoencoders", "Without a network")  # full and hollow ones
BAR, CELL = 18, 15  # CSS pixels of one bar of many, of one cell of a matrix


@dataclass(frozen=True)
class Line:
    """One line of a line chart."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    colour: str = ""  # the next of SERIES where empty
    dots: bool = False  # mark each value
    dashed: bool = False


@dataclass(frozen=True)
class Dot:
    """One named point of a scatter chart; ``hollow`` ones are of another kind."""

    name: str
    x: float
    y: float
    hollow: bool = False


@dataclass(frozen=True)
class Bar:
    """One horizontal bar with the length of its error bar to either side; ``faint`` ones may be chance."""

    name: str
    value: float
    error: float | None = None
    faint: bool = False
    detail: str = ""  # shown with its value under the pointer


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x: str = "",
    y: str = "",
    height: int = 240,
    percent: bool = False,
    range_y: tuple[float, float] | None = None,
    logarithmic: bool = False,
) -> ChartJSON:
    """Lines over common axes; ``x`` and ``y`` name the axes with their units, ``logarithmic`` is the value axis."""
    form = ":.1%" if percent else ":.5~g"
    traces = []
    for index, line in enumerate(lines):
        colour = line.colour or SERIES[index % len(SERIES)]
        few = len(line.x) < 2  # a single value is no line
        style = go.scatter.Line(color=colour, width=2, dash="dash" if line.dashed else None)
        traces.append(
            go.Scatter(
                name=words(line.name),
                x=[number(value) for value in line.x],
                y=[number(value) for value in line.y],
                mode="lines+markers" if line.dots or few else "lines",
                line=style,
                marker=go.scatter.Marker(color=colour, size=6),
                hovertemplate=f"%{{y{form}}}",
            )
        )
    layout = layout_for(title, height)
    layout.hovermode = "x unified"
    layout.xaxis.update(title=axis_title(x), showgrid=False, hoverformat=",.5~g")
    layout.yaxis.update(title=axis_title(y), tickformat=".0%" if percent else None, range=range_y)
    if logarithmic:
        layout.yaxis.update(type="log", dtick=1)
    return plain(go.Figure(traces, layout))


def scatter_chart(dots: Sequence[Dot], *, title: str, x: str, y: str, names: tuple[str, str] = DOTS) -> ChartJSON:
    """Named points over a logarithmic x axis; those at or below 0 have no place on it and are left out. ``names`` are
    those of the full and of the hollow points.
    """
    traces = []
    for hollow, name in zip((False, True), names, strict=True):
        shown = [dot for dot in dots if dot.hollow == hollow and dot.x > 0 and math.isfinite(dot.x + dot.y)]
        if not shown:
            continue
        colour = MUTED if hollow else ACCENT
        traces.append(
            go.Scatter(
                name=name,
                x=[dot.x for dot in shown],
                y=[dot.y for dot in shown],
                text=[words(dot.name) for dot in shown],
                mode="markers+text",
                textposition=_sides(shown, [dot for dot in dots if dot.x > 0]),
                textfont=go.scatter.Textfont(size=11, color=MUTED if hollow else TEXT),
                marker=go.scatter.Marker(
                    color=SURFACE if hollow else colour, size=9, line=go.scatter.marker.Line(color=colour, width=2)
                ),
                cliponaxis=False,
                hovertemplate=f"<b>%{{text}}</b><br>%{{x:,.4~g}} {words(x)}<br>%{{y:.2f}} {words(y)}<extra></extra>",
            )
        )
    layout = layout_for(title, 300)
    layout.xaxis.update(title=axis_title(x), type="log", tickformat=",.3~s", dtick="D2")
    layout.yaxis.update(title=axis_title(y))
    layout.margin.update(r=24, t=16)
    if (span := _log_span([dot.x for dot in dots if dot.x > 0])) is not None:
        layout.xaxis.range = span
    else:
        layout.annotations = [{"text": "Not measured yet", "showarrow": False, "font": {"color": MUTED}}]
    return plain(go.Figure(traces, layout))


def bar_chart(
    bars: Sequence[Bar],
    *,
    title: str,
    x: str = "",
    percent: bool = False,
    diverging: bool = False,
    reference: float | None = None,
    range_x: tuple[float, float] | None = None,
    ticks: int = 6,  # at most
) -> ChartJSON:
    """Horizontal bars, the first on top. ``diverging`` recolours values below 0, ``reference`` is a line."""
    below, above = SERIES[1] if diverging else ACCENT, ACCENT
    form = ":.1%" if percent else ":+.3~g" if diverging else ":,.4~g"
    errors = [bar.error for bar in bars]
    trace = go.Bar(
        name=words(title),
        x=[number(bar.value) for bar in bars],
        y=[words(bar.name) for bar in bars],
        orientation="h",
        marker=go.bar.Marker(
            color=[below if bar.value < 0 else above for bar in bars],
            opacity=[0.4 if bar.faint else 1.0 for bar in bars],
            line=go.bar.marker.Line(width=0),
        ),
        error_x=go.bar.ErrorX(array=errors, color=TEXT, thickness=1, width=0) if any(errors) else None,
        customdata=[words(bar.detail) for bar in bars] if any(bar.detail for bar in bars) else None,
        hovertemplate=f"<b>%{{y}}</b><br>%{{x{form}}}"
        + ("<br>%{customdata}" if any(bar.detail for bar in bars) else "")
        + "<extra></extra>",
    )
    layout = layout_for(title, len(bars) * BAR + 64)
    layout.hovermode = "closest"
    layout.bargap = 0.35
    layout.xaxis.update(nticks=ticks, tickangle=0)
    layout.xaxis.update(title=axis_title(x), tickformat=".0%" if percent else None, range=range_x, zeroline=diverging)
    layout.yaxis.update(autorange="reversed", showgrid=False, dtick=1, ticks="", fixedrange=len(bars) < 12)
    if reference is not None:
        layout.shapes = [_vertical(reference)]
    return plain(go.Figure([trace], layout))


def matrix_chart(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    title: str,
    what: str,
    x: str = "",
    y: str = "",
    diverging: bool = False,
    percent: bool = False,
    details: Sequence[Sequence[str]] | None = None,
) -> ChartJSON:
    """A matrix as coloured cells, the first row at the top; ``what`` names the value. ``diverging`` goes from -1 to 1,
    else colours begin at 0. ``details`` are shown with the value under the pointer."""
    ends = [[0, SERIES[1]], [0.5, SURFACE], [1, ACCENT]] if diverging else [[0, SURFACE], [1, ACCENT]]
    form = ":.0%" if percent else ":+.2f" if diverging else ":,.4~g"
    trace = go.Heatmap(
        x=[words(name) for name in columns],
        y=[words(name) for name in rows],
        z=[[number(value) for value in row] for row in values],
        customdata=[[words(cell) for cell in row] for row in details] if details else None,
        colorscale=ends,
        zmin=-1 if diverging else 0,
        zmax=1 if diverging or percent else None,
        xgap=1,
        ygap=1,
        name=words(what),
        colorbar=go.heatmap.ColorBar(
            thickness=8, outlinewidth=0, len=0.6, tickfont={"size": SMALL, "color": MUTED}, tickformat=form[1:]
        ),
        hovertemplate=f"{words(y) or 'Row'}: <b>%{{y}}</b><br>{words(x) or 'Column'}: <b>%{{x}}</b><br>"
        f"{words(what)} %{{z{form}}}" + ("<br>%{customdata}" if details else "") + "<extra></extra>",
    )
    layout = layout_for(title, len(rows) * CELL + 150)
    layout.meta = {"least": len(columns) * CELL + 150}  # CSS pixels across: a narrow page scrolls
    layout.hovermode = "closest"
    layout.xaxis.update(title=axis_title(x), tickangle=-90, showgrid=False, ticks="", dtick=1, constrain="domain")
    layout.yaxis.update(title=axis_title(y), autorange="reversed", showgrid=False, ticks="", dtick=1)
    return plain(go.Figure([trace], layout))


def histogram_chart(
    rows: Sequence[tuple[str, Sequence[float]]], edges: Sequence[float], *, title: str, x: str, height: int = 200
) -> ChartJSON:
    """Counts of values in bins of equal width as stepped outlines, one per (name, counts); ``edges`` from and to."""
    most = max((len(counts) for _, counts in rows), default=1)
    step = (edges[-1] - edges[0]) / most
    middles = [round(edges[0] + (index + 0.5) * step, 4) for index in range(most)]
    many = len(rows) > len(SERIES)
    traces = [
        go.Scatter(
            name=words(name),
            x=middles,
            y=[int(count) for count in counts],
            mode="lines",
            line=go.scatter.Line(color=_hue(index, len(rows)) if many else SERIES[index], width=1.5, shape="hvh"),
            fill="tozeroy" if len(rows) == 1 else None,
            fillcolor="var(--accent-soft)" if len(rows) == 1 else None,
            hovertemplate="%{y:,} values",
        )
        for index, (name, counts) in enumerate(rows)
    ]
    layout = layout_for(title, height)
    layout.hovermode = "closest" if many else "x unified"
    layout.xaxis.update(title=axis_title(x), showgrid=False, hoverformat=".2f", zeroline=True)
    layout.yaxis.update(rangemode="tozero", nticks=4)
    return plain(go.Figure(traces, layout))


def _vertical(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": MUTED, "width": 1, "dash": "dot"},
    }


def _hue(index: int, count: int) -> str:
    """One of many lines: around the colour circle at one lightness, readable on light and on dark."""
    return f"hsl({round(360 * index / count)}, 52%, 52%)"


def _log_span(values: Sequence[float]) -> tuple[float, float] | None:
    """A range of a logarithmic axis with room for the names of its outermost points."""
    if not values:
        return None
    low, high = math.log10(min(values)), math.log10(max(values))
    air = max(0.3, (high - low) * 0.18)
    return low - air, high + air


def _sides(shown: Sequence[Dot], among: Sequence[Dot]) -> list[str]:
    """Where each name stands beside its point: towards where fewer other points are."""
    reach_x = max(math.log10(dot.x) for dot in among) - min(math.log10(dot.x) for dot in among) or 1.0
    reach_y = max(dot.y for dot in among) - min(dot.y for dot in among) or 1.0

    def crowding(dot: Dot, side: str) -> float:
        across = {"right": 0.16, "left": -0.16, "center": 0.0}[side.split()[1]]
        up = {"top": 0.06, "bottom": -0.06, "middle": 0.0}[side.split()[0]]
        x, y = math.log10(dot.x) / reach_x + across, dot.y / reach_y + up
        low, high = (edge(math.log10(other.x) / reach_x for other in among) for edge in (min, max))
        near = 3 * max(0.0, low - x, x - high)  # beyond the outermost points names would be cut
        for other in among:
            if other is not dot:
                dx, dy = math.log10(other.x) / reach_x - x, other.y / reach_y - y
                near += math.exp(-((dx / 0.14) ** 2) - (dy / 0.05) ** 2)
        return near

    sides = ("top center", "bottom center", "middle right", "middle left")
    return [min(sides, key=lambda side: crowding(dot, side)) for dot in shown]
