"""What the browser asks of the Latent map, checked before anything is looked up.

A page can send anything: every field is read here; whether rows, places and names exist is the pipeline's to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from core.images import open_picture
from core.pipelines.latent_map.types import Stop
from ui.components.pictures import decode_uri
from ui.messages import request_id_of
from ui.reconstruction.requests import uploaded

KINDS = (
    "open",
    "atlas",
    "points",
    "colour",
    "sheet",
    "point",
    "near",
    "decode",
    "path",
    "gif",
    "walk",
    "crowd",
    "search",
    "clusters",
    "counts",
    "oddities",
    "locate",
)
QUICK = ("points", "colour", "decode", "point", "near", "crowd", "search", "sheet")  # milliseconds: past the queue
MOST_ROWS = 50_000
MOST_STOPS = 24
MOST_FRAMES = 48
MOST_SOUGHT = 200_000  # characters of a search: a book is cut by whoever reads it
MOST_FILES = 5_000  # uploaded in one go; a zip counts once
FARTHEST = 1e6  # of a place, in units of the map


class MapError(ValueError):
    """A request that cannot be answered; the message is one sentence for the user."""


@dataclass(frozen=True)
class MapAsk:
    """One request. ``ticket`` numbers it within the page; answers carry it back."""

    ticket: int
    kind: str
    atlas: str = ""
    space: str = ""
    projection: str = ""
    by: str = ""  # what to colour by
    number: int = 0  # of a sprite sheet
    row: int = 0
    rows: tuple[int, ...] = ()
    place: tuple[float, ...] = ()
    stops: tuple[Stop, ...] = ()
    way: str = "linear"
    frames: int = 16
    attribute: str = ""
    method: str = ""
    count: int = 8
    expression: str = ""
    words: bool = False  # an expression is looked for by words, whether or not it names attributes
    picture: Image.Image | None = None  # from another tab, to be shown on the map


def parse_map(value: Any) -> MapAsk:
    """JSON from the page -> :class:`MapAsk`. Raises :class:`MapError` or ``PictureError``."""
    if not isinstance(value, dict) or value.get("kind") not in KINDS:
        raise MapError("The page sent a request that this version does not know. Reload the page.")
    return MapAsk(
        ticket=request_id_of(value),
        kind=value["kind"],
        atlas=_text(value.get("atlas", "")),
        space=_text(value.get("space", "")),
        projection=_text(value.get("projection", "")),
        by=_text(value.get("by", "")),
        number=_whole(value.get("number", 0), "A sheet", 0, MOST_ROWS),
        row=_whole(value.get("row", 0), "A picture's number", 0, MOST_ROWS),
        rows=_rows(value.get("rows", [])),
        place=_place(value.get("place", [])),
        stops=_stops(value.get("stops", [])),
        way=_text(value.get("way", "linear")),
        frames=_whole(value.get("frames", 16), "The number of pictures", 2, MOST_FRAMES),
        attribute=_text(value.get("attribute", "")),
        method=_text(value.get("method", "")),
        count=_whole(value.get("count", 8), "The number of clusters", 1, 500),
        expression=_text(value.get("expression", ""), length=MOST_SOUGHT),
        words=_switch(value.get("words", False)),
        picture=open_picture(decode_uri(value.get("uri"))) if value["kind"] == "locate" else None,
    )


def parse_photos(value: Any) -> tuple[Path, ...]:
    """The uploaded files that a request names. Raises :class:`MapError`, or ``LabError`` for a path from elsewhere."""
    paths = value.get("paths") if isinstance(value, dict) else None
    if not isinstance(paths, list) or not paths:
        raise MapError("Choose photos or a zip of photos first.")
    if len(paths) > MOST_FILES:
        raise MapError(f"At most {MOST_FILES} files at once; put them into a zip.")
    return tuple(uploaded(_text(path, length=4096)) for path in paths)


def _text(text: Any, length: int = 120) -> str:
    if not isinstance(text, str) or len(text) > length:
        raise MapError("The page sent a name that cannot be one. Reload the page.")
    return text


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise MapError("The page sent a switch that is neither on nor off. Reload the page.")
    return value


def _rows(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise MapError(f"A selection is a list of up to {MOST_ROWS} picture numbers.")
    return tuple(_whole(row, "A picture's number", 0, MOST_ROWS) for row in value)


def _place(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) > 3:
        raise MapError("A place on the map is two or three numbers.")
    if any(isinstance(x, bool) or not isinstance(x, int | float) or not abs(x) <= FARTHEST for x in value):
        raise MapError("A place on the map is two or three numbers.")  # NaN fails the comparison, too
    return tuple(float(x) for x in value)


def _stops(value: Any) -> tuple[Stop, ...]:
    if not isinstance(value, list) or len(value) > MOST_STOPS:
        raise MapError(f"A path has up to {MOST_STOPS} stops.")
    return tuple(_stop(stop) for stop in value)


def _stop(value: Any) -> Stop:
    if isinstance(value, dict) and "row" in value:
        return Stop(row=_whole(value["row"], "A picture's number", 0, MOST_ROWS))
    if isinstance(value, dict) and value.get("place"):
        return Stop(place=_place(value["place"]))
    raise MapError("A stop is a picture or a place on the map.")


def _whole(value: Any, words: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise MapError(f"{words} is a whole number from {least} to {most}.")
    return value


def finite(value: float | None, digits: int = 4) -> float | None:
    """None for NaN and infinity: JSON has no such numbers."""
    return round(float(value), digits) if value is not None and math.isfinite(value) else None
