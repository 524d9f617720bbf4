"""A whole map as plain values, to be kept as a file, and figures that compare the spaces of an atlas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.latents.atlas import Atlas
from core.latents.spaces import ENCODERS
from core.pipelines.latent_map import selection
from core.pipelines.latent_map.atlas_store import OpenAtlas
from core.pipelines.latent_map.requests import ClusterRequest
from core.pipelines.latent_map.types import PROJECTIONS

METHOD = "kmeans"  # that every atlas has stored


@dataclass(frozen=True)
class WholeMap:
    """One map with the names and thumbnails of its pictures; rows are those of the atlas."""

    title: str  # of the atlas
    space: str  # title
    projection: str  # title
    places: np.ndarray  # float32 (N, 2 or 3)
    names: tuple[str, ...]
    sheets: tuple[bytes, ...]  # WebP files, as many as fit into the limit; see AtlasInfo for which picture is where
    tile: int
    columns: int


@dataclass(frozen=True)
class SpaceStructure:
    """How a space spreads its pictures."""

    title: str
    variance: tuple[float, ...]  # share of each principal component that is kept, the largest first
    silhouette: float  # of the stored k-means clusters, -1..1; NaN where there are none
    clusters: int


def whole_map(opened: OpenAtlas, space: str, projection: str, most_bytes: int) -> WholeMap:
    """Thumbnail sheets are left out once they would exceed ``most_bytes``. Raises ``LatentMapError``."""
    found, atlas = opened.mapped(space, projection), opened.atlas
    sheets, size = [], 0
    for number in range(len(atlas.sheets)):
        sheet = atlas.sheet(number)
        size += len(sheet)
        if size > most_bytes:
            break
        sheets.append(sheet)
    return WholeMap(
        title=atlas.title,
        space=ENCODERS[space].title,
        projection=PROJECTIONS[projection][0],
        places=found.places[projection],
        names=_names(atlas),
        sheets=tuple(sheets),
        tile=atlas.tile,
        columns=atlas.columns,
    )


def structures(opened: OpenAtlas) -> tuple[SpaceStructure, ...]:
    """Every space of an atlas. Takes a second or two the first time."""
    found = []
    for key, space in opened.atlas.spaces.items():
        stored = space.clusterings.get(METHOD)
        count = 0 if stored is None else int(stored.max()) + 1
        request = ClusterRequest(opened.name, key, METHOD, selection.FIXED[METHOD])
        shape = float("nan") if stored is None else selection.clustering(opened, space, request).silhouette
        ratios = tuple(float(ratio) for ratio in space.basis.ratios)
        found.append(SpaceStructure(ENCODERS[key].title, ratios, shape, count))
    return tuple(found)


def _names(atlas: Atlas) -> tuple[str, ...]:
    """As the page names them: a file, a seed, or a number."""
    if atlas.names:
        return atlas.names
    if atlas.seeds is not None and atlas.requested is not None:
        return tuple(f"seed {int(seed)}" for seed in atlas.seeds)
    return tuple(f"picture {row}" for row in range(atlas.count))
