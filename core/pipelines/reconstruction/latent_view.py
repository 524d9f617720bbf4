"""Shows latents: grey pictures of their channels, histograms, means and standard deviations."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.pipelines.reconstruction.types import Histogram, LatentView

BINS = 32
SHOWN = 99.5  # percentile of the absolute values that becomes black and white: with outliers all would be grey


def view(latents: np.ndarray) -> LatentView:
    """Make a :class:`LatentView` of float32 (C, h, w) or (D,); black and white are equally far from zero."""
    reach = float(np.abs(latents).max()) or 1.0
    edges = np.linspace(-reach, reach, BINS + 1)
    if latents.ndim == 1:
        histogram = Histogram(np.histogram(latents, edges)[0], edges)
        mean, deviation = np.array([latents.mean()]), np.array([latents.std()])
        return LatentView((), latents.astype(np.float32), (histogram,), mean, deviation, (-reach, reach))
    limit = float(np.percentile(np.abs(latents), SHOWN)) or 1.0
    grey = np.clip(np.rint((latents / limit + 1) * 127.5), 0, 255).astype(np.uint8)
    return LatentView(
        tuple(Image.fromarray(channel) for channel in grey),
        np.empty(0, np.float32),
        tuple(Histogram(np.histogram(channel, edges)[0], edges) for channel in latents),
        latents.mean(axis=(1, 2)),
        latents.std(axis=(1, 2)),
        (-limit, limit),
    )
