"""Finds what is near to a picture in every space of an atlas: a picture of the atlas, or one from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.checkpoints import CheckpointError
from core.images import to_pixels
from core.latents.projection import place_codes
from core.latents.spaces import ENCODERS, picture_side
from core.pipelines.latent_map.atlas_store import AtlasStore, OpenAtlas
from core.pipelines.latent_map.types import PROJECTIONS, Located, Neighbours

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine


def neighbours(opened: OpenAtlas, row: int, count: int) -> tuple[Neighbours, ...]:
    """Return the pictures nearest to one, in every space."""
    result = []
    for key, space in opened.atlas.spaces.items():
        distances, rows = space.nearest(space.vectors(np.array([row])), count + 1)
        others = [(int(r), float(d)) for r, d in zip(rows[0], distances[0], strict=True) if r != row][:count]
        result.append(Neighbours(key, tuple(r for r, _ in others), tuple(d for _, d in others)))
    return tuple(result)


def locate(
    store: AtlasStore, engine: LatentMapEngine, opened: OpenAtlas, picture: Image.Image, count: int
) -> tuple[Located, ...]:
    """Locate a picture of any size in every space of an atlas, with its nearest neighbours."""
    vectors, problems = _encoded(store, engine, opened, to_pixels(picture, picture_side(engine.root))[None])
    found = []
    for key, space in opened.atlas.spaces.items():
        if key in problems:
            found.append(Located(key, {}, (), (), problems[key]))
            continue
        places = {kind: place_codes(space, kind, vectors[key])[0] for kind in PROJECTIONS if kind in space.places}
        distances, rows = space.nearest(vectors[key], count)
        plain = {kind: tuple(float(x) for x in place) for kind, place in places.items()}
        found.append(Located(key, plain, tuple(map(int, rows[0])), tuple(map(float, distances[0]))))
    return tuple(found)


def _encoded(
    store: AtlasStore, engine: LatentMapEngine, opened: OpenAtlas, pixels: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Encode pictures in every space, each encoder once; the second dict says why a space cannot."""
    vectors, problems = {}, {}
    for checkpoint in dict.fromkeys(ENCODERS[key].checkpoint for key in opened.atlas.spaces):
        keys = [key for key in opened.atlas.spaces if ENCODERS[key].checkpoint == checkpoint]
        try:
            problem = store.problem(opened, keys[0])
            vectors |= {} if problem else engine.encode(pixels, keys).vectors
        except CheckpointError as error:
            problem = str(error)
        problems |= dict.fromkeys(keys, problem) if problem else {}
    return vectors, problems
