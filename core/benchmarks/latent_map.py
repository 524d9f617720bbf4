"""How fast the Latent map answers on this machine, over an atlas of random vectors: nothing has to be drawn first."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes, checkpoints
from core.benchmarks.app import Rows, median_milliseconds
from core.latents.atlas import COLUMNS, Atlas, make_sheets
from core.latents.spaces import ENCODERS
from core.networks.pool import pool_of
from core.pipelines.latent_map.build import make_space
from core.pipelines.latent_map.pipeline import LatentMapPipeline

POINTS = 10_000
LASSO = 5_000  # pictures of a selection
PHOTO = (640, 480)  # pixels
WHERE = ("random", "vae", "umap2")


def synthetic_atlas(root: Path, count: int, sizes: Mapping[str, int], seed: int = 0) -> Atlas:
    """``count`` random vectors of ``sizes[space]`` numbers in each space, with maps, labels and thumbnails of noise."""
    random = np.random.default_rng(seed)
    spaces = {}
    for key, size in sizes.items():
        vectors = random.standard_normal((count, size), np.float32)
        space = make_space(key, vectors, checkpoints.fingerprint(root / ENCODERS[key].checkpoint))
        space.places["umap2"] = random.standard_normal((count, 2), np.float32)
        space.clusterings["kmeans"] = (np.arange(count) % 8).astype(np.int16)
        spaces[key] = space
    tiles = random.integers(0, 255, (min(count, COLUMNS**2), 4, 4, 3), np.uint8)
    measured = random.integers(0, 256, (count, attributes.COUNT)).astype(np.uint8)
    sheets = make_sheets(tiles) * -(-count // COLUMNS**2)  # the same for all: only their size matters
    return Atlas("Random vectors", "pictures", count, spaces, sheets, measured=measured)


def measure_map(root: Path, times: int = 20, photos: int = 2000) -> Rows:
    """What a person waits for on a map of 10,000 points, in this process: the map, a click, a selection, ``photos`` of
    one's own. The page adds its own time on top.
    """
    from core.pipelines.latent_map.engine import LatentMapEngine

    engine = LatentMapEngine(pool_of(root))
    kinds = {key: int(np.prod(engine.codec(key).latent_shape)) for key in ("vae", "kl")}
    kinds["classifier"] = engine.classifier().config.embedding_dim
    if not checkpoints.missing(root / "clip"):
        kinds["clip"] = engine.clip()[0].config.projection_dim
    atlas = synthetic_atlas(root, POINTS, kinds)
    random = np.random.default_rng(1)
    selection = random.choice(POINTS, LASSO, replace=False)
    with tempfile.TemporaryDirectory() as folder:
        atlas.save(Path(folder) / WHERE[0])
        latent_map = LatentMapPipeline(root, folder)
        first = median_milliseconds(lambda: _first_map(LatentMapPipeline(root, folder)), max(1, times // 7))
        latent_map.warm()

        def point() -> None:
            row = int(random.integers(POINTS))
            latent_map.point(WHERE[0], row)
            latent_map.neighbours(WHERE[0], row)

        return {
            "map_points": POINTS,
            "map_first_ms": first,
            "map_empty_place_ms": median_milliseconds(
                lambda: latent_map.decode_at(*WHERE, random.standard_normal(2)), times
            ),
            "map_point_ms": median_milliseconds(point, times),
            "map_lasso_of_5000_ms": median_milliseconds(
                lambda: latent_map.describe(*WHERE[:2], selection), max(1, times // 4)
            ),
            **_words(latent_map, times),
            "map_photos": photos,
            "map_photos_s": _photos(latent_map, Path(folder) / "photos", random, photos),
        }


def _first_map(latent_map: LatentMapPipeline) -> None:
    """All requests of the page before it shows coloured points."""
    latent_map.atlases()
    latent_map.points(*WHERE)
    latent_map.colourings(*WHERE[:2])
    latent_map.colour(*WHERE[:2], "cluster:kmeans")


def _words(latent_map: LatentMapPipeline, times: int) -> Rows:
    """A search by words; nothing where there is no CLIP."""
    if "clip" not in [space.key for space in latent_map.open(WHERE[0]).spaces]:
        return {}
    return {"map_words_ms": median_milliseconds(lambda: latent_map.search(WHERE[0], "a smiling old man", True), times)}


def _photos(latent_map: LatentMapPipeline, folder: Path, random: np.random.Generator, count: int) -> float:
    """Seconds until photos of one's own are read, encoded by all encoders, mapped by PCA and clustered."""
    folder.mkdir()
    for number in range(count):
        rough = Image.fromarray(random.integers(0, 255, (24, 32, 3), np.uint8))
        rough.resize(PHOTO, Image.Resampling.BICUBIC).save(folder / f"{number}.jpg", quality=90)

    started = time.perf_counter()
    *_, info = latent_map.add_photos([folder])
    taken = time.perf_counter() - started  # once: from now on UMAP is fitted beside it
    latent_map.close(info.name)
    return taken
