"""Attributes -> the classifier's embedding, as one normal distribution of both.

Attributes and embedding are taken as jointly normal. Given the attributes that are specified, the embedding is normal
again: its mean is a linear regression on them, its covariance what they leave open. So one attribute is as good a
request as forty, and with none the embedding is that of any training face.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

RIDGE = 1e-3  # added to the attributes' variances, at most 1, of which some are nearly copies of others


class EmbeddingPrior(nn.Module):
    """Attributes (N, A) in [-1, 1], 0 unspecified, and standard noise (N, E) -> embeddings (N, E).

    Its moments are buffers of the checkpoint: aggregate figures, from which no picture's embedding can be read.
    """

    def __init__(self, attributes: int, embedding_dim: int) -> None:
        super().__init__()
        self.attributes = attributes
        count = attributes + embedding_dim
        self.register_buffer("mean", torch.zeros(count, dtype=torch.float64))
        self.register_buffer("covariance", torch.eye(count, dtype=torch.float64))

    @torch.no_grad()
    def fit(self, attributes: Tensor, embeddings: Tensor) -> None:
        """Take the moments of training faces: attributes (N, A), embeddings (N, E)."""
        both = torch.cat([attributes.double(), embeddings.double()], dim=1)
        self.mean.copy_(both.mean(dim=0))
        self.covariance.copy_(torch.cov(both.T))

    @torch.no_grad()
    def forward(self, attributes: Tensor, noise: Tensor) -> Tensor:
        embeddings = torch.empty_like(noise)
        specified = attributes != 0
        for pattern in torch.unique(specified, dim=0):
            rows = (specified == pattern).all(dim=1)
            base, gain, root = self._given(pattern.nonzero().flatten())
            known = attributes[rows][:, pattern].double() - self.mean[: self.attributes][pattern]
            drawn = base + known @ gain.T + noise[rows].double() @ root.T
            embeddings[rows] = drawn.to(embeddings.dtype)
        return embeddings

    def _given(self, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Indices (K,) of specified attributes -> mean (E,), regression (E, K) and the root (E, E) of what is left."""
        first = self.attributes
        within = self.covariance[known][:, known] + RIDGE * torch.eye(len(known), dtype=torch.float64)
        across = self.covariance[first:, known]  # (E, K)
        gain = torch.linalg.solve(within, across.T).T if len(known) else across
        left = self.covariance[first:, first:] - gain @ across.T
        values, vectors = torch.linalg.eigh((left + left.T) / 2)
        return self.mean[first:], gain, vectors * values.clamp_min(0).sqrt()
