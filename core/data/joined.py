"""Joins several sets of one kind, with every person in one part only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class JoinedPixels:
    """Concatenated memory-mapped pictures of several files: uint8 (N, S, S, 3), read by rows."""

    dtype = np.dtype(np.uint8)

    def __init__(self, parts: Sequence[np.ndarray], rows: np.ndarray | None = None) -> None:
        self.parts = list(parts)
        self._ends = np.cumsum([len(part) for part in parts])
        self._rows = np.arange(int(self._ends[-1])) if rows is None else np.asarray(rows)
        self.shape = (len(self._rows), *parts[0].shape[1:])

    def take(self, rows: np.ndarray) -> JoinedPixels:
        """Return a view of these rows without reading them."""
        return JoinedPixels(self.parts, self._rows[rows])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | slice | np.ndarray | Sequence[int]) -> np.ndarray:
        numbers = self._rows[rows]
        if numbers.ndim == 0:
            part = int(np.searchsorted(self._ends, numbers, side="right"))
            return self.parts[part][int(numbers) - self._start(part)]
        out = np.empty((len(numbers), *self.shape[1:]), dtype=np.uint8)
        where = np.searchsorted(self._ends, numbers, side="right")
        for part in np.unique(where):
            mine = where == part
            out[mine] = self.parts[part][numbers[mine] - self._start(part)]
        return out

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.uint8, copy=False)

    def _start(self, part: int) -> int:
        return int(self._ends[part - 1]) if part else 0
