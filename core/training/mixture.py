"""Batches from several picture sets at once, in fixed shares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.data import PictureSet
from core.training import batches

SHARES: Mapping[str, float] = {"celeba": 0.5, "utkface": 0.15, "food101": 0.35}  # of an autoencoder's pictures


class Mixture:
    """Draws each batch in fixed shares from several sets; shares of absent sets go to the others."""

    def __init__(self, sets: Mapping[str, PictureSet], shares: Mapping[str, float]) -> None:
        known = {kind: shares.get(kind, 0.25) for kind in sets}
        total = sum(known.values())
        self.sets = sets
        # No enlarged pictures if there is a choice: a decoder cannot learn detail from them.
        self.rows = {kind: self._of(picture_set) for kind, picture_set in sets.items()}
        self.shares = {kind: share / total for kind, share in known.items()}

    @staticmethod
    def _of(picture_set: PictureSet) -> np.ndarray:
        rows = picture_set.sharp("train")
        return rows if len(rows) else picture_set.indices("train")

    def batch(self, count: int, generator: torch.Generator, crop: int | None = None) -> Tensor:
        """Float (count, 3, crop, crop) in [-1, 1]; without ``crop`` whole pictures, of the sets with the largest."""
        sides = {kind: s.pixels.shape[1] for kind, s in self.sets.items()}
        crop = crop or max(sides.values())
        shares = {kind: share for kind, share in self.shares.items() if sides[kind] >= crop}
        parts, left = [], count
        for position, (kind, share) in enumerate(shares.items()):
            wanted = left if position == len(shares) - 1 else min(left, round(share * count / sum(shares.values())))
            left -= wanted
            if wanted:
                rows = batches.draw_rows(self.rows[kind], wanted, generator)
                parts.append(batches.crop(batches.pictures(self.sets[kind], rows), crop, generator))
        return batches.mirror(batches.concatenate(parts), generator).contiguous(memory_format=torch.channels_last)
