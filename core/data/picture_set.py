"""A picture set: decoded pictures with their labels and split."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TRAIN, VAL, TEST = 0, 1, 2
PARTS = {"train": TRAIN, "val": VAL, "test": TEST}


@dataclass(frozen=True)
class PictureSet:
    """Decoded pictures with their labels. Arrays are row-aligned.

    ``pixels`` uint8 (N, S, S, 3), memory-mapped; ``attributes`` int8 (N, 40) of -1/1 or None;
    ``classes`` int16 (N,) into ``class_names`` or None; ``split`` int8 (N,) of 0 train, 1 val, 2 test; ``detail``
    int16 (N,), the true pixels along a side of what is shown, or None: a picture with fewer than S was enlarged.
    """

    name: str
    pixels: np.ndarray
    names: tuple[str, ...]
    split: np.ndarray
    attributes: np.ndarray | None = None
    classes: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    identities: np.ndarray | None = None
    detail: np.ndarray | None = None

    def indices(self, part: str) -> np.ndarray:
        """Return the row numbers of ``train``, ``val`` or ``test``, ascending."""
        return np.flatnonzero(self.split == PARTS[part])

    def sharp(self, part: str) -> np.ndarray:
        """Row numbers of ``part`` whose pictures were not enlarged: what decoders and sharpness are measured on."""
        rows = self.indices(part)
        return rows if self.detail is None else rows[self.detail[rows] >= self.pixels.shape[1]]

    def __len__(self) -> int:
        return len(self.names)


def seeded_split(keys: Sequence[object], seed: int = 0, val: float = 0.05, test: float = 0.06) -> np.ndarray:
    """Split by keys (identities, or names if unknown): int8. Equal keys get the same part on any machine."""
    limit = 2**64
    split = np.zeros(len(keys), dtype=np.int8)
    for row, key in enumerate(keys):
        draw = int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8], "big") / limit
        split[row] = TEST if draw < test else VAL if draw < test + val else TRAIN
    return split
