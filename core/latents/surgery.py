"""Operations on latents between encoder and decoder: silence, swap, quantise, disturb, blur; and lines between two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.recipe import SEEDS, RecipeError

if TYPE_CHECKING:  # the page imports this module before torch is loaded
    from torch import Tensor

MOST_BITS, MOST_NOISE, MOST_BLUR, MOST_CHANNELS = 8, 3.0, 4.0, 4096
REACH = 3.0  # deviations to either side that quantised values cover


@dataclass(frozen=True)
class Surgery:
    """What is done, in this order. Channels of a flat code are its dimensions.

    Making one raises ``RecipeError`` where a value does not fit; whether a model has the channels, :func:`check` says.
    """

    swap: tuple[int, ...] = ()  # channels taken from another picture
    silence: tuple[int, ...] = ()  # channels set to their mean over the data, zero, and kept there
    bits: int | None = None  # levels 2**bits between -3 and 3 deviations; None leaves the values as they are
    noise: float = 0.0  # deviations of normal noise added, 0 to 3
    blur: float = 0.0  # deviation of a Gaussian over places, in latent positions, 0 to 4; nothing for a flat code
    seed: int = 0  # of the noise

    def __post_init__(self) -> None:
        for name in ("swap", "silence"):
            object.__setattr__(self, name, _channels(getattr(self, name)))
        if self.bits is not None and not (_is_whole(self.bits) and 1 <= self.bits <= MOST_BITS):
            raise RecipeError(f"Bits go from 1 to {MOST_BITS}.")
        for name, most in (("noise", MOST_NOISE), ("blur", MOST_BLUR)):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value <= most:  # also refuses NaN
                raise RecipeError(f"{name.capitalize()} goes from 0 to {most:g}.")
        if not _is_whole(self.seed) or not 0 <= self.seed < SEEDS:
            raise RecipeError(f"The seed must be a whole number from 0 to {SEEDS - 1}.")


def _channels(value: object) -> tuple[int, ...]:
    """Numbers of channels, each once and in order."""
    if not isinstance(value, list | tuple) or len(value) > MOST_CHANNELS or not all(map(_is_whole, value)):
        raise RecipeError("Channels come as a list of their numbers.")
    wrong = [channel for channel in value if not 0 <= channel < MOST_CHANNELS]
    if wrong:
        raise RecipeError(f"There is no channel {min(wrong)}; channels are numbered from 0.")
    return tuple(sorted(set(value)))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check(surgery: Surgery, channels: int, *, other: bool) -> None:
    """Raises ``RecipeError`` for a channel that a model does not have, or a swap with a picture that is not there."""
    wrong = [channel for channel in (*surgery.swap, *surgery.silence) if channel >= channels]
    if wrong:
        raise RecipeError(f"There is no channel {wrong[0]}; this model has channels 0 to {channels - 1}.")
    if surgery.swap and not other:
        raise RecipeError("Choose the picture whose channels are to be swapped in.")


def operate(z: Tensor, surgery: Surgery, other: Tensor | None = None) -> Tensor:
    """Latents (1, C, h, w) or a code (1, D), normalised, and another picture's -> the same after the operations."""
    import torch

    check(surgery, z.shape[1], other=other is not None)
    z = z.clone()
    if other is not None:
        z[:, list(surgery.swap)] = other[:, list(surgery.swap)]
    if surgery.bits is not None:
        z = quantise(z, surgery.bits)
    if surgery.noise:
        generator = torch.Generator().manual_seed(surgery.seed)
        z = z + surgery.noise * torch.randn(z.shape, generator=generator)
    if surgery.blur and z.ndim == 4:
        z = blur(z, surgery.blur)
    z[:, list(surgery.silence)] = 0.0  # last, so that no operation wakes a channel again
    return z


def quantise(z: Tensor, bits: int) -> Tensor:
    """Each value -> the middle of the one of ``2**bits`` equal steps between -3 and 3 that it falls in."""
    step = 2 * REACH / 2**bits
    index = ((z + REACH) / step).floor().clamp(0, 2**bits - 1)
    return (index + 0.5) * step - REACH


def blur(z: Tensor, deviation: float) -> Tensor:
    """Latents (N, C, h, w) under a Gaussian of this deviation in positions; the border is repeated outwards."""
    import torch
    from torch.nn import functional as F

    reach = max(1, math.ceil(3 * deviation))
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=z.dtype) / deviation).square())
    kernel = (kernel / kernel.sum()).repeat(z.shape[1], 1, 1, 1)  # (C, 1, 1, K)
    for rows in (False, True):
        pad = (0, 0, reach, reach) if rows else (reach, reach, 0, 0)
        turned = kernel.transpose(2, 3) if rows else kernel
        z = F.conv2d(F.pad(z, pad, mode="replicate"), turned, groups=z.shape[1])
    return z


def between(first: Tensor, second: Tensor, share: float, *, spherical: bool = False) -> Tensor:
    """The latents at ``share`` of the way: along a straight line, or of flat codes along an arc (Shoemake 1985)."""
    if not spherical:
        return first + share * (second - first)
    lengths = first.norm() * second.norm()
    angle = float(((first * second).sum() / lengths.clamp_min(1e-12)).clamp(-1, 1).acos())
    if math.sin(angle) < 1e-4:  # the same direction or opposite ones: there is no one arc
        return first + share * (second - first)
    return (math.sin((1 - share) * angle) * first + math.sin(share * angle) * second) / math.sin(angle)
