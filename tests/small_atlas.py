"""A small atlas, made on the spot."""

from __future__ import annotations

import numpy as np

from core.latents.atlas import Atlas, make_sheets
from core.latents.projection import fit_basis, pca_places
from core.latents.spaces import Space, quantise

COUNT = 20


def tiles(count: int = COUNT) -> np.ndarray:
    """Pictures of one colour each."""
    return np.broadcast_to((np.arange(count) * 12)[:, None, None, None], (count, 64, 64, 3)).astype(np.uint8)


def small_atlas() -> Atlas:
    random = np.random.default_rng(0)
    codes, scale = quantise(random.normal(size=(COUNT, 6)))
    space = Space("classifier", codes, scale, fit_basis(codes * scale), "abc")
    space.places = {f"pca{d}": pca_places(space.reduced, d) for d in (2, 3)} | {"umap2": space.reduced[:, :2] * 2}
    space.clusterings = {"kmeans": (np.arange(COUNT) % 3).astype(np.int16)}
    space.psnr = np.linspace(20, 30, COUNT)
    return Atlas(
        title="Small",
        kind="generated",
        count=COUNT,
        spaces={"classifier": space},
        sheets=make_sheets(tiles(), columns=3),
        measured=random.integers(0, 256, (COUNT, 40)).astype(np.uint8),
        requested=random.integers(-1, 2, (COUNT, 40)).astype(np.int8),
        seeds=np.arange(COUNT),
        made_with={"faces": "123"},
        command="python scripts/build_atlas.py --generate 20 --out small",
        columns=3,
    )
