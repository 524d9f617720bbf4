"""Mosaic: tiles that follow the edges of the picture, set in grout."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from core.stylize.canvas import Canvas, blur, saturated

_GROUT = np.array([0.80, 0.78, 0.73], np.float32)
TILE = 3.7  # units along a side
ROUNDS = 2


def mosaic(canvas: Canvas) -> np.ndarray:
    """Tiles are the superpixels of SLIC (Achanta et al. 2012): k-means over place and colour from a regular grid.

    Each has one colour, a little its own, and a lit edge; after Hausner 2001, "Simulating decorative mosaics".
    """
    u = canvas.unit
    rich = saturated(np.clip(0.5 + 1.15 * (canvas.pixels - 0.5), 0, 1), 1.45)
    labels, count = _superpixels(blur(rich, 0.4 * u), TILE * u)
    index = np.arange(count)
    colours = np.stack([ndimage.mean(rich[..., c], labels, index) for c in range(3)], axis=1)
    colours += canvas.dice.normal(0, 0.04, (count, 1)) + canvas.dice.normal(0, 0.012, (count, 3))
    gap = np.zeros(canvas.shape, bool)
    gap[1:] |= labels[1:] != labels[:-1]
    gap[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    depth = ndimage.distance_transform_edt(~gap).astype(np.float32) / u
    tiles = np.clip(colours, 0, 1)[labels].astype(np.float32)
    slope = np.clip(np.gradient(np.minimum(depth, 0.9), axis=0) + np.gradient(np.minimum(depth, 0.9), axis=1), -1, 1)
    tiles = np.clip(tiles * (1 + 0.55 * slope[..., None]), 0, 1)
    grout = np.clip(1.25 - depth / 0.3, 0, 1)[..., None]
    return tiles * (1 - 0.85 * grout) + _GROUT * 0.85 * grout


def _superpixels(pixels: np.ndarray, side: float) -> tuple[np.ndarray, int]:
    """(H, W, 3) -> labels (H, W) of about ``side`` pixels across, and how many there are."""
    height, width = pixels.shape[:2]
    down, across = max(1, round(height / side)), max(1, round(width / side))
    rows, columns = np.indices((height, width), dtype=np.float32)
    cell = np.minimum(rows * down / height, down - 1).astype(int), np.minimum(columns * across / width, across - 1)
    home = cell[0], cell[1].astype(int)
    labels = home[0] * across + home[1]
    features = np.dstack([rows / side, columns / side, 2.6 * pixels]).astype(np.float32)
    count = down * across
    for _ in range(ROUNDS):
        weight = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
        sums = [np.bincount(labels.ravel(), features[..., f].ravel(), count) / weight for f in range(5)]
        centres = np.stack(sums, axis=1).astype(np.float32)
        best = np.full((height, width), np.inf, np.float32)
        chosen = labels
        length = np.square(centres).sum(axis=1)  # |f - c|^2 less |f|^2, which is the same for all
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                near = np.clip(home[0] + dy, 0, down - 1) * across + np.clip(home[1] + dx, 0, across - 1)
                distance = length[near] - 2 * np.einsum("ijf,ijf->ij", features, centres[near])
                better = distance < best
                best, chosen = np.where(better, distance, best), np.where(better, near, chosen)
        labels = chosen
    return labels, count
