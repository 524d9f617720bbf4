"""Arithmetic with the classifier's embeddings: mixing two faces, and giving one the attributes of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import attributes


def mix(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """Embeddings (E,) twice -> ``share`` of the way from the first to the second (E,)."""
    return ((1 - share) * first + share * second).astype(np.float32)


def walk(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """``count`` embeddings (count, E) evenly from the first to the second, both included."""
    return np.stack([mix(first, second, share) for share in np.linspace(0, 1, count)])


def borrow(first: np.ndarray, second: np.ndarray, names: Sequence[str], head: np.ndarray) -> np.ndarray:
    """The first embedding (E,) with the second's logits in the attributes ``names``.

    ``head`` (40, E) are the weights with which the classifier reads attributes. Of all embeddings with these logits it
    is the one nearest to the first.
    """
    if not names:
        return first
    rows = head[[attributes.INDEX[name] for name in names]].astype(np.float64)  # (K, E)
    wanted = rows @ (second.astype(np.float64) - first)
    return (first + np.linalg.pinv(rows) @ wanted).astype(np.float32)
