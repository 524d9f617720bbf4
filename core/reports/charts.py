"""Charts that must be files: matplotlib, from numbers to a :class:`core.reports.drawing.Drawing`.

The charts of the page are ``ui.components.charts``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter
from PIL import Image

from core.reports.drawing import PAPER, SERIES, Drawing, fitted, paint, text_width

MARGIN = 32
HEADER = 76  # from the top edge to the first mark, with title and note
LEFT_TO_RIGHT = LinearSegmentedColormap.from_list("diverging", ["#d67416", "#f7f7f7", "#2e62c9"])  # orange, blue


@dataclass(frozen=True)
class Series:
    """One line of a line chart."""

    x: Sequence[float]
    y: Sequence[float]
    colour: str | None = None  # a role or #rrggbb; the next of the house series where None
    area: bool = False  # tint below the line


def sheet(width: float, height: float, title: str, note: str = "") -> Drawing:
    """An empty drawing with the house header: a title and one muted line below it."""
    drawing = Drawing(width, height, title)
    drawing.text(MARGIN, 40, title, size=18, bold=True)
    if note:
        drawing.text(MARGIN, 60, fitted(note, 11.5, width - 2 * MARGIN), size=11.5, fill="muted")
    return drawing


def bar_chart(
    rows: Sequence[tuple[str, float]],
    *,
    title: str,
    note: str = "",
    maximum: float | None = None,
    percent: bool = False,
    reference: tuple[float, str] | None = None,
    width: float = 760,
) -> Drawing:
    """Horizontal bars, one per (label, value >= 0). ``reference`` draws a dashed line at a value with its name."""
    pitch, size = 18, 11.5
    left = MARGIN + max((text_width(label, size) for label, _ in rows), default=0) + 12
    top = HEADER + (14 if reference else 4)
    bottom = top + pitch * len(rows)
    drawing = sheet(width, bottom + 44, title, note)
    plane = drawing.axes(left, top, width - MARGIN - 44, bottom)
    values = [value for _, value in rows]
    bars = plane.barh(range(len(rows)), values, height=0.64, color=paint("accent"))
    plane.bar_label(bars, [_value(value, percent) for value in values], padding=5, fontsize=10.5, color=paint("muted"))
    plane.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, maximum or max(values, default=0) or 1))
    plane.set_yticks(range(len(rows)), [label for label, _ in rows], fontsize=size, color=paint("ink"))
    plane.grid(axis="x", color=paint("line"), linewidth=1)
    plane.grid(visible=False, axis="y")
    plane.xaxis.set_major_locator(MaxNLocator(5))
    plane.xaxis.set_major_formatter(PercentFormatter(1) if percent else EngFormatter(sep=""))
    if reference:
        plane.axvline(reference[0], color=paint("ink"), linewidth=1, dashes=(3, 3))
        x = left + (width - MARGIN - 44 - left) * reference[0] / plane.get_xlim()[1]
        drawing.text(x, top - 6, reference[1], size=10.5, anchor="middle")
    return drawing


def _value(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.1f} %".replace(".0 %", " %")
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}".replace("-", "−")


def heat_map(names: Sequence[str], matrix: np.ndarray, *, title: str, note: str = "", cell: float = 17) -> Drawing:
    """A square matrix in [-1, 1] as coloured cells, names on both sides, strong cells with their value."""
    count = len(names)
    label = max(text_width(name, 10.5) for name in names) + 12
    top, left = HEADER + label - 2, MARGIN + label
    side = cell * count
    drawing = sheet(left + side + MARGIN, top + side + 70, title, note)
    plane = drawing.axes(left, top, left + side, top + side)
    shown = plane.imshow(np.ma.masked_where(np.eye(count, dtype=bool), matrix), cmap=LEFT_TO_RIGHT, vmin=-1, vmax=1)
    plane.set_facecolor(PAPER["line"])  # of the diagonal, which says nothing
    plane.set_xticks(range(count), names, rotation=90, color=paint("ink"))
    plane.set_yticks(range(count), names, color=paint("ink"))
    plane.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False)
    plane.grid(visible=False)
    for edge in np.arange(count + 1) - 0.5:
        plane.axhline(edge, color=PAPER["paper"], linewidth=1)
        plane.axvline(edge, color=PAPER["paper"], linewidth=1)
    for row, column in zip(*np.nonzero(np.abs(matrix) >= 0.35), strict=True):
        if row != column:
            value = float(matrix[row, column])
            ink = PAPER["paper"] if abs(value) > 0.5 else paint("ink")
            text = f"{value:.1f}".replace("0.", ".").replace("-", "–")
            plane.text(column, row, text, fontsize=7.5, ha="center", va="center", color=ink)
    scale = drawing.axes(left, top + side + 18, left + min(244, side), top + side + 28)
    bar = drawing.figure.colorbar(shown, cax=scale, orientation="horizontal", ticks=[-1, 0, 1], format="{x:+.0f}")
    bar.outline.set_visible(False)
    scale.tick_params(length=0, labelsize=10.5, labelcolor=paint("muted"))
    return drawing


def line_chart(
    series: Mapping[str, Series],
    *,
    title: str = "",
    note: str = "",
    x_label: str = "",
    width: float = 760,
    height: float = 380,
    low: float | None = None,
    legend: bool = True,
) -> Drawing:
    """Lines over common axes with a legend; values that are not finite are left out. ``low`` is where y begins."""
    drawing = sheet(width, height, title, note)
    cleaned = {name: line for name, line in ((name, _finite(line)) for name, line in series.items()) if line.x}
    if not cleaned:
        drawing.text(width / 2, height / 2, "No values yet", size=12, fill="muted", anchor="middle")
        return drawing
    plane = drawing.axes(MARGIN + 36, HEADER + (28 if legend else 8), width - MARGIN - 12, height - 46)
    for index, (name, line) in enumerate(cleaned.items()):
        colour = paint(line.colour or SERIES[index % len(SERIES)])
        marker = "o" if len(line.x) == 1 else ""
        plane.plot(line.x, line.y, color=colour, linewidth=1.8, marker=marker, markersize=5, label=name)
        if line.area:
            plane.fill_between(line.x, line.y, low or 0, color=paint("soft"), linewidth=0)
    plane.margins(x=0, y=0.06)
    if low is not None:
        plane.set_ylim(bottom=low)
    for axis in (plane.xaxis, plane.yaxis):
        axis.set_major_locator(MaxNLocator(6))
    plane.xaxis.set_major_formatter(EngFormatter(sep=""))
    if x_label:
        drawing.text(width - MARGIN - 12, height - 12, x_label, size=10.5, fill="muted", anchor="end")
    if legend:
        at = MARGIN + 36.0
        for handle in plane.get_lines():
            drawing.line([(at, HEADER + 6), (at + 16, HEADER + 6)], stroke=handle.get_color(), width=2.4)
            drawing.text(at + 22, HEADER + 10, handle.get_label(), size=11.5)
            at += 44 + text_width(handle.get_label(), 11.5)
    return drawing


def _finite(line: Series) -> Series:
    pairs = [(float(x), float(y)) for x, y in zip(line.x, line.y, strict=False)]
    kept = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
    return Series([x for x, _ in kept], [y for _, y in kept], line.colour, line.area)


def picture_grid(
    pictures: Sequence[Image.Image],
    captions: Sequence[Sequence[str]],
    *,
    title: str,
    note: str = "",
    columns: int = 6,
    size: float = 128,
    smooth: bool = True,
) -> Drawing:
    """Pictures in rows with up to a few caption lines below each; the first line is the stronger one."""
    lines = max((len(caption) for caption in captions), default=0)
    gap, rows = 16, math.ceil(len(pictures) / columns)
    pitch = size + lines * 13 + gap + (4 if lines else 0)
    columns = min(columns, max(1, len(pictures)))
    width = max(420, 2 * MARGIN + columns * (size + gap) - gap)
    drawing = sheet(width, HEADER + rows * pitch - gap + MARGIN, title, note)
    for index, picture in enumerate(pictures):
        x = MARGIN + (index % columns) * (size + gap)
        y = HEADER + (index // columns) * pitch
        drawing.picture(x, y, size, size, picture, smooth=smooth)
        caption = captions[index] if index < len(captions) else ()
        for number, text in enumerate(caption):
            fill = "ink" if number == 0 else "muted"
            drawing.text(x, y + size + 15 + 13 * number, fitted(text, 10.5, size), size=10.5, fill=fill)
    return drawing
