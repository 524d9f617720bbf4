"""Responses of the Latent map. Arrays are sent as base64 of their float32 values."""

from __future__ import annotations

from dataclasses import dataclass

from core.pipelines.latent_map.types import AtlasInfo
from ui.components.chart_style import ChartJSON
from ui.messages import UNSET, Json, Response, named


@dataclass(frozen=True, kw_only=True)
class OpenResponse(Response):
    atlases: list[AtlasInfo] = UNSET
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class AtlasResponse(Response):
    """An atlas, or the progress of making one from a visitor's photos."""

    atlas: AtlasInfo = UNSET
    phase: str = UNSET
    done: int = UNSET
    total: int = UNSET


@dataclass(frozen=True, kw_only=True)
class PointsResponse(Response):
    places: str = UNSET  # float32 (N, dimensions)
    dimensions: int = UNSET
    explained: list[float] = UNSET
    colourings: list[tuple[str, str]] = UNSET


@dataclass(frozen=True, kw_only=True)
class ColourResponse(Response):
    title: str = UNSET
    scale: str = UNSET
    values: str = UNSET  # float32 (N,)
    names: tuple[str, ...] = UNSET


@dataclass(frozen=True, kw_only=True)
class SheetResponse(Response):
    sheet: str = UNSET


@dataclass(frozen=True, kw_only=True)
class PointResponse(Response):
    row: int = UNSET
    picture: str = UNSET
    name: str = UNSET
    measured: dict[str, float] = UNSET
    requested: dict[str, float] = UNSET
    recipe: Json | None = UNSET
    class_name: str = named("className")


@dataclass(frozen=True, kw_only=True)
class NearResponse(Response):
    """Details that follow the card of a point."""

    row: int = UNSET
    near: dict[str, list[int]] = UNSET  # by space
    through: str = UNSET  # the picture's reconstruction


@dataclass(frozen=True)
class LocatedView:
    places: dict[str, list[float]]
    rows: tuple[int, ...]
    distances: list[float | None]
    problem: str


@dataclass(frozen=True, kw_only=True)
class LocateResponse(Response):
    spaces: dict[str, LocatedView] = UNSET
    shown: str = UNSET  # the picture, for browsers that do not know its format


@dataclass(frozen=True, kw_only=True)
class DecodeResponse(Response):
    picture: str = UNSET
    place: list[float] = UNSET
    decoded: bool = UNSET
    uncertainty: float | None = UNSET
    distance: float | None = UNSET
    rows: list[int] = UNSET
    weights: list[float] = UNSET
    note: str = UNSET
    milliseconds: float = UNSET


@dataclass(frozen=True, kw_only=True)
class SearchResponse(Response):
    how: str = UNSET
    rows: list[int] = UNSET
    understood: str = UNSET
    values: str = UNSET  # float32 (N,), only for a search by words
    notes: tuple[str, ...] = UNSET


@dataclass(frozen=True, kw_only=True)
class PathResponse(Response):
    frames: list[str] = UNSET
    trail: list[list[float]] = UNSET
    decoded: bool = UNSET
    notes: tuple[str, ...] = UNSET
    milliseconds: float = UNSET
    rows: tuple[int, ...] = UNSET
    length: float | None = UNSET


@dataclass(frozen=True, kw_only=True)
class DrawingResponse(Response):
    """The way of a drawing over the map."""

    trail: list[list[float]] = UNSET
    numbers: tuple[int, ...] = UNSET  # of the steps that led to each place; 0 is the noise at the beginning
    notes: tuple[str, ...] = UNSET


@dataclass(frozen=True, kw_only=True)
class WalkResponse(PathResponse):
    strengths: list[float] = UNSET
    probabilities: list[float] = UNSET
    boundary: float | None = UNSET
    auc: float | None = UNSET
    entangled: list[tuple[str, float]] = UNSET


@dataclass(frozen=True, kw_only=True)
class GifResponse(Response):
    gif: str = UNSET


@dataclass(frozen=True)
class TraitView:
    name: str
    share: float
    base: float
    lift: float | None
    significant: bool
    rarer: bool


@dataclass(frozen=True, kw_only=True)
class SelectionResponse(Response):
    size: int = UNSET
    share: float = UNSET
    traits: list[TraitView] = UNSET
    medoid: int = UNSET
    mean: str | None = UNSET
    notes: tuple[str, ...] = UNSET


@dataclass(frozen=True)
class ClusterView:
    number: int
    size: int
    medoid: int
    rows: tuple[int, ...]
    traits: list[TraitView]
    mean: str | None


@dataclass(frozen=True, kw_only=True)
class ClustersResponse(Response):
    labels: str = UNSET  # float32 (N,)
    cards: list[ClusterView] = UNSET
    silhouette: float | None = UNSET
    noise: int = UNSET
    notes: tuple[str, ...] = UNSET


@dataclass(frozen=True, kw_only=True)
class CountsResponse(Response):
    counts: tuple[int, ...] = UNSET
    charts: list[ChartJSON] = UNSET  # silhouette, elbow
    suggested: int = UNSET
    best: float | None = UNSET  # the silhouette of the suggested number


@dataclass(frozen=True, kw_only=True)
class SpacesResponse(Response):
    charts: list[ChartJSON] = UNSET  # variance, silhouette


@dataclass(frozen=True, kw_only=True)
class PageResponse(Response):
    page: str = UNSET  # HTML


@dataclass(frozen=True, kw_only=True)
class TableResponse(Response):
    table: str = UNSET  # CSV


@dataclass(frozen=True, kw_only=True)
class OutliersResponse(Response):
    outliers: tuple[int, ...] = UNSET
    factors: list[float | None] = UNSET
    duplicates: tuple[tuple[int, int], ...] = UNSET
