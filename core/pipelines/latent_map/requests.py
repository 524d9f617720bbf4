"""Requests to the Latent map. A request checks its own values and raises ``LatentMapError``; values that depend on the
atlas, such as picture numbers, are checked when the atlas is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from core.pipelines.latent_map.types import METHODS, WAYS, LatentMapError

MOST_STOPS, MOST_FRAMES = 24, 120
FARTHEST = 1e6  # of a place, in units of the map


@dataclass(frozen=True)
class Stop:
    """A point of a path: a picture's ``row``, or else a ``place`` on the map that is mapped back to a code."""

    row: int | None = None
    place: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if (self.row is None) == (self.place is None):
            raise LatentMapError("A stop is a picture or a place on the map.")
        if self.row is not None and (isinstance(self.row, bool) or not isinstance(self.row, int)):
            raise LatentMapError("A picture's number is a whole number.")
        if self.place is not None:
            object.__setattr__(self, "place", checked_place(self.place))


@dataclass(frozen=True)
class PathRequest:
    """Two stops or more, in order; ``way`` is one of WAYS; ``frames`` pictures from 2 to 120 at equal distances."""

    atlas: str
    space: str
    projection: str
    stops: tuple[Stop, ...]
    way: str = "linear"
    frames: int = 16

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise LatentMapError(f"There is no way {str(self.way)[:40]!r}; choose one of {', '.join(WAYS)}.")
        if not 2 <= len(self.stops) <= MOST_STOPS:
            raise LatentMapError(f"A path needs 2 to {MOST_STOPS} stops.")
        _check_frames(self.frames)


@dataclass(frozen=True)
class WalkRequest:
    """From ``start`` along an attribute's direction. ``low`` and ``high`` are strengths: 1 is the distance between the
    mean picture with the attribute and the mean picture without; None chooses a range around the boundary."""

    atlas: str
    space: str
    projection: str
    start: Stop
    attribute: str
    method: str = "probe"  # one of DIRECTIONS
    low: float | None = None
    high: float | None = None
    frames: int = 9

    def __post_init__(self) -> None:
        _check_frames(self.frames)


@dataclass(frozen=True)
class ClusterRequest:
    """``count`` clusters by ``method``, one of METHODS. HDBSCAN finds its own number: ``count`` is then the least size
    of a cluster in pictures."""

    atlas: str
    space: str
    method: str = "kmeans"
    count: int = 8

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            known = ", ".join(METHODS)
            raise LatentMapError(f"There is no way to cluster called {str(self.method)[:40]!r}; choose one of {known}.")
        if isinstance(self.count, bool) or not isinstance(self.count, int):
            raise LatentMapError("The number of clusters is a whole number.")


def checked_place(value: object) -> tuple[float, ...]:
    """Two or three finite numbers."""
    numbers = isinstance(value, list | tuple) and 2 <= len(value) <= 3
    if not numbers or not all(_is_number(one) for one in value):
        raise LatentMapError("A place on the map is two or three numbers.")
    return tuple(float(one) for one in value)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and abs(value) <= FARTHEST  # NaN is not


def _check_frames(frames: object) -> None:
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise LatentMapError(f"Ask for 2 to {MOST_FRAMES} pictures.")
