"""A drawing as a list of commands, and two ways out: SVG text, and pixels at any resolution.

Figures are drawn once and saved as vectors and as bitmaps that agree, without a plotting library. One unit is a CSS
pixel (1/96 inch). Colours are roles of a :class:`Palette` ("ink", "muted", "accent" ...) or plain ``#rrggbb``, so one
drawing serves paper and a page that switches between light and dark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

UNITS_PER_INCH = 96
FONT_STACK = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
# The bundled font has no glyph for these; the bitmap shows a near neighbour.
_SUBSTITUTES = str.maketrans({"×": "x", "−": "-", "–": "-", "→": ">", "²": "2", "′": "'"})

Palette = dict[str, str]

PAPER: Palette = {
    "paper": "#ffffff",
    "ink": "#1b1d21",
    "muted": "#6b7078",
    "line": "#d9dce1",
    "band": "#f5f6f8",
    "card": "#ffffff",
    "accent": "#3b6fd4",
    "soft": "#dbe6fa",
    "second": "#d9822b",
    "third": "#3f9c6d",
    "fourth": "#8a63c9",
}

# For a drawing inside the app: the tokens of ui/assets/tokens.css, with fallbacks that follow any page's text colour.
PAGE: Palette = {
    "paper": "none",
    "ink": "currentColor",
    "muted": "var(--muted, color-mix(in srgb, currentColor 62%, transparent))",
    "line": "var(--line, color-mix(in srgb, currentColor 16%, transparent))",
    "band": "var(--panel, color-mix(in srgb, currentColor 4%, transparent))",
    "card": "var(--raised, Canvas)",
    "accent": "var(--accent, #3b82f6)",
    "soft": "var(--accent-soft, color-mix(in srgb, #3b82f6 22%, transparent))",
    "second": "#d9822b",
    "third": "#3f9c6d",
    "fourth": "#8a63c9",
}

SERIES = ("accent", "second", "third", "fourth", "muted")


@lru_cache(maxsize=64)
def _font(size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def text_width(text: str, size: float) -> float:
    """Width in units of a line of text, by the bundled font."""
    return _font(100).getlength(text.translate(_SUBSTITUTES)) * size / 100


def fitted(text: str, size: float, width: float) -> str:
    """The text, shortened with an ellipsis to fit a width in units."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    radius: float = 0
    stroke_width: float = 1


@dataclass(frozen=True)
class Line:
    points: tuple[tuple[float, float], ...]
    stroke: str = "line"
    width: float = 1
    dash: tuple[float, float] | None = None
    fill: str | None = None  # closes the line to an area


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    radius: float
    fill: str | None = "ink"
    stroke: str | None = None
    stroke_width: float = 1.2


@dataclass(frozen=True)
class Text:
    x: float
    y: float  # baseline
    text: str
    size: float = 12
    fill: str = "ink"
    anchor: str = "start"  # or middle, end
    bold: bool = False
    turn: float = 0  # degrees clockwise around (x, y)


@dataclass(frozen=True)
class Picture:
    x: float
    y: float
    width: float
    height: float
    image: Image.Image
    smooth: bool = True  # False shows pixels as squares


Command = Rect | Line | Circle | Text | Picture


@dataclass
class Drawing:
    """Commands in painting order on a sheet of ``width`` x ``height`` units."""

    width: float
    height: float
    title: str = ""
    commands: list[Command] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, **style: object) -> None:
        self.commands.append(Rect(x, y, width, height, **style))

    def line(self, points: Sequence[tuple[float, float]], **style: object) -> None:
        self.commands.append(Line(tuple(points), **style))

    def circle(self, x: float, y: float, radius: float, **style: object) -> None:
        self.commands.append(Circle(x, y, radius, **style))

    def text(self, x: float, y: float, text: str, **style: object) -> None:
        self.commands.append(Text(x, y, text, **style))

    def picture(
        self, x: float, y: float, width: float, height: float, image: Image.Image, *, smooth: bool = True
    ) -> None:
        self.commands.append(Picture(x, y, width, height, image, smooth))

    def svg(self, palette: Palette = PAPER) -> str:
        """The drawing as SVG text that scales with its container."""
        body = "".join(_svg_command(command, palette) for command in self.commands)
        paper = _svg_command(Rect(0, 0, self.width, self.height, fill="paper"), palette)
        title = f"<title>{escape(self.title)}</title>" if self.title else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" font-family="{FONT_STACK}">'
            f"{title}{paper}{body}</svg>"
        )

    def raster(self, dpi: int = 192, palette: Palette = PAPER) -> Image.Image:
        """The drawing as RGB pixels at ``dpi``. Small resolutions are drawn larger and averaged down."""
        scale = dpi / UNITS_PER_INCH
        over = max(1, min(4, round(600 / dpi)))
        size = (round(self.width * scale * over), round(self.height * scale * over))
        sheet = Image.new("RGB", size, palette["paper"])
        pen = ImageDraw.Draw(sheet)
        for command in self.commands:
            _paint(command, sheet, pen, scale * over, palette)
        return sheet if over == 1 else sheet.reduce(over)

    def save(self, folder: str | Path, stem: str, *, dpi: int = 192) -> tuple[Path, Path]:
        """Write ``stem.svg`` and ``stem.png`` (with its resolution) into a folder; returns both paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        vector, bitmap = folder / f"{stem}.svg", folder / f"{stem}.png"
        vector.write_text(self.svg(), encoding="utf-8")
        self.raster(dpi).save(bitmap, dpi=(dpi, dpi), optimize=dpi < 300)
        return vector, bitmap


def _paint(command: Command, sheet: Image.Image, pen: ImageDraw.ImageDraw, scale: float, palette: Palette) -> None:
    def colour(role: str | None) -> str | None:
        return None if role is None else palette.get(role, role)

    match command:
        case Rect():
            box = [command.x, command.y, command.x + command.width, command.y + command.height]
            box = [round(value * scale) for value in box]
            box = [box[0], box[1], max(box[0], box[2] - 1), max(box[1], box[3] - 1)]
            stroke_width = max(1, round(command.stroke_width * scale)) if command.stroke else 0
            style = {"fill": colour(command.fill), "outline": colour(command.stroke), "width": stroke_width}
            pen.rounded_rectangle(box, command.radius * scale, **style)
        case Line():
            points = [(x * scale, y * scale) for x, y in command.points]
            if command.fill:
                pen.polygon(points, fill=colour(command.fill))
            width = max(1, round(command.width * scale))
            for piece in _dashes(points, command.dash, scale) if command.width else ():
                pen.line(piece, fill=colour(command.stroke), width=width, joint="curve")
        case Circle():
            x, y, radius = command.x * scale, command.y * scale, command.radius * scale
            width = max(1, round(command.stroke_width * scale)) if command.stroke else 0
            box = (x - radius, y - radius, x + radius, y + radius)
            pen.ellipse(box, fill=colour(command.fill), outline=colour(command.stroke), width=width)
        case Text():
            _paint_text(command, sheet, pen, scale, colour(command.fill))
        case Picture():
            size = (max(1, round(command.width * scale)), max(1, round(command.height * scale)))
            how = Image.Resampling.BICUBIC if command.smooth else Image.Resampling.NEAREST
            sheet.paste(
                command.image.convert("RGB").resize(size, how), (round(command.x * scale), round(command.y * scale))
            )


def _paint_text(command: Text, sheet: Image.Image, pen: ImageDraw.ImageDraw, scale: float, fill: str | None) -> None:
    words = command.text.translate(_SUBSTITUTES)
    font = _font(command.size * scale)
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[command.anchor]
    weight = command.size * scale * 0.018 if command.bold else 0
    where = (command.x * scale, command.y * scale)
    if not command.turn:
        pen.text(where, words, fill=fill, font=font, anchor=anchor, stroke_width=weight)
        return
    reach = int(font.getlength(words) + command.size * scale) + 2
    mask = Image.new("L", (2 * reach, 2 * reach))
    ImageDraw.Draw(mask).text((reach, reach), words, fill=255, font=font, anchor=anchor, stroke_width=weight)
    mask = mask.rotate(-command.turn, Image.Resampling.BICUBIC)
    corner = (round(where[0]) - reach, round(where[1]) - reach)
    sheet.paste(Image.new("RGB", mask.size, fill), corner, mask)


def _dashes(points: list[tuple[float, float]], dash: tuple[float, float] | None, scale: float) -> list[list]:
    """A polyline as itself, or cut into dashes along its length."""
    if dash is None:
        return [points]
    on, off = dash[0] * scale, dash[1] * scale
    pieces, walked = [], 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        at = -(walked % (on + off))
        while at < length and length > 0:
            start, end = max(at, 0.0), min(at + on, length)
            if end > start:
                step = ((x1 - x0) / length, (y1 - y0) / length)
                pieces.append([(x0 + step[0] * d, y0 + step[1] * d) for d in (start, end)])
            at += on + off
        walked += length
    return pieces


def _svg_command(command: Command, palette: Palette) -> str:
    match command:
        case Rect():
            style = _svg_style(palette, command.fill, command.stroke, command.stroke_width)
            inset = command.stroke_width / 2 if command.stroke else 0  # the bitmap's outline lies inside, too
            width, height = command.width - 2 * inset, command.height - 2 * inset
            return (
                f'<rect x="{command.x + inset:.5g}" y="{command.y + inset:.5g}" width="{width:.5g}" '
                f'height="{height:.5g}" rx="{command.radius:g}"{style}/>'
            )
        case Line():
            style = _svg_style(palette, command.fill, command.stroke, command.width)
            dash = f' stroke-dasharray="{command.dash[0]:g} {command.dash[1]:g}"' if command.dash else ""
            points = " ".join(f"{x:.2f},{y:.2f}" for x, y in command.points)
            return f'<polyline points="{points}" stroke-linejoin="round"{dash}{style}/>'
        case Circle():
            style = _svg_style(palette, command.fill, command.stroke, command.stroke_width)
            return f'<circle cx="{command.x:.2f}" cy="{command.y:.2f}" r="{command.radius:g}"{style}/>'
        case Text():
            turn = f' transform="rotate({command.turn:g} {command.x:.2f} {command.y:.2f})"' if command.turn else ""
            weight = ' font-weight="600"' if command.bold else ""
            style = _svg_style(palette, command.fill, None, 0)
            return (
                f'<text x="{command.x:.2f}" y="{command.y:.2f}" font-size="{command.size:g}" '
                f'text-anchor="{command.anchor}"{weight}{turn}{style}>{escape(command.text)}</text>'
            )
        case Picture():
            buffer = io.BytesIO()
            command.image.convert("RGB").save(buffer, "PNG")
            data = base64.b64encode(buffer.getvalue()).decode()
            rendering = "" if command.smooth else ' style="image-rendering:pixelated"'
            return (
                f'<image x="{command.x:g}" y="{command.y:g}" width="{command.width:g}" height="{command.height:g}" '
                f'preserveAspectRatio="none"{rendering} href="data:image/png;base64,{data}"/>'
            )


def _svg_style(palette: Palette, fill: str | None, stroke: str | None, width: float) -> str:
    parts = [f"fill:{palette.get(fill, fill) if fill else 'none'}"]
    if stroke:
        parts += [f"stroke:{palette.get(stroke, stroke)}", f"stroke-width:{width:g}"]
    return f' style="{";".join(parts)}"'
