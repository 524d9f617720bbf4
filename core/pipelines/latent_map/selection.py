"""Clusters, selections and outliers of one atlas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from core import attributes
from core.latents import clusters
from core.latents.clusters import ClusterError, Clustering
from core.latents.spaces import AROUND, Space
from core.pipelines.latent_map.atlas_store import KEPT, OpenAtlas
from core.pipelines.latent_map.requests import ClusterRequest
from core.pipelines.latent_map.types import (
    ClusterCard,
    ClusterResult,
    CountChoice,
    LatentMapError,
    Outliers,
    Selection,
    Trait,
)

SIGNIFICANT = 0.01
MOST_TRAITS, MEMBERS = 8, 12
FIXED = {"kmeans": 8, "mixture": 8, "hdbscan": 25}  # counts that atlases are stored with
SAME = 0.2  # share of the usual distance between neighbours: nearer pictures are near-duplicates

Mean = Callable[[np.ndarray], Image.Image | None]  # rows -> their decoded mean; None where the space has none


def cluster_atlas(opened: OpenAtlas, space: Space, request: ClusterRequest, mean: Mean) -> ClusterResult:
    """Cluster an atlas and describe each cluster. Raises ``LatentMapError``."""
    found = clustering(opened, space, request)
    points, names, flags = space.reduced, *_flags(opened)
    cards = []
    for number in range(found.count):
        members = found.labels == number
        rows = np.flatnonzero(members)
        ordered = rows[clusters.from_the_middle(points[rows])]
        cards.append(
            ClusterCard(
                number=number,
                size=len(rows),
                medoid=int(ordered[0]),
                rows=tuple(int(row) for row in ordered[:MEMBERS]),
                traits=_by_significance(_traits(names, flags, members))[:MOST_TRAITS],
                mean=mean(rows),
            )
        )
    noise = int((found.labels < 0).sum())
    notes = []
    if not cards:
        notes.append("HDBSCAN found no cluster of that size here; request a smaller least size.")
    elif noise > len(points) / 2:
        notes.append(f"{noise / len(points):.0%} of the pictures belong to no cluster: this space has no clear ones.")
    if names and opened.atlas.measured is None and opened.atlas.requested is None:
        notes.append("The attributes of these pictures are not known.")
    return ClusterResult(found.labels, tuple(cards), found.silhouette, noise, tuple(notes))


def choose_count(opened: OpenAtlas, space: Space, method: str, counts: tuple[int, ...]) -> CountChoice:
    """Score each number of clusters, for k-means or a mixture. Raises ``LatentMapError``."""
    if method not in ("kmeans", "mixture"):
        raise LatentMapError("HDBSCAN finds its own number of clusters; compare numbers with k-means or a mixture.")
    counts = tuple(count for count in counts if 2 <= count < opened.atlas.count)
    if not counts:
        raise LatentMapError("There are too few pictures to compare numbers of clusters.")
    try:
        tried = clusters.choose_count(space.reduced, method, counts)
    except ClusterError as error:
        raise LatentMapError(str(error)) from error
    silhouettes = tuple(one.silhouette for one in tried)
    best = counts[int(np.nanargmax(silhouettes))] if not np.isnan(silhouettes).all() else counts[0]
    return CountChoice(counts, silhouettes, tuple(one.score for one in tried), best)


def describe_rows(opened: OpenAtlas, space: Space, rows: np.ndarray, mean: Mean) -> Selection:
    """Compare a selection with the whole atlas."""
    names, flags = _flags(opened)
    members = np.zeros(opened.atlas.count, bool)
    members[rows] = True
    notes = []
    if not names:
        notes.append("The attributes of these pictures are not known.")
    elif len(rows) < 10:
        notes.append("So few pictures tell little: hardly anything can be significant.")
    medoid = int(rows[clusters.from_the_middle(space.reduced[rows])[0]])
    traits = _by_significance(_traits(names, flags, members))
    return Selection(len(rows), len(rows) / opened.atlas.count, traits, medoid, mean(rows), tuple(notes))


def find_outliers(opened: OpenAtlas, key: str, count: int) -> Outliers:
    """Return outliers, near-duplicates and density of a space, cached. Raises ``LatentMapError``."""
    space = opened.space(key)
    with opened.lock:
        if (key, count) not in opened.outliers:
            opened.outliers[key, count] = _measure_outliers(space, count)
        return opened.outliers[key, count]


def _measure_outliers(space: Space, count: int) -> Outliers:
    from sklearn.neighbors import LocalOutlierFactor

    points = space.reduced
    if len(points) < 3:
        raise LatentMapError("Outliers need three pictures or more.")
    judge = LocalOutlierFactor(min(AROUND, len(points) - 1)).fit(points)
    distances, rows = judge.kneighbors()
    factors = np.nan_to_num(-judge.negative_outlier_factor_, posinf=1e9)
    oddest = np.argsort(-factors, kind="stable")[:count]
    usual = float(np.median(distances[:, 0]))
    near = np.flatnonzero(distances[:, 0] <= SAME * usual)
    pairs = {tuple(sorted((int(row), int(rows[row, 0])))): float(distances[row, 0]) for row in near}
    closest = sorted(pairs, key=lambda pair: (pairs[pair], pair))[:count]
    lonely = tuple(int(row) for row in oddest)
    return Outliers(lonely, tuple(float(factors[row]) for row in oddest), tuple(closest), space.density())


def clustering(opened: OpenAtlas, space: Space, request: ClusterRequest) -> Clustering:
    """Return the clusters of one request, cached. Raises ``LatentMapError``."""
    method, count = request.method, request.count
    key = (space.key, method, count)
    with opened.lock:
        if key not in opened.clusterings:
            stored = space.clusterings.get(method)
            if stored is not None and count == FIXED[method]:
                silhouette = clusters.silhouette(space.reduced, stored)
                opened.clusterings[key] = Clustering(stored, silhouette, float("nan"))
            else:
                try:
                    opened.clusterings[key] = clusters.cluster(space.reduced, method, count)
                except ClusterError as error:
                    raise LatentMapError(str(error)) from error
            while len(opened.clusterings) > KEPT:
                opened.clusterings.popitem(last=False)
        return opened.clusterings[key]


def _flags(opened: OpenAtlas) -> tuple[list[str], np.ndarray]:
    """Return all traits of the pictures: T names and bool (N, T)."""
    names: list[str] = []
    columns = []
    present = opened.atlas.present()
    if present is not None:
        names, columns = list(attributes.NAMES), [present]
    if opened.atlas.classes is not None and opened.atlas.class_names:
        names += opened.atlas.class_names
        columns.append(opened.atlas.classes[:, None] == np.arange(len(opened.atlas.class_names)))
    return names, np.concatenate(columns, axis=1) if columns else np.zeros((opened.atlas.count, 0), bool)


def _traits(names: list[str], flags: np.ndarray, members: np.ndarray) -> list[Trait]:
    if not names:
        return []
    shares, bases, p_values = clusters.enrichment(flags, members)
    traits = []
    for name, share, base, p_value in zip(names, shares, bases, p_values, strict=True):
        lift = float(share / base) if base > 0 else float("inf") if share > 0 else 1.0
        traits.append(Trait(name, float(share), float(base), lift, float(p_value), bool(p_value < SIGNIFICANT)))
    return traits


def _by_significance(traits: list[Trait]) -> tuple[Trait, ...]:
    """Sort traits: significant ones first, then by the difference of shares in standard deviations."""

    def weight(trait: Trait) -> float:
        return abs(trait.share - trait.base) / max(np.sqrt(trait.base * (1 - trait.base)), 0.05)

    return tuple(sorted(traits, key=lambda trait: (not trait.significant, -weight(trait))))
