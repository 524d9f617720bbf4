"""Operations on latents between encoder and decoder: silence, swap, quantise, disturb, blur."""

from __future__ import annotations

from dataclasses import dataclass

MOST_BITS, MOST_NOISE, MOST_BLUR = 8, 3.0, 4.0


@dataclass(frozen=True)
class Surgery:
    """What is done, in this order. Channels of a flat code are its dimensions."""

    swap: tuple[int, ...] = ()  # channels taken from another picture
    silence: tuple[int, ...] = ()  # channels set to their mean over the data, zero
    bits: int | None = None  # levels 2**bits between -3 and 3 deviations; None leaves the values as they are
    noise: float = 0.0  # deviations of normal noise added, 0 to 3
    blur: float = 0.0  # deviation of a Gaussian over places, in latent positions, 0 to 4; nothing for a flat code
    seed: int = 0  # of the noise
