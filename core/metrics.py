"""Figures: classification, AUC, PSNR, SSIM, Fréchet distance. Plain numpy in, plain numbers out."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.stats import rankdata

WINDOW = 7  # pixels along a side of the window that SSIM compares


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve of bool (N,) against scores (N,), ties at half; NaN where one class is empty."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def binary_report(truth: np.ndarray, decided: np.ndarray) -> dict[str, float]:
    """Bool (N,) against bool (N,) -> accuracy, balanced accuracy, precision, recall; NaN where undefined."""
    truth, decided = np.asarray(truth, dtype=bool), np.asarray(decided, dtype=bool)
    hits, rejections = int((truth & decided).sum()), int((~truth & ~decided).sum())
    recall = _share(hits, int(truth.sum()))
    return {
        "accuracy": _share(hits + rejections, len(truth)),
        "balanced_accuracy": (recall + _share(rejections, int((~truth).sum()))) / 2,
        "precision": _share(hits, int(decided.sum())),
        "recall": recall,
    }


def balanced_threshold(truth: np.ndarray, score: np.ndarray) -> float:
    """The threshold with the best balanced accuracy when ``score > threshold`` means present; 0 for one class alone.

    It lies halfway between two neighbouring scores. Of several equally good ones the one closest to zero is taken.
    """
    truth, score = np.asarray(truth, dtype=bool), np.asarray(score, dtype=np.float64)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if positives == 0 or negatives == 0:
        return 0.0
    order = np.argsort(score, kind="stable")
    ordered, present = score[order], truth[order]
    cuts = np.flatnonzero(np.diff(ordered) > 0)  # a cut after row i separates i from i + 1
    below = np.cumsum(present)[cuts]  # positives that a cut would miss
    gain = (cuts + 1 - below) / negatives - below / positives
    thresholds = (ordered[cuts] + ordered[cuts + 1]) / 2
    if not len(cuts) or gain.max() <= 0:
        return 0.0
    best = thresholds[gain >= gain.max() - 1e-12]
    return float(best[np.abs(best).argmin()])


def top_accuracy(classes: np.ndarray, scores: np.ndarray, count: int) -> float:
    """Share of rows of scores (N, K) whose true class (N,) is among the ``count`` highest; the earlier wins a tie."""
    if len(classes) == 0:
        return float("nan")
    highest = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return float((highest == np.asarray(classes)[:, None]).any(axis=1).mean())


def psnr(pictures: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, 3) twice -> dB per picture (N,); identical ones have infinity."""
    pictures, originals = _comparable(pictures, originals)
    difference = pictures.astype(np.int32) - originals
    error = (difference * difference).reshape(len(pictures), -1).mean(axis=1, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(255.0**2 / error)


def ssim(pictures: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, 3) twice -> structural similarity per picture (N,), at least 7x7 pixels.

    Wang et al. 2004, with a flat 7x7 window and sample covariance, the mean over channels; windows that reach over
    the edge are left out. These are scikit-image's conventions for 8-bit colour pictures.
    """
    pictures, originals = _comparable(pictures, originals)
    if min(pictures.shape[1:3]) < WINDOW:
        raise ValueError(f"Pictures need {WINDOW}x{WINDOW} pixels or more, not {pictures.shape[1:3]}.")
    return np.array([_ssim(x, y) for x, y in zip(pictures, originals, strict=True)])


def _ssim(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x.astype(np.float64), y.astype(np.float64)
    means = uniform_filter(np.stack([x, y, x * x, y * y, x * y]), size=(1, WINDOW, WINDOW, 1))
    edge = slice(WINDOW // 2, -(WINDOW // 2))
    ux, uy, uxx, uyy, uxy = means[:, edge, edge]
    samples = WINDOW * WINDOW
    unbiased = samples / (samples - 1)
    spread = unbiased * (uxx - ux * ux + uyy - uy * uy)
    together = unbiased * (uxy - ux * uy)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * ux * uy + c1) * (2 * together + c2) / ((ux * ux + uy * uy + c1) * (spread + c2))
    return float(similar.mean())


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D), N > 1 -> their mean (D,) and sample covariance (D, D), float64."""
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"A Fréchet distance needs features (N, D) with N of at least 2, not {features.shape}.")
    return features.mean(axis=0), np.cov(features, rowvar=False).reshape(features.shape[1], -1)


def frechet(features: np.ndarray, reference: np.ndarray) -> float:
    """Fréchet distance of the normal distributions fitted to features (N, D) and (M, D) (Heusel et al. 2017).

    The trace of the root of C1 C2 is taken from the symmetric matrix R C2 R, R being the root of C1, so that
    covariances without full rank stay harmless. The figure falls as N and M grow: compare equal counts.
    """
    (mean1, cov1), (mean2, cov2) = moments(features), moments(reference)
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    inner = root @ cov2 @ root
    cross = np.sqrt(np.linalg.eigvalsh((inner + inner.T) / 2).clip(min=0)).sum()
    distance = np.square(mean1 - mean2).sum() + np.trace(cov1) + np.trace(cov2) - 2 * cross
    return float(max(distance, 0.0))


def cosine_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row by row 1 - cosine of features (N, D) and (N, D) -> (N,), from 0 for the same direction to 2."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.clip(1 - (a * b).sum(axis=1) / np.maximum(lengths, 1e-12), 0.0, 2.0)


def nearest(queries: np.ndarray, references: np.ndarray, chunk: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Rows (Q, D) among rows (R, D) -> Euclidean distance (Q,) and index (Q,) of each one's nearest."""
    queries = np.asarray(queries, dtype=np.float32)
    own = np.square(queries).sum(axis=1)
    best, index = np.full(len(queries), np.inf, dtype=np.float32), np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(references), chunk):
        block = np.asarray(references[start : start + chunk], dtype=np.float32)
        square = own[:, None] + np.square(block).sum(axis=1) - 2 * queries @ block.T
        closest = square.argmin(axis=1)
        found = square[np.arange(len(queries)), closest]
        better = found < best
        best[better], index[better] = found[better], start + closest[better]
    exact = [np.linalg.norm(queries[row] - np.asarray(references[at], np.float32)) for row, at in enumerate(index)]
    return np.array(exact, dtype=np.float64), index


def _comparable(pictures: np.ndarray, originals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pictures, originals = np.asarray(pictures), np.asarray(originals)
    if pictures.shape != originals.shape or pictures.ndim != 4:
        raise ValueError(f"Two sets of pictures (N, H, W, 3) are compared, not {pictures.shape} and {originals.shape}.")
    if pictures.dtype != np.uint8 or originals.dtype != np.uint8:
        raise ValueError(f"Pictures are uint8, not {pictures.dtype} and {originals.dtype}.")
    return pictures, originals


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
