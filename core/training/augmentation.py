"""Augmentations of latents for a discriminator, which the generator's gradients pass.

Differentiable augmentation (Zhao et al. 2020, arXiv:2006.10738): real and generated latents are changed alike, so a
discriminator cannot learn its few thousand pictures by heart, and the changes do not leak into what is drawn.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core import draws

SHIFT = 0.125  # of the side, at most
HOLE = 0.5  # of the side
NOISE = 0.5  # deviations, at most


def augment(z: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """Latents (N, C, S, S) -> the same, each with probability ``share`` shifted, with a hole, and with noise."""
    for change in (_shift, _cut, _disturb):
        chosen = (draws.rand(generator, len(z)) < share).to(z.device)
        z = torch.where(chosen[:, None, None, None], change(z, generator), z)
    return z


def _shift(z: Tensor, generator: torch.Generator) -> Tensor:
    """Each moved by up to an eighth of the side; what comes in is zero, the mean of the latents."""
    side = z.shape[-1]
    most = max(1, round(SHIFT * side))
    padded = torch.nn.functional.pad(z, (most,) * 4)
    top, left = (draws.integers(generator, 2 * most + 1, len(z)).to(z.device) for _ in range(2))
    along = torch.arange(side, device=z.device)
    rows, columns = (top[:, None] + along)[:, None, :, None], (left[:, None] + along)[:, None, None, :]
    picture = torch.arange(len(z), device=z.device)[:, None, None, None]
    channel = torch.arange(z.shape[1], device=z.device)[None, :, None, None]
    return padded[picture, channel, rows, columns]


def _cut(z: Tensor, generator: torch.Generator) -> Tensor:
    """A square of half the side set to zero, partly outside where its centre is near the edge."""
    side = z.shape[-1]
    along = torch.arange(side)
    centre = draws.rand(generator, len(z), 2) * side
    near = (along[None, None] + 0.5 - centre[:, :, None]).abs() < HOLE * side / 2  # (N, 2, S)
    hole = near[:, 0, :, None] & near[:, 1, None, :]
    return z * (~hole).to(z)[:, None]


def _disturb(z: Tensor, generator: torch.Generator) -> Tensor:
    """Normal noise of a deviation between none and the most."""
    amount = NOISE * draws.rand(generator, len(z), 1, 1, 1)
    return z + (amount * draws.randn(generator, *z.shape)).to(z)
