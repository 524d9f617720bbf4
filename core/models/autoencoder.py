"""The KL autoencoder: diffusers' class, our sizes, and latents of mean 0 and deviation 1 in every channel.

Kingma & Welling 2013 (arXiv:1312.6114), Rombach et al. 2021 (arXiv:2112.10752).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn


def build_autoencoder(
    channels: tuple[int, ...] = (32, 64, 128),
    latent_channels: int = 6,
    layers: int = 1,
    size: int = 64,
    groups: int = 16,
) -> AutoencoderKL:
    """A convolutional KL autoencoder, pictures (N, 3, S, S) in [-1, 1] <-> latents (N, C, S/f, S/f), where f is 4 for
    three widths and 8 for four.

    No attention: it would be most of the cost at 16x16 and reconstruction is local.
    """
    depth = len(channels)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * depth,
        up_block_types=("UpDecoderBlock2D",) * depth,
        block_out_channels=tuple(channels),
        layers_per_block=layers,
        latent_channels=latent_channels,
        norm_num_groups=min(groups, channels[0]),
        sample_size=size,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )


class LatentCodec:
    """Pixels -> latents -> pixels; the one place that knows an autoencoder's latent scale.

    Works for ours (scale 1, already normalised) and for Stable Diffusion's (0.18215) alike.
    """

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        self.autoencoder = autoencoder
        self.scale = float(autoencoder.config.scaling_factor)
        self.shift = float(autoencoder.config.shift_factor or 0.0)

    @property
    def channels(self) -> int:
        return self.autoencoder.config.latent_channels

    @property
    def factor(self) -> int:
        """Pixels per latent position along a side."""
        return 2 ** (len(self.autoencoder.config.block_out_channels) - 1)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Pictures (N, 3, S, S) in [-1, 1] -> latents (N, C, S/f, S/f): the posterior's mean, not a sample of it."""
        return (self.autoencoder.encode(x).latent_dist.mode() - self.shift) * self.scale

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """Latents (N, C, h, w) -> pictures (N, 3, S, S), clamped to [-1, 1]."""
        return self.autoencoder.decode(z / self.scale + self.shift).sample.clamp(-1, 1)


@torch.no_grad()
def fold_statistics(autoencoder: AutoencoderKL, mean: Tensor, std: Tensor) -> None:
    """Bake (z - mean) / std per channel into the 1x1 convolutions around the latents, in place.

    Afterwards ``encode`` gives normalised latents and ``decode`` takes them, with ``scaling_factor`` 1: any diffusers
    pipeline that multiplies by that one number works unchanged, although the statistics differ per channel.
    """
    into, out = autoencoder.quant_conv, autoencoder.post_quant_conv
    channels = len(mean)
    into.weight[:channels] /= std[:, None, None, None]
    into.bias[:channels] = (into.bias[:channels] - mean) / std
    into.bias[channels:] -= 2 * std.log()  # the second half is the posterior's log variance
    out.bias += (out.weight[:, :, 0, 0] * mean).sum(dim=1)
    out.weight *= std[None, :, None, None]


class PatchDiscriminator(nn.Module):
    """Which patches look real: (N, 3, S, S) -> logits (N, 1, S/8, S/8). Isola et al. 2016 (arXiv:1611.07004)."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.utils.parametrizations.spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(widths[-1], 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def kl_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """Mean over elements of KL(N(mean, exp(logvar)) || N(0, 1)), in nats."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()


def psnr_of(x: Tensor, target: Tensor) -> Tensor:
    """Per picture (N,), in dB, for tensors in [-1, 1] after rounding to the 256 levels of a saved picture."""
    levels = ((x.clamp(-1, 1) + 1) * 127.5).round() - ((target + 1) * 127.5).round()
    mse = levels.square().flatten(1).mean(dim=1)
    return 20 * math.log10(255.0) - 10 * torch.log10(mse.clamp_min(1e-10))
