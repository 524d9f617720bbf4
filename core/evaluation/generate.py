"""Many faces at once: batches of the denoiser, each picture with its own seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from tqdm import tqdm

from core import attributes
from core.diffusion.sampling import noise_for
from core.images import to_uint8
from core.pipelines.faces.engine import FaceEngine
from core.recipe import Recipe

BATCH = 64


def vectors(requested: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Named attributes of N pictures -> float32 (N, 40)."""
    return np.stack([attributes.vector(values) for values in requested])


def resolved(rows: np.ndarray) -> np.ndarray:
    """Attribute rows (N, 40) without contradictions, as every drawing resolves them."""
    return np.stack([attributes.resolve(row).values for row in rows])


def draw_faces(engine: FaceEngine, recipe: Recipe, seeds: Sequence[int], wanted: np.ndarray) -> np.ndarray:
    """N seeds and attribute rows (N, 40) -> uint8 (N, S, S, 3), with the recipe's solver, steps, guidance, styles."""
    rows = torch.from_numpy(resolved(wanted))
    pictures = []
    starts = range(0, len(seeds), BATCH)
    for start in tqdm(starts, desc="draw", unit="batch", mininterval=1, leave=False, disable=len(starts) < 8):
        drawn = [noise_for(seed, engine.latent_shape) for seed in seeds[start : start + BATCH]]
        noise = torch.cat([each for each, _ in drawn])
        generators = [generator for _, generator in drawn]
        steps = engine.steps_from(recipe, noise, rows[start : start + BATCH], generators)
        step = deque(steps, maxlen=1)[0]
        pictures.append(to_uint8(engine.decode(step.latents)))
    return np.concatenate(pictures)
