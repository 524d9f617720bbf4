"""Decodes places, paths and walks along directions in one space of an atlas."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from core import attributes
from core.latents import directions, paths
from core.latents.directions import Direction, DirectionError
from core.latents.projection import invert, place_codes
from core.latents.spaces import Space
from core.pipelines.latent_map.atlas_store import KEPT, OpenAtlas
from core.pipelines.latent_map.requests import PathRequest, Stop, WalkRequest
from core.pipelines.latent_map.types import (
    DIRECTIONS,
    PROJECTIONS,
    Decoded,
    DirectionInfo,
    LatentMapError,
    PathResult,
    WalkResult,
)

FARTHEST = 12.0  # strengths
UNSURE = 0.9  # uncertainty from which a note warns

Decode = Callable[[np.ndarray], list[Image.Image] | None]  # vectors (n, D) -> pictures; None where the space has none


def decode_place(opened: OpenAtlas, space: Space, projection: str, place: tuple[float, ...], decode: Decode) -> Decoded:
    """Decode a place of a map."""
    started = time.perf_counter()
    at = _checked(place, projection)
    vector, around, uncertainty = invert(space, projection, at)
    rows, weights = tuple(int(row) for row in around.rows), tuple(float(weight) for weight in around.weights)
    note = ""
    if uncertainty >= UNSURE:
        note = "Few pictures lie here or they differ much, so this one is a guess."
    if projection.startswith("pca"):
        axes = f"{PROJECTIONS[projection][1]} axes"
        share = float(space.basis.ratios[: PROJECTIONS[projection][1]].sum())
        note = f"The {axes} of this map hold {share:.0%} of what differs; everything else is as in the mean picture."
    made = decode(vector[None])
    if made is None:
        rows = tuple(int(row) for row in space.nearest(vector, 8)[1][0])
    return Decoded(
        picture=opened.atlas.thumbnail(rows[0]) if made is None else made[0],
        place=tuple(float(x) for x in at),
        decoded=made is not None,
        uncertainty=uncertainty,
        distance=around.distance,
        rows=rows,
        weights=weights,
        note=note,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def decode_row(opened: OpenAtlas, space: Space, projection: str, row: int, decode: Decode) -> Decoded:
    """Decode the vector of one picture of the atlas."""
    started = time.perf_counter()
    made = decode(space.vectors(np.array([row])))
    return Decoded(
        picture=opened.atlas.thumbnail(row) if made is None else made[0],
        place=tuple(float(x) for x in space.places[projection][row]),
        decoded=made is not None,
        uncertainty=0.0,
        distance=0.0,
        rows=(row,),
        weights=(1.0,),
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def follow(opened: OpenAtlas, space: Space, request: PathRequest, decode: Decode) -> PathResult:
    """Decode a path through two stops or more. Raises ``LatentMapError``."""
    started, frames = time.perf_counter(), request.frames
    stops = np.stack([stop_vector(opened, space, request.projection, stop) for stop in request.stops])
    visited = [opened.row(stop.row) for stop in request.stops if stop.row is not None]
    notes: list[str] = []
    if request.way == "data":
        line, visited, jumped = _along_data(opened, space, request, stops)
        notes += ["Some of these pictures are not joined by neighbours; there the path goes straight."] * jumped
        codes = paths.resample(line, frames)
    elif request.way == "spherical":
        codes = paths.arc(stops, space.basis.mean, frames)
    else:
        codes = paths.straight(stops, frames)
    pictures, decoded = _shown(opened, space, codes, decode)
    trail = place_codes(space, request.projection, codes)
    taken = (time.perf_counter() - started) * 1000
    return PathResult(pictures, trail, tuple(visited), paths.length(codes), decoded, tuple(notes), taken)


def walk(opened: OpenAtlas, space: Space, request: WalkRequest, decode: Decode) -> WalkResult:
    """Decode steps from a start along an attribute's direction. Raises ``LatentMapError``."""
    started = time.perf_counter()
    direction = direction_of(opened, space, request.attribute, request.method)
    start = stop_vector(opened, space, request.projection, request.start)
    boundary = direction.boundary(start)
    low, high = _range(request, boundary)
    strengths = np.linspace(low, high, request.frames)
    codes = (start + np.outer(strengths * direction.step, direction.unit)).astype(np.float32)
    pictures, decoded = _shown(opened, space, codes, decode)
    notes = []
    if not np.isnan(direction.auc) and direction.auc < 0.7:
        name = attributes.label(request.attribute).lower()
        notes.append(f"This space hardly knows {name} (AUC {direction.auc:.2f}); expect little along this direction.")
    return WalkResult(
        pictures=pictures,
        strengths=tuple(float(strength) for strength in strengths),
        probabilities=tuple(float(p) for p in 1 / (1 + np.exp(-np.clip(direction.logit(codes), -60, 60)))),
        boundary=boundary,
        trail=place_codes(space, request.projection, codes),
        decoded=decoded,
        notes=tuple(notes),
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def direction_of(opened: OpenAtlas, space: Space, attribute: str, method: str) -> Direction:
    """Fit one attribute's direction, cached. Raises ``LatentMapError``."""
    present = opened.atlas.present()
    if attribute not in attributes.INDEX:
        raise LatentMapError(f"Unknown attribute {str(attribute)[:60]!r}; the names are CelebA's 40.")
    if method not in DIRECTIONS:
        raise LatentMapError(f"There is no direction by {str(method)[:40]!r}; choose one of {', '.join(DIRECTIONS)}.")
    if present is None:
        raise LatentMapError("The attributes of these pictures are not known, so there are no directions.")
    key = (space.key, attribute, method)
    with opened.lock:
        if key not in opened.directions:
            try:
                flags = present[:, attributes.INDEX[attribute]]
                opened.directions[key] = directions.fit(space.vectors(), flags, method)
            except DirectionError as error:
                raise LatentMapError(f"{attributes.label(attribute)}: {error}") from error
            while len(opened.directions) > KEPT:
                opened.directions.popitem(last=False)
        return opened.directions[key]


def describe_direction(opened: OpenAtlas, space: Space, attribute: str, method: str) -> DirectionInfo:
    """Describe a direction: its AUC, and the attributes whose differences of means are most aligned with it."""
    direction = direction_of(opened, space, attribute, method)
    present, points = opened.atlas.present(), space.reduced
    unit = space.basis.axes @ direction.unit
    cosines = []
    for index, name in enumerate(attributes.NAMES):
        flags = present[:, index]
        if name == attribute or min(flags.sum(), (~flags).sum()) < directions.LEAST:
            continue
        other = points[flags].mean(axis=0) - points[~flags].mean(axis=0)
        cosines.append((name, float(other @ unit / max(np.linalg.norm(other) * np.linalg.norm(unit), 1e-12))))
    cosines.sort(key=lambda pair: -abs(pair[1]))
    return DirectionInfo(attribute, method, direction.auc, direction.present, direction.absent, tuple(cosines))


def stop_vector(opened: OpenAtlas, space: Space, projection: str, stop: Stop) -> np.ndarray:
    """Return the code (D,) of a stop. Raises ``LatentMapError``."""
    if stop.row is not None:
        return space.vectors(np.array([opened.row(stop.row)]))[0]
    return invert(space, projection, _checked(stop.place, projection))[0]


def _along_data(
    opened: OpenAtlas, space: Space, request: PathRequest, stops: np.ndarray
) -> tuple[np.ndarray, list[int], bool]:
    with opened.lock:
        if space.key not in opened.graphs:
            if len(space) < 3:
                raise LatentMapError("A path along the data needs three pictures or more; choose a straight line.")
            opened.graphs[space.key] = paths.NeighbourGraph(space.reduced)
        graph = opened.graphs[space.key]
    nearest = space.nearest(stops, 1)[1][:, 0]
    rows = [
        int(near) if stop.row is None else opened.row(stop.row)
        for stop, near in zip(request.stops, nearest, strict=True)
    ]
    line, visited, jumped = [stops[0]], [rows[0]], False
    for number in range(1, len(rows)):
        way = graph.way(rows[number - 1], rows[number])
        jumped |= way is None
        inner = [] if way is None else way[1:-1]
        if inner:
            line.extend(space.vectors(np.array(inner)))
        line.append(stops[number])
        visited += [*inner, rows[number]]
    return np.stack(line), visited, jumped


def _shown(opened: OpenAtlas, space: Space, codes: np.ndarray, decode: Decode) -> tuple[tuple[Image.Image, ...], bool]:
    made = decode(codes)
    if made is not None:
        return tuple(made), True
    rows = space.nearest(codes, 1)[1][:, 0]
    return tuple(opened.atlas.thumbnail(row) for row in rows), False


def _range(request: WalkRequest, boundary: float | None) -> tuple[float, float]:
    turn = float(np.clip(0.0 if boundary is None else boundary, -FARTHEST / 2, FARTHEST / 2))
    low = min(-2.0, 1.5 * turn) if request.low is None else float(request.low)
    high = max(2.0, 1.5 * turn) if request.high is None else float(request.high)
    if not -FARTHEST <= low < high <= FARTHEST:  # NaN fails, too
        raise LatentMapError(f"A walk goes from a lower to a higher strength, between -{FARTHEST:g} and {FARTHEST:g}.")
    return low, high


def _checked(place: object, projection: str) -> np.ndarray:
    dimensions = PROJECTIONS[projection][1]
    try:
        at = np.asarray(place, np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise LatentMapError("A place on the map is a pair of numbers.") from error
    if len(at) != dimensions or not np.isfinite(at).all() or np.abs(at).max() > 1e6:
        raise LatentMapError(f"A place on this map is {dimensions} numbers.")
    return at
