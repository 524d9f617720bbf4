"""Autoencoders whose latent is one flat code: a plain convolutional one (CAE) and a variational one (VAE).

Hinton & Salakhutdinov 2006 (doi:10.1126/science.1127647); Kingma & Welling 2013 (arXiv:1312.6114); the weight of the
divergence is the beta of Higgins et al. 2017 (ICLR).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

GROUP = 16  # channels that are normalised together


class ResidualBlock(nn.Module):
    """Norm, SiLU, 3x3 convolution, twice, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.GroupNorm(max(1, channels // GROUP), channels) for _ in range(2))
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(2))
        nn.init.zeros_(self.conv2.weight)  # starts as the identity
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class FlatAutoencoder(ModelMixin, ConfigMixin):
    """Pictures (N, 3, S, S) in [-1, 1] <-> codes (N, D).

    A plain one (CAE) keeps its codes at mean 0 and deviation 1 per dimension over the training pictures, inside the
    weights. A variational one keeps the scale of its prior, N(0, 1), so that a normal sample can be decoded.
    """

    @register_to_config
    def __init__(
        self,
        variational: bool = False,
        code_dim: int = 128,
        widths: tuple[int, ...] = (48, 96, 192, 256),
        blocks: int = 1,
        sample_size: int = 64,
    ) -> None:
        super().__init__()
        depth = len(widths)
        self.inner = sample_size // 2**depth
        if self.inner * 2**depth != sample_size:
            raise ValueError(f"sample_size {sample_size} cannot be halved {depth} times")
        # The first halving folds 2x2 pixels into channels: full resolution is where convolutions cost most.
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(12, widths[0], 3, 1, 1), *self._stages(widths, blocks, down=True)
        )
        flat = widths[-1] * self.inner**2
        self.to_code = nn.Linear(flat, 2 * code_dim if variational else code_dim)
        self.from_code = nn.Linear(code_dim, flat)
        self.decoder = nn.Sequential(
            *self._stages(widths[::-1], blocks, down=False),
            nn.GroupNorm(max(1, widths[0] // GROUP), widths[0]),
            nn.SiLU(),
            nn.Conv2d(widths[0], 12, 3, 1, 1),
            nn.PixelShuffle(2),
        )

    @staticmethod
    def _stages(widths: tuple[int, ...], blocks: int, *, down: bool) -> list[nn.Module]:
        layers: list[nn.Module] = [ResidualBlock(widths[0]) for _ in range(blocks)]
        for inputs, outputs in pairwise(widths):
            if down:
                layers.append(nn.Conv2d(inputs, outputs, 3, 2, 1))
            else:
                layers += [nn.Upsample(scale_factor=2.0), nn.Conv2d(inputs, outputs, 3, 1, 1)]
            layers += [ResidualBlock(outputs) for _ in range(blocks)]
        return layers

    @property
    def kind(self) -> str:
        return "vae" if self.config.variational else "cae"

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """(N, 3, S, S) -> mean (N, D) and, of a variational one, log variance (N, D)."""
        h = self.encoder(x)  # (N, C, s, s)
        code = self.to_code(F.silu(h).flatten(1))  # (N, D or 2D)
        if not self.config.variational:
            return code, None
        mean, logvar = code.chunk(2, dim=1)
        return mean, logvar.clamp(-20, 10)

    def encode(self, x: Tensor) -> Tensor:
        """(N, 3, S, S) -> codes (N, D): the posterior's mean, not a sample of it."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, 3, S, S), not clamped."""
        h = self.from_code(z).view(len(z), -1, self.inner, self.inner)
        return self.decoder(h.contiguous(memory_format=torch.channels_last))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


@torch.no_grad()
def fold_code_statistics(model: FlatAutoencoder, mean: Tensor, std: Tensor) -> None:
    """Bake (z - mean) / std per dimension into the linear layers around a plain code, in place."""
    model.to_code.weight /= std[:, None]
    model.to_code.bias.copy_((model.to_code.bias - mean) / std)
    model.from_code.bias += model.from_code.weight @ mean
    model.from_code.weight *= std[None, :]
