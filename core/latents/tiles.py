"""Whole photos through an autoencoder in overlapping tiles, so that memory does not grow with the picture.

Tiles have the size that the model was made for and fade into each other. A network that normalises over all places
(GroupNorm, in all KL autoencoders) sees other statistics in a tile than in the whole picture, so the two results
differ; in tiles they are those it was trained with, and ours comes back better. TAESD has no such layers: away from
the tiles' borders its result is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.images import to_tensor, to_uint8

OVERLAP = 4  # neighbouring tiles share at least one part in so many of their side

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Axis:
    """Tiles along one side: where each begins, how long it is, and how far neighbours overlap at least."""

    starts: tuple[int, ...]
    length: int
    overlap: int

    def weights(self, finer: int = 1) -> np.ndarray:
        """How much each tile counts at each of its places, float32 (tiles, length * finer); 1 at every place in all.

        ``finer`` gives them per pixel: those of a latent position for all its pixels would show as steps.
        """
        length = self.length * finer
        ramp = np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1))
        window = np.minimum(ramp / (self.overlap * finer + 1), 1.0)
        places = [slice(start * finer, start * finer + length) for start in self.starts]
        total = np.zeros(places[-1].stop)
        for place in places:
            total[place] += window
        return np.stack([window / total[place] for place in places]).astype(np.float32)


def plan(total: int, length: int, overlap: int) -> Axis:
    """``total`` places covered by tiles of ``length``, spread evenly."""
    length = min(total, length)
    count = 1 if length == total else math.ceil((total - overlap) / (length - overlap))
    starts = np.linspace(0, total - length, count).round().astype(int)
    return Axis(tuple(starts.tolist()), length, overlap)


class Tiling:
    """How one picture (H, W) is cut up: in latent positions, so that every tile is a whole number of them.

    ``factor`` is the codec's pixels per latent position, ``tile`` pixels along a side.
    """

    def __init__(self, height: int, width: int, factor: int, tile: int) -> None:
        self.height, self.width, self.factor = height, width, factor
        length = max(1, tile // factor)
        shared = length // OVERLAP
        self.rows = plan(math.ceil(height / factor), length, shared)
        self.columns = plan(math.ceil(width / factor), length, shared)

    def __len__(self) -> int:
        """Calls of each network."""
        return len(self.rows.starts) * len(self.columns.starts)

    @property
    def latent_size(self) -> tuple[int, int]:
        return math.ceil(self.height / self.factor), math.ceil(self.width / self.factor)

    def encode(self, pixels: np.ndarray, network: Network, out: np.ndarray) -> Iterator[None]:
        """uint8 (H, W, 3) -> latents added into ``out``, zeros (C, h, w); yields after every tile."""
        down, across = self.rows.weights(), self.columns.weights()
        for row, top in enumerate(self.rows.starts):
            for column, left in enumerate(self.columns.starts):
                z = network(to_tensor(self._cut(pixels, top, left)))[0].float().numpy()  # (C, t, t)
                window = down[row][:, None] * across[column]
                out[:, top : top + self.rows.length, left : left + self.columns.length] += z * window
                yield

    def decode(self, latents: np.ndarray, network: Network, out: np.ndarray) -> Iterator[None]:
        """Latents (C, h, w) -> pixels written into ``out``, uint8 (H, W, 3); yields after every tile."""
        factor, (_, width) = self.factor, self.latent_size
        down, across = (torch.from_numpy(axis.weights(factor)) for axis in (self.rows, self.columns))
        band = torch.zeros(1, 3, self.rows.length * factor, width * factor)
        for row, top in enumerate(self.rows.starts):
            for column, left in enumerate(self.columns.starts):
                part = latents[:, top : top + self.rows.length, left : left + self.columns.length]
                x = network(torch.from_numpy(part.copy())[None])  # (1, 3, T, T)
                window = down[row][:, None] * across[column]
                band[..., left * factor : (left + self.columns.length) * factor] += x * window
                yield
            following = (*self.rows.starts, top + self.rows.length)[row + 1]
            done = (following - top) * factor  # rows that no later tile reaches
            finished = to_uint8(band[:, :, :done])[0][: self.height - top * factor, : self.width]
            out[top * factor : top * factor + len(finished)] = finished
            band = torch.cat([band[:, :, done:], torch.zeros_like(band[:, :, :done])], dim=2)

    def _cut(self, pixels: np.ndarray, top: int, left: int) -> np.ndarray:
        """One tile of the picture; beyond its edge the last row and column are repeated."""
        height, width = self.rows.length * self.factor, self.columns.length * self.factor
        top, left = top * self.factor, left * self.factor
        tile = pixels[top : top + height, left : left + width]
        return np.pad(tile, ((0, height - tile.shape[0]), (0, width - tile.shape[1]), (0, 0)), mode="edge")
