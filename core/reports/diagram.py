"""A traced architecture as a diagram: one column per stage, one row per resolution, skips above, embeddings below."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from core.reports.architecture import Architecture, Stage
from core.reports.charts import MARGIN, sheet
from core.reports.drawing import Drawing, fitted, text_width

BOX, GAP = 172, 26  # width of a stage and the space between two
ROW, HEAD, FOOT = 17, 42, 26  # height of a unit's line, and of a box above and below its lines
AXIS = 84  # the column at the left that names the resolutions
LANE = 26  # room above a row for a skip connection


@dataclass(frozen=True)
class Row:
    """A line in a box; ``channels`` where they differ from those the box hands on."""

    words: str
    channels: int | None
    attention: bool
    conditioned: bool


@dataclass(frozen=True)
class Box:
    stage: Stage
    rows: list[Row]
    x: float
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def blueprint(architecture: Architecture) -> Drawing:
    """Draw what :func:`core.reports.architecture.trace` found. Each box, number and arrow is of the traced module."""
    levels = _levels(architecture)
    boxes, bands, bottom = _layout(architecture, levels)
    width = MARGIN + AXIS + len(boxes) * (BOX + GAP) + 46
    conditioned = any(unit.conditioned for stage in architecture.stages for unit in stage.units)
    source = next((box for box in boxes if box.stage.name == "embedding"), None) if conditioned else None
    height = bottom + (30 if source else 8) + 58
    drawing = sheet(max(width, 640), height, architecture.name, _size_of(architecture))
    for level, top, tall in bands:
        drawing.rect(MARGIN, top, max(width, 640) - 2 * MARGIN, tall, fill="band", radius=8)
        words = f"{level} × {level}" if level else "vector"
        drawing.text(MARGIN + 14, top + tall / 2 + 4, words, size=11.5, fill="muted")
    _draw_flow(drawing, boxes)
    _draw_skips(drawing, architecture, boxes)
    if source:
        _draw_bus(drawing, boxes, source, bottom + 18)
    most = max(stage.parameters for stage in architecture.stages) or 1
    for box in boxes:
        _draw_box(drawing, box, most)
    _draw_key(drawing, architecture, height - 26, conditioned)
    return drawing


def count(value: int) -> str:
    """A number of parameters or operations in few characters: 873k, 2.58M, 1.37G."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return str(value)


def stage_name(path: str) -> str:
    """``encoder.down_blocks.0`` as people read it: ``Encoder down 1``."""
    words = path.replace("_blocks", "").replace("_block", "").replace("_", " ").replace(".", " ").split()
    words = [str(int(word) + 1) if word.isdigit() else word for word in words]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _size_of(architecture: Architecture) -> str:
    shapes = ", ".join(f"{name} {_shape(shape)}" for name, shape in architecture.inputs.items())
    return (
        f"{architecture.parameters:,} parameters, {count(architecture.macs)} multiply-adds per picture; "
        f"{shapes} to {_shape(architecture.output)}"
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape[1:]) or "scalar"


def _levels(architecture: Architecture) -> list[int]:
    """Resolutions from large to small, vectors (0) last."""
    return sorted({stage.resolution for stage in architecture.stages}, reverse=True)


def _rows(stage: Stage) -> list[Row]:
    """Units of a kind share a line with their number, in the order of their first appearance.

    Layers around the latents and layers on vectors are too different for that and keep a line each.
    """
    separate = stage.name == "latent" or not stage.resolution
    kinds: dict[tuple, list] = {}
    for unit in stage.units:
        kind = "Cross-attention" if unit.kind == "Attention" and unit.conditioned else unit.kind
        kinds.setdefault((unit.path if separate else kind, unit.heads), []).append(unit)
    lines = []
    for (kind, heads), units in kinds.items():
        words = _own_name(units[0].path) if not stage.resolution else units[0].kind if separate else kind
        words = words if len(units) == 1 else f"{len(units)} × {words}"
        if stage.resolution and units[-1].resolution not in (0, stage.resolution):
            words += f" to {units[-1].resolution} × {units[-1].resolution}"
        if heads and "Cross" not in words:
            words += f", {heads} heads" if heads > 1 else ", 1 head"
        last = units[-1].output
        channels = last[1] if len(last) == 4 else last[-1]
        differs = channels != stage.channels or separate
        attention = bool(heads) or "ttention" in words
        lines.append(Row(words, channels if differs else None, attention, any(unit.conditioned for unit in units)))
    return lines


def _own_name(path: str) -> str:
    """The last part of a path that is a word, with its number in a list."""
    parts = path.split(".")
    return stage_name(".".join(parts[-2:] if parts[-1].isdigit() else parts[-1:]))


def _layout(architecture: Architecture, levels: list[int]) -> tuple[list[Box], list[tuple], float]:
    """Boxes, the bands of the rows as (level, top, height), and where the last one ends."""
    rows = [_rows(stage) for stage in architecture.stages]
    heights = [HEAD + ROW * len(lines) + FOOT for lines in rows]
    laned = {architecture.stages[skip.target].resolution for skip in architecture.skips}
    top, bands, centres = 80.0, [], {}
    for level in levels:
        tall = max(h for h, stage in zip(heights, architecture.stages, strict=True) if stage.resolution == level)
        lane = LANE if level in laned else 0
        bands.append((level, top, tall + lane + 24))
        centres[level] = top + lane + 12 + tall / 2
        top += tall + lane + 24 + 10
    boxes = []
    for index, (stage, lines, height) in enumerate(zip(architecture.stages, rows, heights, strict=True)):
        x = MARGIN + AXIS + index * (BOX + GAP) + 14
        boxes.append(Box(stage, lines, x, centres[stage.resolution] - height / 2, height))
    return boxes, bands, top - 10


def _draw_box(drawing: Drawing, box: Box, most: int) -> None:
    x, y, stage = box.x, box.y, box.stage
    drawing.rect(x, y, BOX, box.height, fill="card", stroke="line", radius=6)
    drawing.text(x + 12, y + 20, fitted(stage_name(stage.name), 12, BOX - 24), size=12, bold=True)
    shape = f"{stage.channels} ch, {stage.resolution} × {stage.resolution}" if stage.resolution else "vectors"
    drawing.text(x + 12, y + 35, shape, size=10, fill="muted")
    indent = 22 if any(row.attention for row in box.rows) else 12
    for index, row in enumerate(box.rows):
        line = y + HEAD + ROW * index + 12
        right = x + BOX - (24 if row.conditioned else 12)
        if row.attention:
            drawing.circle(x + 14.5, line - 3.6, 2.8, fill="accent")
        if row.channels is not None:
            drawing.text(right, line, str(row.channels), size=10, fill="muted", anchor="end")
        room = right - x - indent - (0 if row.channels is None else 26)
        drawing.text(x + indent, line, fitted(row.words, 10.5, room), size=10.5)
        if row.conditioned:
            drawing.circle(x + BOX - 14, line - 3.6, 2.8, fill=None, stroke="second")
    share = stage.parameters / most
    base = y + box.height - 8
    drawing.text(x + 12, base - 3, count(stage.parameters), size=9.5, fill="muted")
    start = x + 12 + 40
    drawing.rect(start, base - 7, BOX - 64, 3, fill="line", radius=1.5)
    drawing.rect(start, base - 7, max(1.5, (BOX - 64) * share), 3, fill="accent", radius=1.5)


def _arrow(drawing: Drawing, points: list[tuple[float, float]], **style: object) -> None:
    """A line with a head at its end, which must arrive straight."""
    (x0, y0), (x1, y1) = points[-2:]
    length = max(abs(x1 - x0) + abs(y1 - y0), 1e-6)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    back = (x1 - 6 * dx, y1 - 6 * dy)
    drawing.line([*points[:-1], back], **style)
    tip = [(x1, y1), (back[0] - 3.2 * dy, back[1] - 3.2 * dx), (back[0] + 3.2 * dy, back[1] + 3.2 * dx)]
    colour = str(style.get("stroke", "muted"))
    drawing.line(tip, stroke="none", width=0, fill=colour)


def _draw_flow(drawing: Drawing, boxes: list[Box]) -> None:
    """The main path from box to box, with the shapes that enter and leave at its ends."""
    path = [box for box in boxes if box.stage.name != "embedding"]
    style = {"stroke": "muted", "width": 1.3}
    for left, right in pairwise(path):
        turn = right.x - GAP / 2 - 2
        bend = [(turn, left.middle), (turn, right.middle)] if abs(left.middle - right.middle) > 0.5 else []
        _arrow(drawing, [(left.x + BOX, left.middle), *bend, (right.x, right.middle)], **style)
    last = path[-1]
    _arrow(drawing, [(last.x + BOX, last.middle), (last.x + BOX + 24, last.middle)], **style)
    _arrow(drawing, [(path[0].x - 20, path[0].middle), (path[0].x, path[0].middle)], **style)


def _draw_skips(drawing: Drawing, architecture: Architecture, boxes: list[Box]) -> None:
    """Concatenations, in the lane above the row of the box that receives them."""

    def lane_of(target: Box) -> float:
        return min(box.y for box in boxes if box.stage.resolution == target.stage.resolution) - 14

    for skip in architecture.skips:
        source, target = boxes[skip.source], boxes[skip.target]
        lane = lane_of(target)
        start, end = source.x + BOX / 2, target.x + BOX / 2
        points = [(start, source.y), (start, lane), (end, lane), (end, target.y)]
        _arrow(drawing, points, stroke="accent", width=1.4)
    for target in sorted({skip.target for skip in architecture.skips}):
        skips = [skip for skip in architecture.skips if skip.target == target]
        total = sum(skip.count for skip in skips)
        words = f"{total} concatenated" if total > 1 else "concatenated"
        x = (boxes[max(skip.source for skip in skips)].x + boxes[target].x + BOX) / 2
        lane, half = lane_of(boxes[target]), text_width(words, 10) / 2 + 6
        drawing.rect(x - half, lane - 7, 2 * half, 14, fill="band")
        drawing.text(x, lane + 3.5, words, size=10, fill="accent", anchor="middle")


def _draw_bus(drawing: Drawing, boxes: list[Box], source: Box, y: float) -> None:
    """The embedding, dashed, along the bottom and up to every stage that receives it."""
    style = {"stroke": "second", "width": 1.2, "dash": (4, 3)}
    targets = [box for box in boxes if any(unit.conditioned for unit in box.stage.units)]
    start = source.x + BOX / 2
    drawing.line([(start, source.y + source.height), (start, y), (targets[-1].x + BOX / 2, y)], **style)
    for box in targets:
        x = box.x + BOX / 2
        _arrow(drawing, [(x, y), (x, box.y + box.height)], **style)


def _draw_key(drawing: Drawing, architecture: Architecture, y: float, conditioned: bool) -> None:
    """What the marks mean; only those that occur."""
    x = MARGIN + 4
    if any(unit.heads for stage in architecture.stages for unit in stage.units):
        drawing.circle(x, y - 3.6, 2.8, fill="accent")
        x = _key_text(drawing, x + 10, y, "attention")
    if conditioned:
        drawing.circle(x, y - 3.6, 2.8, fill=None, stroke="second")
        x = _key_text(drawing, x + 10, y, "receives the embedding")
    if architecture.skips:
        drawing.line([(x - 4, y - 3.6), (x + 10, y - 3.6)], stroke="accent", width=1.4)
        x = _key_text(drawing, x + 18, y, "output concatenated to a later input")
    _key_text(drawing, x - 4, y, "number in a line: channels, where they differ from the box's; bar: parameters")


def _key_text(drawing: Drawing, x: float, y: float, words: str) -> float:
    drawing.text(x, y, words, size=10.5, fill="muted")
    return x + 1.1 * text_width(words, 10.5) + 26
