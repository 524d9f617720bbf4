"""Every generator of faces behind one call: what it takes, what it needs, and how it draws a batch.

Importing this module imports torch and diffusers, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from core import attributes, checkpoints
from core.diffusion.objective import Objective, prediction_of
from core.diffusion.variations import noises, vary_steps
from core.images import to_uint8
from core.models import FaceGenerator, VariationUNet
from core.networks.pool import NetworkPool
from core.pipelines.compare.parts import NEEDS, missing
from core.pipelines.compare.types import Batch, Takes

BATCH = 16  # pictures at a time
STEPS, GUIDANCE = 16, 1.5  # of the variations


def draw_prior(pool: NetworkPool, batch: Batch) -> np.ndarray:
    """Samples of N(0, 1), decoded by the variational autoencoder: the autoencoder alone."""
    codec = pool.codec("vae")
    return to_uint8(pool.run(codec.decode, noises(list(batch.seeds), codec.latent_shape)))


def draw_gan(pool: NetworkPool, batch: Batch) -> np.ndarray:
    """One pass through the GAN's generator, on embeddings or on attributes."""
    generator: FaceGenerator = pool.get("gan")
    embeddings = embeddings_of(pool, generator, batch)
    noise = noises(list(batch.seeds), (generator.noise_dim,))
    codec = pool.get("autoencoder-kl")
    return to_uint8(pool.run(lambda: codec.decode(generator(noise, embeddings))))


def draw_variations(pool: NetworkPool, batch: Batch) -> np.ndarray:
    """The variation model from pure noise, on embeddings or on attributes."""
    model: VariationUNet = pool.get("variations")
    embeddings = embeddings_of(pool, model, batch)
    *_, last = variation_steps(pool, embeddings, list(batch.seeds))
    return to_uint8(pool.run(pool.get("autoencoder-kl").decode, last))


def variation_steps(
    pool: NetworkPool, embeddings: Tensor, seeds: list[int], z: Tensor | None = None, level: float = 1.0
) -> Iterator[Tensor]:
    """Embeddings (N, E) -> clean latents (N, C, S, S) after each step. Below level 1 they begin with ``z`` of that
    shape.
    """
    model: VariationUNet = pool.get("variations")
    objective = Objective(prediction_of(pool.root / "variations" / "scheduler_config.json"))
    noise = noises(seeds, model.latent_shape)
    condition = pool.run(model.condition, embeddings)
    steps = vary_steps(
        partial(pool.run, model),
        objective,
        torch.zeros_like(noise) if z is None else z,
        noise,
        condition,
        steps=STEPS,
        level=level,
        guidance=GUIDANCE,
    )
    return (step.clean for step in steps)


def embeddings_of(pool: NetworkPool, model: FaceGenerator | VariationUNet, batch: Batch) -> Tensor:
    """The embeddings of a batch (N, E), or embeddings for its attributes; each row has a noise of its own.

    Raises ``CheckpointError`` for embeddings of another size than the model takes.
    """
    size = len(model.prior.mean) - attributes.COUNT
    if batch.embeddings is not None:
        if batch.embeddings.shape[1] != size:
            raise checkpoints.CheckpointError(
                f"These embeddings have {batch.embeddings.shape[1]} numbers; the model takes {size}."
            )
        return torch.from_numpy(np.asarray(batch.embeddings, np.float32))
    wanted = batch.attributes
    if wanted is None:
        wanted = np.zeros((len(batch.seeds), attributes.COUNT), np.float32)
    rows = np.stack([attributes.resolve(row).values for row in wanted])
    drawn = torch.stack([_second_noise(seed, size) for seed in batch.seeds])
    return pool.run(model.embeddings, torch.from_numpy(rows), drawn)


def _second_noise(seed: int, size: int) -> Tensor:
    """Noise for the embedding, apart from the picture's own of the same seed."""
    generator = torch.Generator().manual_seed((seed * 2_654_435_761 + 1) % 2**63)
    return torch.randn(size, generator=generator)


@dataclass(frozen=True)
class Generator:
    """A way of making faces: its name, the checkpoints it needs, and what it can be asked for."""

    title: str
    needs: tuple[str, ...]
    takes: tuple[Takes, ...]
    draw: Callable[[NetworkPool, Batch], np.ndarray]  # a batch -> uint8 (N, S, S, 3)


GENERATORS: dict[str, Generator] = {
    "vae": Generator("VAE's prior", NEEDS["vae"], ("nothing",), draw_prior),
    "gan": Generator("GAN", NEEDS["gan"], ("nothing", "attributes", "embedding"), draw_gan),
    "variations": Generator("Variations", NEEDS["variations"], ("nothing", "attributes", "embedding"), draw_variations),
}


def draw(pool: NetworkPool, name: str, batch: Batch) -> np.ndarray:
    """Draw N pictures with one generator, uint8 (N, S, S, 3). Raises ``CheckpointError`` where it is not there."""
    if problem := missing(pool.root, name):
        raise checkpoints.CheckpointError(problem)
    starts = range(0, len(batch.seeds), BATCH)
    return np.concatenate([GENERATORS[name].draw(pool, batch.part(slice(s, s + BATCH))) for s in starts])
