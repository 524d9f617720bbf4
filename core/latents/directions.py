"""Attribute directions in a latent space: how far to go, and what else moves.

Two ways: the difference of the two means (as in Larsen et al. 2015, arXiv:1512.09300) and the normal of a linear
probe's boundary (Shen et al. 2019, arXiv:1907.10786). A strength of 1 is the distance between the two means along it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

LEAST = 10  # pictures with and without an attribute that a direction is fitted on
HELD_OUT = 0.25


class DirectionError(ValueError):
    """Too few pictures for a direction; the message is one sentence."""


@dataclass(frozen=True)
class Direction:
    """``unit`` float32 (D,) in the space of the vectors, of length 1; ``step`` is the length of strength 1.

    The probe says present where ``vector @ weights + bias > 0``, in logits.
    """

    method: str
    unit: np.ndarray
    step: float
    weights: np.ndarray
    bias: float
    auc: float  # of ``vector @ unit`` on pictures that were held out; NaN where they are all alike
    present: int
    absent: int

    def logit(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, D) -> the probe's logit that the attribute is present, float64 (n,)."""
        return np.asarray(vectors, np.float64) @ self.weights + self.bias

    def boundary(self, vector: np.ndarray) -> float | None:
        """From ``vector`` (D,), the strength at which the probe's decision changes; None where it never does."""
        slope = float(self.weights @ self.unit) * self.step
        return None if abs(slope) < 1e-9 else float(-self.logit(vector[None])[0] / slope)


def fit(vectors: np.ndarray, present: np.ndarray, method: str = "probe", seed: int = 0) -> Direction:
    """Vectors (N, D) and whether each has the attribute, bool (N,) -> its direction. Raises :class:`DirectionError`.

    Everything is fitted on three quarters of the pictures; the rest gives the AUC.
    """
    from core.metrics import auc

    present = np.asarray(present, bool)
    if min(present.sum(), (~present).sum()) < LEAST:
        raise DirectionError(f"A direction needs {LEAST} pictures with the attribute and {LEAST} without it.")
    held = held_out(present, seed)
    known, truth = np.asarray(vectors[~held], np.float32), present[~held]
    weights, bias = probe(known, truth)
    means = known[truth].mean(axis=0) - known[~truth].mean(axis=0)
    along = means if method == "mean" else weights
    unit = along / max(float(np.linalg.norm(along)), 1e-12)
    step = max(float(means @ unit), 1e-6)
    measured = auc(present[held], np.asarray(vectors[held], np.float32) @ unit)
    return Direction(
        method, unit.astype(np.float32), step, weights, bias, measured, int(present.sum()), int((~present).sum())
    )


def probe(vectors: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, float]:
    """Logistic regression on vectors (N, D), each dimension scaled to deviation 1 -> weights (D,) and bias, for the
    vectors as they are. Both classes have equal weight, however rare one is."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    deviation = np.where(deviation > 1e-6 * max(float(deviation.max()), 1e-12), deviation, np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few steps short of the optimum ranks as well
        fitted = LogisticRegression(C=0.01, max_iter=200, class_weight="balanced").fit(
            ((vectors - mean) / deviation).astype(np.float32), present
        )
    weights = fitted.coef_[0] / deviation
    return weights, float(fitted.intercept_[0] - weights @ mean)


def entanglement(directions: dict[str, Direction]) -> dict[str, dict[str, float]]:
    """Cosines between all pairs of directions: near 0 they are independent, near 1 or -1 one moves the other."""
    names = list(directions)
    units = np.stack([directions[name].unit for name in names])
    cosines = units @ units.T
    return {a: {b: float(cosines[i, j]) for j, b in enumerate(names) if i != j} for i, a in enumerate(names)}


def held_out(present: np.ndarray, seed: int) -> np.ndarray:
    """Bool (N,): a quarter of the pictures with the attribute and a quarter of those without."""
    random = np.random.default_rng(seed)
    held = np.zeros(len(present), bool)
    for rows in (np.flatnonzero(present), np.flatnonzero(~present)):
        held[random.permutation(rows)[: max(1, int(HELD_OUT * len(rows)))]] = True
    return held
