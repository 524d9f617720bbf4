"""Measures the loss of a reconstruction: PSNR, SSIM and the error per pixel, in bounded memory for any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.metrics import WINDOW, ssim

STRIP = 500_000  # pixels that are compared at a time


@dataclass(frozen=True)
class Losses:
    psnr: float  # dB, infinite for an exact copy
    ssim: float
    error: np.ndarray  # float32 (H, W): root mean square over the colours, in 8-bit levels 0 to 255


def losses(after: np.ndarray, before: np.ndarray) -> Losses:
    """Compare two pictures uint8 (H, W, 3) of 7x7 pixels or more: the figures of ``core.metrics``, strip by strip."""
    height, width = before.shape[:2]
    error = np.empty((height, width), np.float32)
    rows = max(WINDOW, STRIP // width)
    squares, similar, windows = 0, 0.0, 0
    for top in range(0, height, rows):
        part = slice(top, top + rows)
        difference = after[part].astype(np.int32) - before[part]
        square = (difference * difference).sum(axis=2)
        squares += int(square.sum(dtype=np.int64))
        error[part] = np.sqrt(square / 3)
        reach = slice(top, top + rows + WINDOW - 1)  # windows that begin in this strip end in the next
        count = min(height, reach.stop) - top - (WINDOW - 1)
        if count > 0:
            similar += count * float(ssim(after[None, reach], before[None, reach])[0])
            windows += count
    mean = squares / (3 * height * width)
    decibels = float(10 * np.log10(255.0**2 / mean)) if mean else float("inf")
    return Losses(decibels, similar / windows, error)
