"""The variational start: a sentence to a distribution over latents, whose samples are drafts for the denoiser.

A conditional variational autoencoder (Sohn et al. 2015) with a prior that is learned: the text states are pooled by
attention, the sentence gives a normal distribution of codes, and a code with the sentence decodes to the mean and the
variance of every latent value. A draft is blurred, as the means of such models are; the denoiser sharpens it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


class Gaussian(NamedTuple):
    """Diagonal normal distributions."""

    mean: Tensor
    logvar: Tensor

    def at(self, noise: Tensor) -> Tensor:
        return self.mean + (0.5 * self.logvar).exp() * noise


class WordPooling(nn.Module):
    """Text states (N, L, D) -> one vector (N, H), by attention from learned queries to the words."""

    def __init__(self, text_width: int, queries: int, heads: int, outputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(text_width)
        self.queries = nn.Parameter(torch.randn(queries, text_width) * text_width**-0.5)
        self.attention = nn.MultiheadAttention(text_width, heads, batch_first=True)
        # Sentences are nearly alike: without normalisation their differences would be small and be learned last.
        self.pooled_norm = nn.BatchNorm1d(queries * text_width)
        self.out = nn.Sequential(nn.Linear(queries * text_width, outputs), nn.SiLU(), nn.Linear(outputs, outputs))

    def forward(self, states: Tensor) -> Tensor:
        words = self.norm(states)
        queries = self.queries.expand(len(states), -1, -1)  # (N, Q, D)
        pooled, _ = self.attention(queries, words, words, need_weights=False)  # (N, Q, D)
        return self.out(self.pooled_norm(pooled.flatten(1)))  # (N, H)


class Block(nn.Module):
    """Norm, activation, 3x3 convolution, twice, with a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        groups = max(1, channels // 16)
        self.body = nn.Sequential(
            *(nn.GroupNorm(groups, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, 1, 1)),
            *(nn.GroupNorm(groups, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, 1, 1)),
        )
        nn.init.zeros_(self.body[-1].weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class TextPrior(ModelMixin, ConfigMixin):
    """Text states (N, L, D) -> a distribution over latents (N, C, S, S); S divides by four.

    The posterior encodes latents and is for training alone; without it the model still drafts.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 6,
        sample_size: int = 16,
        text_width: int = 192,
        width: int = 96,
        code_dim: int = 64,
        hidden: int = 256,
        queries: int = 4,
        heads: int = 4,
        posterior: bool = True,
    ) -> None:
        super().__init__()
        base, deep = sample_size // 4, 2 * width
        self.pool = WordPooling(text_width, queries, heads, hidden)
        self.to_prior = nn.Sequential(nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2 * code_dim))
        if posterior:
            self.encoder = nn.Sequential(
                *(nn.Conv2d(latent_channels, width, 3, 1, 1), Block(width)),
                *(nn.Conv2d(width, deep, 3, 2, 1), Block(deep)),
                *(nn.Conv2d(deep, deep, 3, 2, 1), nn.SiLU(), nn.Flatten()),
            )
            self.to_posterior = nn.Linear(deep * base * base + hidden, 2 * code_dim)
        self.expand = nn.Linear(code_dim + hidden, deep * base * base)
        self.decoder = nn.Sequential(
            *(Block(deep), nn.Upsample(scale_factor=2.0), nn.Conv2d(deep, deep, 3, 1, 1), Block(deep)),
            *(nn.Upsample(scale_factor=2.0), nn.Conv2d(deep, width, 3, 1, 1), Block(width)),
            *(nn.GroupNorm(max(1, width // 16), width), nn.SiLU(), nn.Conv2d(width, 2 * latent_channels, 3, 1, 1)),
        )

    def forward(self, z: Tensor, states: Tensor, noise: Tensor) -> tuple[Gaussian, Gaussian, Gaussian]:
        """Latents (N, C, S, S), states, normal noise (N, code) -> distributions of latents, posterior and prior."""
        sentence = self.pool(states)  # (N, H)
        encoded = torch.cat([self.encoder(z), sentence], dim=1)
        posterior = _gaussian(self.to_posterior(encoded))  # (N, code)
        return self.decode(posterior.at(noise), sentence), posterior, self._prior(sentence)

    def decode(self, code: Tensor, sentence: Tensor) -> Gaussian:
        """Codes (N, code) and sentences (N, H) -> latents (N, C, S, S)."""
        base = self.config.sample_size // 4
        h = self.expand(torch.cat([code, sentence], dim=1)).view(len(code), -1, base, base)
        mean, logvar = self.decoder(h).chunk(2, dim=1)
        return Gaussian(mean, logvar.clamp(-6, 4))

    def draft(self, states: Tensor, noise: Tensor) -> Tensor:
        """States (N, L, D) and normal noise (N, code) -> clean latents (N, C, S, S): the mean for one sampled code."""
        sentence = self.pool(states)
        return self.decode(self._prior(sentence).at(noise), sentence).mean

    def _prior(self, sentence: Tensor) -> Gaussian:
        return _gaussian(self.to_prior(sentence))


def _gaussian(both: Tensor) -> Gaussian:
    mean, logvar = both.chunk(2, dim=-1)
    return Gaussian(mean, logvar.clamp(-10, 6))


def divergence(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q || p) of (N, D) in nats, (N,), summed over dimensions."""
    ratio = (q.logvar - p.logvar).exp() + (q.mean - p.mean).square() / p.logvar.exp()
    return 0.5 * (ratio - 1 - (q.logvar - p.logvar)).sum(dim=1)


def negative_likelihood(distribution: Gaussian, z: Tensor) -> Tensor:
    """-log density of latents (N, C, S, S) in nats, (N,), summed, without the constant."""
    scaled = (z - distribution.mean).square() * (-distribution.logvar).exp()
    return 0.5 * (scaled + distribution.logvar).flatten(1).sum(dim=1)
