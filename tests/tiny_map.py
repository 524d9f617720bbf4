"""A small map for several tests, and how they request what is on it."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np

from core import attributes
from core.networks.pool import pool_of
from core.pipelines.latent_map.build import Pictures, assemble, encode_pictures
from core.pipelines.latent_map.engine import LatentMapEngine
from ui.latent_map.handlers import LatentMapHandlers

COUNT = 64
FIRST = {"atlas": "faces", "space": "vae", "projection": "pca2"}


def noise_atlas(root: Path, folder: Path) -> None:
    """An atlas of noise whose brighter half smiles."""
    random = np.random.default_rng(5)
    requested = np.zeros((COUNT, attributes.COUNT), np.int8)
    requested[:, attributes.INDEX["Smiling"]] = np.where(np.arange(COUNT) % 2, 1, -1)
    pixels = random.integers(0, 128, (COUNT, 64, 64, 3)) + 100 * (np.arange(COUNT) % 2)[:, None, None, None]
    pictures = Pictures(
        pixels.astype(np.uint8), "Noise", "pictures", requested=requested, command="python scripts/build.py"
    )
    *_, vectors = encode_pictures(LatentMapEngine(pool_of(root)), pictures.pixels)
    *_, atlas = assemble(root, pictures, vectors)
    atlas.measured = np.where(requested > 0, 240, 15).astype(np.uint8)  # the tiny classifier knows nothing
    atlas.save(folder / "faces")


def send(handlers: LatentMapHandlers, **request) -> dict:
    response = handlers.respond({"request_id": 3, **request})
    assert response["request_id"] == 3 and response["last"]
    return response


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")
