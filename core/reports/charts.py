"""Charts of reports and of the Models tab, each a function from numbers to a :class:`core.reports.drawing.Drawing`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.reports.drawing import SERIES, Drawing, fitted, text_width

MARGIN = 32
HEADER = 76  # from the top edge to the first mark, with title and note


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


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between low and high, about so many."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(index * step, 12) for index in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A number as an axis shows it: 12k, 0.25, 1.5M, 3e-05."""
    size = abs(value)
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return f"{value / {'G': 1e9, 'M': 1e6, 'k': 1e3}[unit]:.3g}{unit}"
    return f"{value:.4g}".replace("-", "−")


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
    pitch, label_size = 18, 11.5
    left = MARGIN + max((text_width(label, label_size) for label, _ in rows), default=0) + 12
    right = width - MARGIN - 44
    top = HEADER + (10 if reference else 0)
    bottom = top + pitch * len(rows)
    drawing = sheet(width, bottom + 44, title, note)
    limit = maximum or max((value for _, value in rows), default=1) or 1
    for tick in ticks(0, limit):
        x = left + (right - left) * tick / limit
        drawing.line([(x, top), (x, bottom)])
        drawing.text(x, bottom + 18, _value(tick, percent), size=10.5, fill="muted", anchor="middle")
    if reference:
        x = left + (right - left) * reference[0] / limit
        drawing.line([(x, top - 4), (x, bottom)], stroke="ink", dash=(3, 3))
        drawing.text(x, top - 8, reference[1], size=10.5, anchor="middle")
    for index, (label, value) in enumerate(rows):
        y = top + pitch * index
        length = (right - left) * min(value, limit) / limit
        drawing.text(left - 10, y + pitch * 0.70, label, size=label_size, anchor="end")
        drawing.rect(left, y + 3, max(1, length), pitch - 6, fill="accent", radius=2)
        shown = _value(value, percent)
        drawing.rect(left + length + 3, y + 2, text_width(shown, 10.5) + 6, pitch - 4, fill="paper")
        drawing.text(left + length + 6, y + pitch * 0.70, shown, size=10.5, fill="muted")
    return drawing


def _value(value: float, percent: bool) -> str:
    if percent:
        return f"{100 * value:.1f} %".replace(".0 %", " %")
    return f"{value:,.0f}" if value == int(value) else short(value)


def diverging(value: float) -> str:
    """-1 .. 1 -> orange, near white, blue as ``#rrggbb``."""
    strength = min(1.0, abs(value)) ** 0.8
    end = (46, 98, 201) if value > 0 else (214, 116, 22)
    return "#" + "".join(f"{round(247 + (channel - 247) * strength):02x}" for channel in end)


def heat_map(names: Sequence[str], matrix: np.ndarray, *, title: str, note: str = "", cell: float = 17) -> Drawing:
    """A square matrix in [-1, 1] as coloured cells, names on both sides, strong cells with their value."""
    count, size = len(names), 10.5
    label = max(text_width(name, size) for name in names) + 12
    top, left = HEADER + label - 2, MARGIN + label
    drawing = sheet(left + cell * count + MARGIN, top + cell * count + 70, title, note)
    for row in range(count):
        y = top + cell * row
        drawing.text(left - 8, y + cell * 0.69, names[row], size=size, anchor="end")
        drawing.text(left + cell * (row + 0.69), top - 8, names[row], size=size, turn=-90)
        for column in range(count):
            value = float(matrix[row, column])
            x = left + cell * column
            drawing.rect(x, y, cell - 1, cell - 1, fill="line" if row == column else diverging(value))
            if row != column and abs(value) >= 0.35:
                fill = "#ffffff" if abs(value) > 0.5 else "ink"
                text = f"{value:.1f}".replace("0.", ".").replace("-", "–")
                drawing.text(x + (cell - 1) / 2, y + cell * 0.66, text, size=7.5, anchor="middle", fill=fill)
    _scale_bar(drawing, left, top + cell * count + 18)
    return drawing


def _scale_bar(drawing: Drawing, left: float, top: float) -> None:
    for step in range(61):
        drawing.rect(left + 4 * step, top, 4, 10, fill=diverging(step / 30 - 1))
    for share, text in ((0, "−1"), (0.5, "0"), (1, "+1")):
        drawing.text(left + 244 * share, top + 24, text, size=10.5, fill="muted", anchor="middle")


@dataclass(frozen=True)
class Axes:
    """The plane of a line chart: data ranges and the box in units that they fill."""

    x: tuple[float, float]
    y: tuple[float, float]
    box: tuple[float, float, float, float]  # left, top, right, bottom

    def place(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = self.box
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return left + (right - left) * across, bottom - (bottom - top) * up


def line_chart(
    series: Mapping[str, Series],
    *,
    title: str = "",
    note: str = "",
    x_label: str = "",
    width: float = 760,
    height: float = 380,
    low: float | None = None,
    header: bool = True,
    legend: bool = True,
) -> Drawing:
    """Lines over common axes with a legend; values that are not finite are left out."""
    cleaned = {name: _finite(line) for name, line in series.items()}
    cleaned = {name: line for name, line in cleaned.items() if len(line.x)}
    drawing = sheet(width, height, title, note) if header else Drawing(width, height, title)
    if not cleaned:
        drawing.text(width / 2, height / 2, "No values yet", size=12, fill="muted", anchor="middle")
        return drawing
    margin = MARGIN if header else 4
    top = (HEADER if header else 8) + (24 if legend else 4)
    xs = [value for line in cleaned.values() for value in line.x]
    y_range = _span([value for line in cleaned.values() for value in line.y], low)
    left = margin + max(text_width(short(tick), 10.5) for tick in ticks(*y_range)) + 10
    bottom = height - (46 if header else 26) - (12 if x_label and not header else 0)
    axes = Axes((min(xs), max(max(xs), min(xs) + 1e-9)), y_range, (left, top, width - margin - 12, bottom))
    _draw_axes(drawing, axes, x_label)
    at = left
    for index, (name, line) in enumerate(cleaned.items()):
        colour = line.colour or SERIES[index % len(SERIES)]
        _draw_line(drawing, axes, line, colour)
        if legend:
            drawing.line([(at, top - 18), (at + 16, top - 18)], stroke=colour, width=2.4)
            drawing.text(at + 22, top - 14, name, size=11.5)
            at += 22 + text_width(name, 11.5) + 22
    return drawing


def _draw_axes(drawing: Drawing, axes: Axes, x_label: str, logarithmic: Sequence[float] = ()) -> None:
    """``logarithmic`` are the ticks of an x axis whose places are the logarithms to base 10."""
    left, _, right, bottom = axes.box
    for tick in ticks(*axes.y):
        y = axes.place(axes.x[0], tick)[1]
        drawing.line([(left, y), (right, y)])
        drawing.text(left - 8, y + 3.5, short(tick), size=10.5, fill="muted", anchor="end")
    across = {math.log10(tick): tick for tick in logarithmic} or {tick: tick for tick in ticks(*axes.x, 6)}
    for at, tick in across.items():
        drawing.text(axes.place(at, axes.y[0])[0], bottom + 18, short(tick), size=10.5, fill="muted", anchor="middle")
    if x_label:
        drawing.text(right, bottom + 34, x_label, size=10.5, fill="muted", anchor="end")


def _draw_line(drawing: Drawing, axes: Axes, line: Series, colour: str) -> None:
    points = [axes.place(x, y) for x, y in zip(line.x, line.y, strict=True)]
    if line.area:
        bottom = axes.box[3]
        drawing.line([(points[0][0], bottom), *points, (points[-1][0], bottom)], stroke="none", width=0, fill="soft")
    if len(points) == 1:
        drawing.circle(*points[0], 2.5, fill=colour)
    else:
        drawing.line(points, stroke=colour, width=1.8)


def _finite(line: Series) -> Series:
    pairs = [(float(x), float(y)) for x, y in zip(line.x, line.y, strict=False)]
    kept = [(x, y) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
    return Series([x for x, _ in kept], [y for _, y in kept], line.colour, line.area)


def _span(values: Sequence[float], low: float | None) -> tuple[float, float]:
    """Bounds of an axis with some air; ``low`` fixes the lower one."""
    smallest, largest = min(values), max(values)
    air = (largest - smallest) * 0.06 or abs(largest) * 0.1 or 1.0
    return (smallest - air if low is None else low), largest + air


@dataclass(frozen=True)
class Point:
    """One named mark of a scatter chart; ``x`` is above 0."""

    name: str
    x: float
    y: float
    hollow: bool = False


def scatter_chart(
    points: Sequence[Point], *, title: str = "", x_label: str = "", width: float = 460, height: float = 280
) -> Drawing:
    """Named points over a logarithmic x axis, without a header; each name is written where there is room for it."""
    drawing = Drawing(width, height, title)
    points = [point for point in points if point.x > 0 and math.isfinite(point.x) and math.isfinite(point.y)]
    if not points:
        drawing.text(width / 2, height / 2, "Not measured yet", size=12, fill="muted", anchor="middle")
        return drawing
    y_range = _span([point.y for point in points], None)
    logs = [math.log10(point.x) for point in points]
    air = max(0.15, (max(logs) - min(logs)) * 0.12)
    left = 4 + max(text_width(short(tick), 10.5) for tick in ticks(*y_range)) + 10
    axes = Axes((min(logs) - air, max(logs) + air), y_range, (left, 12, width - 8, height - 40))
    _draw_axes(drawing, axes, x_label, decades(*axes.x))
    taken: list[tuple[float, float, float, float]] = []
    for point in points:
        x, y = axes.place(math.log10(point.x), point.y)
        taken.append((x - 5, y - 5, x + 5, y + 5))
    for point, mark in zip(points, list(taken), strict=True):
        x, y = (mark[0] + mark[2]) / 2, (mark[1] + mark[3]) / 2
        colour = "muted" if point.hollow else "accent"
        drawing.circle(x, y, 4, fill=None if point.hollow else colour, stroke=colour, stroke_width=1.6)
        size = text_width(point.name, 11) + 2
        box = _room(x, y, size, taken, axes.box)
        taken.append(box)
        anchor, at = ("end", box[2]) if box[2] < x else ("start", box[0]) if box[0] > x else ("middle", x)
        drawing.text(at, box[3] - 3, point.name, size=11, fill="muted" if point.hollow else "ink", anchor=anchor)
    return drawing


def decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between 10**low and 10**high; over a wide range the powers alone."""
    factors = (1,) if high - low > 2.5 else (1, 2, 5)
    found = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in factors]
    return [value for value in found if low <= math.log10(value) <= high]


def _room(
    x: float, y: float, size: float, taken: Sequence[tuple[float, ...]], box: tuple[float, ...]
) -> tuple[float, float, float, float]:
    """Where a name of this width goes beside its point: the first of eight places that overlaps least."""
    places = [(x + 8, y - 7), (x - 8 - size, y - 7), (x - size / 2, y - 21), (x - size / 2, y + 7)]
    places += [(x + 6, y - 19), (x + 6, y + 5), (x - 6 - size, y - 19), (x - 6 - size, y + 5)]
    rooms = [(across, down, across + size, down + 14) for across, down in places]

    def crowding(room: tuple[float, ...]) -> float:
        covered = sum(
            max(0.0, min(room[2], other[2]) - max(room[0], other[0]))
            * max(0.0, min(room[3], other[3]) - max(room[1], other[1]))
            for other in taken
        )
        outside = max(0.0, box[0] - room[0]) + max(0.0, room[2] - box[2]) + max(0.0, box[1] - room[1])
        return covered + 100 * (outside + max(0.0, room[3] - box[3]))

    return min(rooms, key=crowding)


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
