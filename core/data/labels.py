"""CelebA's attribute labels of the training part; no picture is opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.data.celeba import list_celeba
from core.data.errors import DataError
from core.data.layout import Layout
from core.data.picture_set import PARTS


def training_labels(paths: Sequence[Path]) -> np.ndarray:
    """Folders or zips of CelebA -> the labels of their training parts, int8 (N, 40) of -1 absent and 1 present.

    A picture that several of them have counts once. Raises :class:`DataError` where there are no labels or no
    training picture.
    """
    rows: dict[str, np.ndarray] = {}
    for path in paths:
        with Layout(path) as layout:
            found = list_celeba(layout)
        for row in np.flatnonzero(found.split == PARTS["train"]):
            rows.setdefault(found.names[row], found.labels[row])
    if not rows:
        raise DataError("These tables name no training picture.")
    return np.stack(list(rows.values()))
