"""A sheet to draw on with matplotlib, and its ways out: SVG text for files and for the page, and pixels.

One unit is a CSS pixel (1/96 inch), counted from the top left corner. Colours are roles of a :class:`Palette` ("ink",
"muted", "accent" ...) or plain ``#rrggbb``, so one drawing serves paper and a page that switches between light and
dark. The figures belong to no window and to no global state: several threads can draw at once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from PIL import Image

UNITS_PER_INCH = 96
POINTS = 72  # of matplotlib, to the inch: figures are made so that one of its points is one unit
FONT = "DejaVu Sans"  # comes with matplotlib
FONT_STACK = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
STYLE = {
    "font.family": [FONT],
    "svg.fonttype": "none",
    "svg.hashsalt": "latentscape",  # the same drawing is the same file
    "path.simplify": False,
    "axes.unicode_minus": True,
    "text.hinting": "no_hinting",  # letters as wide as text_width says
}

Palette = dict[str, str]

PAPER: Palette = {
    "paper": "#ffffff",
    "ink": "#1b1d21",
    "muted": "#6b7078",
    "line": "#d9dce1",
    "band": "#f5f6f8",
    "card": "#fefefe",
    "accent": "#3b6fd4",
    "soft": "#dbe6fa",
    "second": "#d9822b",
    "third": "#3f9c6d",
    "fourth": "#8a63c9",
}

# For a drawing inside the app: the page's own tokens, with fallbacks that follow any page's text colour.
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


@lru_cache(maxsize=1)
def _measure() -> FT2Font:
    font = FT2Font(font_manager.findfont(FONT))  # of our own: matplotlib sets the size of the one that it keeps
    font.set_size(100, POINTS)
    return font


def text_width(text: str, size: float) -> float:
    """Width in units of a line of text, by the font of the bitmaps."""
    font = _measure()
    return sum(font.load_char(ord(letter)).linearHoriAdvance for letter in text) / 65536 * size / 100


def fitted(text: str, size: float, width: float) -> str:
    """The text, shortened with an ellipsis to fit a width in units."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def paint(role: str | None) -> str:
    """A role of the palette or a colour -> what matplotlib draws it with on paper."""
    return "none" if role is None else PAPER.get(role, role)


class Drawing:
    """A sheet of ``width`` x ``height`` units; what is drawn later lies above."""

    def __init__(self, width: float, height: float, title: str = "") -> None:
        self.width, self.height, self.title = width, height, title
        with rc_context(STYLE):
            self.figure = Figure(figsize=(width / POINTS, height / POINTS), dpi=POINTS, facecolor=PAPER["paper"])
            self._sheet = self.figure.add_axes((0, 0, 1, 1))
        self._sheet.set_axis_off()
        self._sheet.set_xlim(0, width)
        self._sheet.set_ylim(height, 0)
        self._depth = 1

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str | None = None,
        stroke: str | None = None,
        radius: float = 0,
        stroke_width: float = 1,
    ) -> None:
        """A rectangle; its outline lies inside."""
        inset = stroke_width / 2 if stroke else 0
        box = (x + inset, y + inset), width - 2 * inset, height - 2 * inset
        style = {"facecolor": paint(fill), "edgecolor": paint(stroke), "linewidth": stroke_width if stroke else 0}
        radius = min(radius, box[1] / 2, box[2] / 2)
        if radius > 0:
            rounded = f"round,pad=0,rounding_size={radius:.4g}"
            self._add(FancyBboxPatch(*box, boxstyle=rounded, mutation_aspect=1, **style))
        else:
            self._add(Rectangle(*box, **style))

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        stroke: str = "line",
        width: float = 1,
        dash: tuple[float, float] | None = None,
        fill: str | None = None,
    ) -> None:
        """Straight pieces through ``points``; ``fill`` closes them to an area."""
        x, y = zip(*points, strict=True)
        if fill:
            self._sheet.fill(x, y, facecolor=paint(fill), linewidth=0, zorder=self._next(), clip_on=False)
        if width:
            style = {"color": paint(stroke), "linewidth": width, "solid_joinstyle": "round", "solid_capstyle": "butt"}
            (drawn,) = self._sheet.plot(x, y, zorder=self._next(), clip_on=False, scalex=False, scaley=False, **style)
            if dash:
                drawn.set_dashes([length / width for length in dash])  # matplotlib counts in widths of the line

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        *,
        fill: str | None = "ink",
        stroke: str | None = None,
        stroke_width: float = 1.2,
    ) -> None:
        edge = paint(stroke)
        self._add(Circle((x, y), radius, facecolor=paint(fill), edgecolor=edge, linewidth=stroke_width))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        fill: str = "ink",
        anchor: str = "start",
        bold: bool = False,
        turn: float = 0,
    ) -> None:
        """One line; ``y`` is its baseline, ``anchor`` start, middle or end, ``turn`` in degrees clockwise."""
        side = {"start": "left", "middle": "center", "end": "right"}[anchor]
        style = {"fontsize": size, "color": paint(fill), "fontweight": "bold" if bold else "normal"}
        style |= {"ha": side, "va": "baseline", "rotation": -turn, "rotation_mode": "anchor", "parse_math": False}
        with rc_context(STYLE):
            self._sheet.text(x, y, text, zorder=self._next(), clip_on=False, **style)

    def picture(
        self, x: float, y: float, width: float, height: float, image: Image.Image, *, smooth: bool = True
    ) -> None:
        """A picture; ``smooth`` False shows its pixels as squares."""
        box = (x, x + width, y + height, y)
        how = "bicubic" if smooth else "nearest"
        shown = self._sheet.imshow(np.asarray(image.convert("RGB")), extent=box, interpolation=how, aspect="auto")
        shown.set(zorder=self._next(), clip_on=False)
        self._sheet.set_xlim(0, self.width)
        self._sheet.set_ylim(self.height, 0)

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """A plane of matplotlib's own in a box of the sheet, in the house style: hairlines across and no frame."""
        box = (left / self.width, 1 - bottom / self.height, (right - left) / self.width, (bottom - top) / self.height)
        with rc_context(STYLE):
            plane = self.figure.add_axes(box)
        plane.set_facecolor("none")
        plane.spines[:].set_visible(False)
        plane.tick_params(length=0, labelsize=10.5, labelcolor=paint("muted"), pad=6)
        plane.grid(axis="y", color=paint("line"), linewidth=1)
        plane.set_axisbelow(True)
        return plane

    def _add(self, patch: object) -> None:
        patch.set(zorder=self._next(), clip_on=False)
        self._sheet.add_patch(patch)

    def _next(self) -> int:
        self._depth += 1
        return self._depth

    def svg(self, palette: Palette = PAPER) -> str:
        """The drawing as SVG text that scales with its container."""
        file = io.StringIO()
        with rc_context(STYLE):
            self.figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        body = file.getvalue().partition("<svg")[2].partition(">")[2]
        body = re.sub(
            r"<metadata>.*?</metadata>|<style.*?</style>|<defs>\s*</defs>| id=\"[a-z]+_?\d+\"", "", body, flags=re.S
        )
        body = re.sub(r"font-family: [^;\"]*", f"font-family: {FONT_STACK}", body)
        for role, colour in PAPER.items():
            body = body.replace(f": {colour}", f": {palette[role]}")
        title = f"<title>{escape(self.title)}</title>" if self.title else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" height="{self.height:g}" role="img" '
            f'stroke-linejoin="round">{title}{body.strip()}'
        )

    def raster(self, dpi: int = 192) -> Image.Image:
        """The drawing as RGB pixels, ``dpi`` of them to the inch of 96 units."""
        file = io.BytesIO()
        with rc_context(STYLE):
            self.figure.savefig(file, format="png", dpi=dpi * POINTS / UNITS_PER_INCH)
        return Image.open(file).convert("RGB")

    def save(self, folder: str | Path, stem: str, *, dpi: int = 192) -> tuple[Path, Path]:
        """Write ``stem.svg`` and ``stem.png`` (with its resolution) into a folder; returns both paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        vector, bitmap = folder / f"{stem}.svg", folder / f"{stem}.png"
        vector.write_text(self.svg(), encoding="utf-8")
        self.raster(dpi).save(bitmap, dpi=(dpi, dpi), optimize=dpi < 300)
        return vector, bitmap
