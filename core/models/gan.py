"""The GAN: a face in one step, from noise and the classifier's embedding, as latents that the KL autoencoder decodes.

Both networks follow R3GAN (Huang et al. 2024, arXiv:2501.05441): residual blocks without normalisation, whose last
convolution starts at zero. Latents instead of pixels make a step some fifty times cheaper, and the decoder has learned
the detail. The condition is the embedding of one real face (Casanova et al. 2021, arXiv:2109.05070), so the generator
has to reach every face of the training set and cannot collapse to a few.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

from core.models.embedding_prior import EmbeddingPrior

SLOPE = 0.2  # of the leaky rectifiers


class Block(nn.Module):
    """Two 3x3 convolutions with a skip; with ``condition`` their inputs are scaled and shifted by it."""

    def __init__(self, channels: int, condition: int | None = None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1)
        self.modulate = None if condition is None else nn.Linear(condition, 4 * channels)
        nn.init.kaiming_normal_(self.conv1.weight, SLOPE)
        for zero in (self.conv1.bias, self.conv2.weight, self.conv2.bias):
            nn.init.zeros_(zero)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        if self.modulate is None:
            h = self.conv1(F.leaky_relu(x, SLOPE))
            return x + self.conv2(F.leaky_relu(h, SLOPE))
        scale1, shift1, scale2, shift2 = self.modulate(condition)[:, :, None, None].chunk(4, dim=1)  # (N, C, 1, 1)
        h = self.conv1(F.leaky_relu(torch.addcmul(shift1, x, 1 + scale1), SLOPE))  # (N, C, H, W)
        return x + self.conv2(F.leaky_relu(torch.addcmul(shift2, h, 1 + scale2), SLOPE))


class FaceGenerator(ModelMixin, ConfigMixin):
    """Noise (N, Z) and embeddings (N, E) of the classifier -> latents (N, C, S, S) of the KL autoencoder.

    ``widths`` and ``blocks`` go from the coarsest grid to S, each twice as fine as the one before. :meth:`embeddings`
    draws embeddings for attributes.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 8,
        sample_size: int = 16,
        embedding_dim: int = 256,
        attributes: int = 40,
        noise_dim: int = 64,
        condition_dim: int = 256,
        widths: tuple[int, ...] = (320, 256, 128),
        blocks: tuple[int, ...] = (1, 2, 2),
    ) -> None:
        super().__init__()
        self.register_buffer("embedding_mean", torch.zeros(embedding_dim))
        self.register_buffer("embedding_std", torch.ones(embedding_dim))
        self.prior = EmbeddingPrior(attributes, embedding_dim)
        self.mapping = nn.Sequential(
            nn.Linear(noise_dim + embedding_dim, condition_dim),
            nn.SiLU(),
            nn.Linear(condition_dim, condition_dim),
            nn.SiLU(),
        )
        self.side = sample_size // 2 ** (len(widths) - 1)
        self.start = nn.Linear(condition_dim, widths[0] * self.side**2)
        self.enter = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(width, condition_dim) for _ in range(count))
            for width, count in zip(widths, blocks, strict=True)
        )
        self.conv_out = nn.Conv2d(widths[-1], latent_channels, 3, 1, 1)

    @property
    def noise_dim(self) -> int:
        return self.config.noise_dim

    def example_inputs(self) -> dict[str, Tensor]:
        """Zeros for one picture, for a diagram of the network."""
        return {"noise": torch.zeros(1, self.noise_dim), "embedding": torch.zeros(1, self.config.embedding_dim)}

    def embeddings(self, attributes: Tensor, noise: Tensor) -> Tensor:
        """Attributes (N, 40) in [-1, 1], 0 unspecified, and standard noise (N, E) -> embeddings (N, E)."""
        return self.prior(attributes, noise)

    def forward(self, noise: Tensor, embedding: Tensor) -> Tensor:
        standard = (embedding - self.embedding_mean) / self.embedding_std
        condition = self.mapping(torch.cat([noise, standard], dim=1))  # (N, D)
        x = self.start(condition).view(len(noise), -1, self.side, self.side)  # (N, W0, 4, 4)
        x = x.contiguous(memory_format=torch.channels_last)
        for level, stage in enumerate(self.stages):
            if level:
                x = self.enter[level - 1](F.interpolate(x, scale_factor=2.0, mode="bilinear"))  # (N, W, 2S, 2S)
            for block in stage:
                x = block(x, condition)
        return self.conv_out(F.leaky_relu(x, SLOPE))  # (N, C, S, S)


class LatentDiscriminator(nn.Module):
    """Latents (N, C, S, S) and standardised embeddings (N, E) -> scores (N,): how real, and how fitting.

    The embedding is compared with what the network found in the latents (Miyato & Koyama 2018, arXiv:1802.05637).
    """

    def __init__(
        self,
        latent_channels: int = 8,
        sample_size: int = 16,
        embedding_dim: int = 256,
        widths: tuple[int, ...] = (128, 256, 320),
        blocks: tuple[int, ...] = (1, 2, 1),
    ) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(latent_channels, widths[0], 3, 1, 1)
        self.enter = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.ModuleList(Block(width) for _ in range(count)) for width, count in zip(widths, blocks, strict=True)
        )
        side, last = sample_size // 2 ** (len(widths) - 1), widths[-1]
        self.gather = nn.Conv2d(last, last, side, groups=last)
        self.score = nn.Linear(last, 1)
        self.found = nn.Linear(last, embedding_dim)
        self.wanted = nn.Linear(embedding_dim, embedding_dim)

    def forward(self, z: Tensor, embedding: Tensor) -> Tensor:
        x = self.conv_in(z)  # (N, W0, S, S)
        for level, stage in enumerate(self.stages):
            if level:
                x = self.enter[level - 1](F.avg_pool2d(x, 2))  # (N, W, S/2, S/2)
            for block in stage:
                x = block(x)
        h = self.gather(F.leaky_relu(x, SLOPE)).flatten(1)  # (N, W)
        fits = (self.found(h) * self.wanted(embedding)).sum(dim=1) / math.sqrt(embedding.shape[1])
        return self.score(h)[:, 0] + fits


class FeatureDiscriminator(nn.Module):
    """A frozen classifier's features of pictures and standardised embeddings (N, E) -> scores (N, one per head).

    A small head at each stage judges what a trained network sees (Sauer et al. 2021, arXiv:2111.01007).
    """

    def __init__(self, widths: tuple[int, ...], embedding_dim: int = 256, hidden: int = 64) -> None:
        super().__init__()
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, hidden, 1),
                nn.LeakyReLU(SLOPE),
                nn.Conv2d(hidden, hidden, 3, 2, 1),
                nn.LeakyReLU(SLOPE),
                nn.Conv2d(hidden, hidden + 1, 1),
            )
            for width in widths
        )
        self.wanted = nn.ModuleList(nn.Linear(embedding_dim, hidden) for _ in widths)

    def forward(self, features: list[Tensor], embedding: Tensor) -> Tensor:
        scores = []
        for head, wanted, activation in zip(self.heads, self.wanted, features, strict=True):
            found = head(activation).mean(dim=(2, 3))  # (N, hidden + 1)
            fits = (found[:, 1:] * wanted(embedding)).sum(dim=1) / math.sqrt(found.shape[1] - 1)
            scores.append(found[:, 0] + fits)
        return torch.stack(scores, dim=1)
