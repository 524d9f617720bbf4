"""Clusters of pictures, how many there are, and which traits are frequent in a selection, with their significance.

K-means, Gaussian mixtures and HDBSCAN (Campello et al. 2013) are scikit-learn's, on the principal components.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

SAMPLE = 2000  # pictures that a silhouette is measured on
MOST = 128  # clusters


class ClusterError(ValueError):
    """A clustering that cannot be made; the message is one sentence."""


@dataclass(frozen=True)
class Clustering:
    """``labels`` int16 (N,), the largest cluster 0 and -1 for noise; ``score`` falls as clusters are added: of k-means
    the mean squared distance to the centre, of a mixture BIC per picture, of HDBSCAN NaN."""

    labels: np.ndarray
    silhouette: float
    score: float

    @property
    def count(self) -> int:
        return int(self.labels.max()) + 1


def cluster(reduced: np.ndarray, method: str, count: int, seed: int = 0) -> Clustering:
    """Points (N, K) -> ``count`` clusters (of HDBSCAN: clusters of ``count`` pictures or more).

    Raises :class:`ClusterError`: more clusters than different points, or a method that is not known.
    """
    points = np.asarray(reduced, np.float64)
    different = len(np.unique(points, axis=0))
    if different < 2:
        raise ClusterError("All these pictures are the same in this space; there is nothing to tell apart.")
    if not 2 <= count <= (len(points) if method == "hdbscan" else MOST):
        raise ClusterError(f"Ask for 2 to {MOST} clusters.")
    if method != "hdbscan" and count > different:
        raise ClusterError(f"There are {different} different pictures; request no more clusters than that.")
    labels, score = _fit(points, method, count, seed)
    ordered = by_size(labels)
    return Clustering(ordered, silhouette(points, ordered, seed), score)


def _fit(points: np.ndarray, method: str, count: int, seed: int) -> tuple[np.ndarray, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence, on degenerate photos
        if method == "kmeans":
            from sklearn.cluster import KMeans

            fitted = KMeans(count, n_init=3, random_state=seed).fit(points)
            return fitted.labels_, float(fitted.inertia_ / len(points))
        if method == "mixture":
            from sklearn.mixture import GaussianMixture

            mixture = GaussianMixture(count, covariance_type="diag", reg_covar=1e-4, random_state=seed)
            return mixture.fit_predict(points), float(mixture.bic(points) / len(points))
        if method == "hdbscan":
            from sklearn.cluster import HDBSCAN

            return HDBSCAN(min_cluster_size=count, copy=True).fit_predict(points), float("nan")
    raise ClusterError(f"There is no way to cluster called {method[:40]!r}; choose kmeans, mixture or hdbscan.")


def by_size(labels: np.ndarray) -> np.ndarray:
    """Labels renumbered so that the largest cluster is 0; noise stays -1. int16 (N,)."""
    present, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = present[np.argsort(-counts, kind="stable")]
    result = np.full(len(labels), -1, np.int16)
    for number, label in enumerate(order):
        result[labels == label] = number
    return result


def silhouette(points: np.ndarray, labels: np.ndarray, seed: int = 0, sample: int = SAMPLE) -> float:
    """Mean silhouette (Rousseeuw 1987) of at most ``sample`` points, noise left out; NaN below two clusters."""
    from sklearn.metrics import silhouette_score

    rows = np.flatnonzero(labels >= 0)
    if len(rows) > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))
    if not 1 < len(np.unique(labels[rows])) < len(rows):
        return float("nan")
    return float(silhouette_score(points[rows], labels[rows]))


def choose_count(reduced: np.ndarray, method: str, counts: tuple[int, ...], seed: int = 0) -> list[Clustering]:
    """One clustering per count, on at most 4,000 points: their figures help to choose a count."""
    points = np.asarray(reduced)
    if len(points) > 2 * SAMPLE:
        points = points[np.sort(np.random.default_rng(seed).choice(len(points), 2 * SAMPLE, replace=False))]
    return [cluster(points, method, count, seed) for count in counts]


def from_the_middle(points: np.ndarray) -> np.ndarray:
    """Points (n, K) -> their row numbers (n,) ordered by distance from the mean: the nearest is first."""
    return np.argsort(np.square(points - points.mean(axis=0)).sum(axis=1), kind="stable")


# --- traits of a selection --------------------------------------------------------------------------------------------


def enrichment(flags: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flags bool (N, T) and members bool (N,) -> per trait (T,): its share among members, its share among all, and the
    p-value of Fisher's exact test that both are alike, adjusted over the T traits (Benjamini & Hochberg 1995)."""
    from scipy.stats import false_discovery_control

    total, size = len(flags), int(members.sum())
    inside, everywhere = flags[members].sum(axis=0), flags.sum(axis=0)
    p_values = false_discovery_control(fisher(inside, size, everywhere, total))
    return inside / max(size, 1), everywhere / max(total, 1), p_values


def fisher(inside: np.ndarray, size: int, everywhere: np.ndarray, total: int) -> np.ndarray:
    """Of ``total`` pictures ``everywhere`` (T,) have a trait, of ``size`` drawn ones ``inside`` (T,) -> two-sided
    p-values (T,), the smaller tail of the hypergeometric distribution doubled."""
    from scipy.stats import hypergeom

    below = hypergeom.cdf(inside, total, everywhere, size)
    above = hypergeom.sf(inside - 1, total, everywhere, size)
    return np.minimum(1.0, 2 * np.minimum(below, above))
