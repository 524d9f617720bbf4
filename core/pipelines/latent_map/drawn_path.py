"""The way of a drawing over a map: each of its steps is placed as a picture from outside is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.images import to_pixels
from core.latents.projection import SUPPORT, place_codes
from core.latents.spaces import ENCODERS, Space, picture_side, pool
from core.pipelines.inside import Trajectory
from core.pipelines.latent_map.atlas_store import AtlasStore, OpenAtlas
from core.pipelines.latent_map.types import LatentMapError

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine

NOISY = "The path is that of the noisy latents themselves: it begins in noise, which is no picture of this map."
PREDICTED = "This space encodes pictures: the path is that of the picture that the model predicts at each step."
CANNOT = {"tsne2": "t-SNE cannot place new points"}
NOT_KEPT = "The fitted UMAP is not kept, so it places no new points"
ESTIMATED = "{why}: each step stands between the {count} mapped pictures nearest to it."


@dataclass(frozen=True)
class DrawnPath:
    """``places`` float32 (m, 2 or 3) on the map, in order; ``numbers`` (m,) are the steps that led there, 0 the noise
    that the drawing began with. ``notes`` say what is shown and how it was placed.
    """

    places: np.ndarray
    numbers: tuple[int, ...]
    notes: tuple[str, ...]


def place_drawing(
    store: AtlasStore, engine: LatentMapEngine, opened: OpenAtlas, space: Space, projection: str, drawn: Trajectory
) -> DrawnPath:
    """The latents of a drawing where the space holds such latents, elsewhere its predicted pictures -> their places.
    Raises ``LatentMapError``, ``CheckpointError``.
    """
    problem = store.problem(opened, space.key)
    if problem:
        raise LatentMapError(problem)
    if drawn.codec and drawn.codec == ENCODERS[space.key].codec:
        codes = pool(drawn.latents) if space.key == "kl-pooled" else drawn.latents.reshape(len(drawn.latents), -1)
        numbers, notes = (drawn.numbers[0] - 1, *drawn.numbers), [NOISY]
    else:
        side = picture_side(engine.root)
        pixels = np.stack([to_pixels(picture, side) for picture in drawn.pictures])
        codes = engine.encode(pixels, [space.key]).vectors[space.key]
        numbers, notes = drawn.numbers, [PREDICTED]
    if codes.shape[1] != space.dimensions:
        raise LatentMapError("The drawing has other latents than this map. Choose another space.")
    if not projection.startswith("pca"):
        notes.append(ESTIMATED.format(why=CANNOT.get(projection, NOT_KEPT), count=min(SUPPORT, len(space))))
    return DrawnPath(place_codes(space, projection, codes), numbers, tuple(notes))
