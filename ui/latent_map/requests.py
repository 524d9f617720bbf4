"""Requests of the Latent map. Making a request checks it; the pipeline checks whether rows, places and names exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from PIL import Image

from core.pipelines.latent_map import requests as pipeline
from core.pipelines.latent_map.requests import Stop, checked_place
from core.recipe import Recipe
from ui.checks import flag, picture, recipe_from, several, switch, text, uploaded, whole, written
from ui.messages import Json, Request, RequestError, checked

QUICK = (
    "points",
    "colour",
    "decode",
    "point",
    "near",
    "selection",
    "search",
    "sheet",
    "page",
    "table",
)  # take milliseconds: past the queue
MOST_ROWS = 50_000
MOST_STOPS = 24
MOST_FRAMES = 48
MOST_SOUGHT = 200_000  # characters of a search; the pipeline shortens longer ones
MOST_FILES = 5_000  # per upload; a zip counts once

name = text(120)
row_number = whole("A picture's number", 0, MOST_ROWS)
frame_count = whole("The number of pictures", 2, MOST_FRAMES)


def stop(value: Any) -> Stop:
    if isinstance(value, Stop):
        return value
    if isinstance(value, dict) and "row" in value:
        return Stop(row=row_number(value["row"]))
    if isinstance(value, dict) and value.get("place"):
        return Stop(place=value["place"])
    raise RequestError("A stop is a picture or a place on the map.")


row_list = several(row_number, f"A selection is a list of up to {MOST_ROWS} picture numbers.", 0, MOST_ROWS)
stop_list = several(stop, f"A path has up to {MOST_STOPS} stops.", 0, MOST_STOPS)
start = several(stop, "A walk starts from one picture or place: click it first.", 1, 1)
photo_files = several(
    uploaded,
    f"Choose photos or a zip of photos first, at most {MOST_FILES} files at once.",
    least=1,
    most=MOST_FILES,
)


@dataclass(frozen=True, kw_only=True)
class AtlasRequest(Request):
    """A request about an atlas."""

    atlas: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class SheetRequest(AtlasRequest):
    """Send one sprite sheet of thumbnails."""

    number: int = checked(whole("A sheet", 0, MOST_ROWS), 0)


@dataclass(frozen=True, kw_only=True)
class PointRequest(AtlasRequest):
    """Describe one picture."""

    row: int = checked(row_number, 0)


@dataclass(frozen=True, kw_only=True)
class SearchRequest(AtlasRequest):
    """Search by attributes, or with ``words`` by CLIP, even if the words name attributes."""

    expression: str = checked(written(MOST_SOUGHT), "")
    words: bool = checked(switch, False)


@dataclass(frozen=True, kw_only=True)
class LocateRequest(AtlasRequest):
    """Locate a picture from another tab."""

    picture: Image.Image = checked(picture, json="uri")


@dataclass(frozen=True, kw_only=True)
class SpaceRequest(AtlasRequest):
    """A request about one space of an atlas."""

    space: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class ColourRequest(SpaceRequest):
    """Send a value per picture to colour by."""

    by: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class SelectionRequest(SpaceRequest):
    """Describe a selection of pictures."""

    rows: tuple[int, ...] = checked(row_list, ())


@dataclass(frozen=True, kw_only=True)
class CountsRequest(SpaceRequest):
    """Score each number of clusters."""

    method: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class ClustersRequest(CountsRequest):
    count: int = checked(whole("The number of clusters", 1, 500), 8)
    clusters: pipeline.ClusterRequest = field(init=False)  # the pipeline's request

    def __post_init__(self) -> None:
        super().__post_init__()
        clusters = pipeline.ClusterRequest(self.atlas, self.space, self.method, self.count)
        object.__setattr__(self, "clusters", clusters)


@dataclass(frozen=True, kw_only=True)
class MapRequest(SpaceRequest):
    """A request about one map of a space."""

    projection: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class PageRequest(MapRequest):
    """One map as a web page or a table. ``colours`` are read against the atlas (``web_page.read_colours``)."""

    colours: Any = None
    rows: tuple[int, ...] = checked(row_list, ())  # selected; none: all


@dataclass(frozen=True, kw_only=True)
class DrawingRequest(MapRequest):
    """Draw a recipe and send the places of its steps."""

    recipe: Recipe = checked(recipe_from)


@dataclass(frozen=True, kw_only=True)
class NearRequest(MapRequest):
    """Send the nearest pictures of one, and its reconstruction."""

    row: int = checked(row_number, 0)


@dataclass(frozen=True, kw_only=True)
class DecodeRequest(MapRequest):
    place: tuple[float, ...] = checked(checked_place)


@dataclass(frozen=True, kw_only=True)
class WayRequest(MapRequest):
    """Decode pictures along a way. ``wanted`` is the pipeline's request; it checks names."""

    frames: int = checked(frame_count, 16)


@dataclass(frozen=True, kw_only=True)
class PathRequest(WayRequest):
    """Decode a path through two stops or more."""

    stops: tuple[Stop, ...] = checked(stop_list, ())
    way: str = checked(name, "linear")
    wanted: pipeline.PathRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        where = self.atlas, self.space, self.projection
        object.__setattr__(self, "wanted", pipeline.PathRequest(*where, self.stops, self.way, self.frames))


@dataclass(frozen=True, kw_only=True)
class WalkRequest(WayRequest):
    """Decode steps from one stop along an attribute's direction."""

    stops: tuple[Stop, ...] = checked(start, ())
    attribute: str = checked(name, "")
    method: str = checked(name, "")
    wanted: pipeline.WalkRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        where, method = (self.atlas, self.space, self.projection), self.method or "probe"
        wanted = pipeline.WalkRequest(*where, self.stops[0], self.attribute, method, frames=self.frames)
        object.__setattr__(self, "wanted", wanted)


@dataclass(frozen=True, kw_only=True)
class GifRequest(Request):
    """Send a path, or with an attribute a walk along its direction, as a film."""

    shown: PathRequest | WalkRequest

    @classmethod
    def from_json(cls, value: Json) -> Self:
        shown = (WalkRequest if value.get("attribute") else PathRequest).from_json(value)
        return cls(request_id=shown.request_id, shown=shown)


@dataclass(frozen=True, kw_only=True)
class PhotosRequest(Request):
    """Make an atlas of uploaded photos."""

    paths: tuple[Path, ...] = checked(photo_files)
    align: bool = checked(flag)  # take the square of each photo's largest face
