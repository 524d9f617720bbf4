"""Random picture sets and latents for the tests of training, and what a run has logged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import attributes
from core.data import PictureSet
from core.latents import LatentSet


def picture_set(name="celeba", count=24, with_classes=False, seed=0) -> PictureSet:
    rng = np.random.default_rng(seed)
    pixels = np.repeat(np.repeat(rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8), 8, axis=1), 8, axis=2)
    split = np.array([0] * (count - 8) + [1] * 4 + [2] * 4, dtype=np.int8)
    labels = rng.choice([-1, 1], size=(count, attributes.COUNT)).astype(np.int8)
    classes = rng.integers(0, 2, count).astype(np.int16) if with_classes else None
    names = tuple(f"{i:06d}.jpg" for i in range(count))
    return PictureSet(name, pixels, names, split, labels, classes, ("pizza", "sushi") if with_classes else ())


def latent_set(count=24, channels=4) -> LatentSet:
    rng = np.random.default_rng(1)
    source = picture_set(count=count)
    latents = rng.standard_normal((count, 2, channels, 16, 16)).astype(np.float16)
    zeros = np.zeros(channels)
    return LatentSet(latents, source.names, source.split, source.attributes, None, zeros, zeros + 1, "0" * 12)


def embedding_set(count=24, dim=32) -> LatentSet:
    """Embeddings for the faces of :func:`latent_set`, as training keeps them."""
    source, rng = latent_set(count), np.random.default_rng(2)
    return replace(source, latents=rng.standard_normal((count, 2, dim, 1, 1)).astype(np.float16))


def rows_of(run: Path) -> list[dict]:
    """The rows of a run's log, without the seconds, which differ from run to run."""
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
