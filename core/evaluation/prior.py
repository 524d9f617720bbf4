"""Latents as a distribution: how far the posterior is from its prior, and what samples of the prior look like."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from core.diffusion.sampling import noise_for
from core.evaluation.batched import BATCH, classify
from core.images import to_tensor, to_uint8
from core.latents.codecs import OpenCodec
from core.metrics import frechet
from core.models import FlatAutoencoder, PictureClassifier

ACTIVE = 0.01  # variance of a dimension's posterior mean over pictures (Burda et al. 2015, arXiv:1509.00519)


@torch.inference_mode()
def posterior_figures(model: FlatAutoencoder, pixels: np.ndarray) -> dict[str, float]:
    """uint8 (N, S, S, 3) -> mean KL(posterior || N(0, 1)) per picture in nats, and how many dimensions are active.

    A dimension is active where the variance of its posterior mean over the pictures is above 0.01.
    """
    means, nats, deviations = [], [], []
    for start in range(0, len(pixels), BATCH):
        mean, logvar = model.posterior(to_tensor(pixels[start : start + BATCH]))
        means.append(mean)
        nats.append(0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(dim=1))
        deviations.append((0.5 * logvar).exp().mean(dim=1))
    spread = torch.cat(means).var(dim=0)
    return {
        "pictures": len(pixels),
        "divergence_nats": float(torch.cat(nats).mean()),
        "active_dimensions": int((spread > ACTIVE).sum()),
        "dimensions": len(spread),
        "posterior_deviation": float(torch.cat(deviations).mean()),
    }


def prior_figures(
    codec: OpenCodec, classifier: PictureClassifier, embeddings: Mapping[str, tuple[np.ndarray, np.ndarray]], count: int
) -> dict[str, dict[str, float]]:
    """Fréchet distance of ``count`` decoded samples of N(0, 1) to test pictures, beside two floors.

    ``embeddings`` are (before, after reconstruction) per set; every set gives as many pictures as the smallest has.
    """
    least = min(len(before) for before, _ in embeddings.values())
    rows = {
        kind: np.linspace(0, len(before) - 1, least).round().astype(int) for kind, (before, _) in embeddings.items()
    }
    real = np.concatenate([embeddings[kind][0][rows[kind]] for kind in embeddings])
    rebuilt = np.concatenate([embeddings[kind][1][rows[kind]] for kind in embeddings])
    samples = classify(classifier, prior_samples(codec, count)).embedding
    return {
        "samples_of_the_prior": {"pictures": len(samples), "frechet": frechet(samples, real)},
        "reconstructions": {"pictures": len(rebuilt), "frechet": frechet(rebuilt, real)},
        "halves_of_the_test_pictures": {"pictures": len(real) // 2, "frechet": frechet(real[::2], real[1::2])},
    }


def prior_samples(codec: OpenCodec, count: int) -> np.ndarray:
    """Decoded samples of N(0, 1), seeds 0 to count - 1, uint8 (count, S, S, 3)."""
    pictures = []
    for start in range(0, count, BATCH):
        seeds = range(start, min(count, start + BATCH))
        noise = torch.cat([noise_for(seed, codec.latent_shape)[0] for seed in seeds])
        pictures.append(to_uint8(codec.decode(noise)))
    return np.concatenate(pictures)
