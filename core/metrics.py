"""Figures: classification, AUC, PSNR, SSIM, Fréchet distance. Plain numpy in, plain numbers out."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

WINDOW = 7  # pixels along a side of the window that SSIM compares


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve of bool (N,) against scores (N,), ties at half; NaN where one class is empty or a score
    is NaN.
    """
    from sklearn.metrics import roc_auc_score

    if len(np.unique(truth)) < 2 or np.isnan(score).any():
        return float("nan")
    return float(roc_auc_score(truth, score))


def binary_report(truth: np.ndarray, decided: np.ndarray) -> dict[str, float]:
    """Bool (N,) against bool (N,) -> accuracy, balanced accuracy, precision, recall; NaN where undefined."""
    precision, recall = class_report(truth, decided, 2)
    return {
        "accuracy": float(np.mean(np.equal(truth, decided))) if len(truth) else float("nan"),
        "balanced_accuracy": float(recall.mean()),
        "precision": float(precision[1]),
        "recall": float(recall[1]),
    }


def class_report(truth: np.ndarray, decided: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes (N,) against classes (N,), 0 to ``count`` - 1 -> precision and recall of each, float (count,); NaN where
    a class was never decided for, or never true.
    """
    from sklearn.metrics import precision_recall_fscore_support

    numbers = (np.asarray(truth, dtype=int), np.asarray(decided, dtype=int))
    precision, recall, *_ = precision_recall_fscore_support(*numbers, labels=range(count), zero_division=np.nan)
    return precision, recall


def balanced_threshold(truth: np.ndarray, score: np.ndarray) -> float:
    """The threshold with the best balanced accuracy when ``score > threshold`` means present; 0 for one class alone.

    It lies halfway between two neighbouring scores. Of several equally good ones the one closest to zero is taken.
    """
    from sklearn.metrics import roc_curve

    if len(np.unique(truth)) < 2:
        return 0.0
    false_share, true_share, scores = roc_curve(truth, np.asarray(score, np.float64), drop_intermediate=False)
    gain = (true_share - false_share)[1:-1]  # the first threshold lets nothing through, the last everything
    if not len(gain) or gain.max() <= 0:
        return 0.0
    best = ((scores[1:-1] + scores[2:]) / 2)[gain >= gain.max() - 1e-12]
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


def sharpness(pictures: np.ndarray, originals: np.ndarray) -> float:
    """uint8 (N, S, S, 3) twice -> energy of the luminance above a quarter of the band (an eighth of a cycle per pixel),
    of all pictures over that of all originals: 1 keeps all detail, less is softer, more is noise or exaggeration.
    """
    side = pictures.shape[1]
    high = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij")) > 0.125

    def energy(batch: np.ndarray) -> float:
        luminance = (np.asarray(one, dtype=np.float32) @ np.float32([0.299, 0.587, 0.114]) for one in batch)
        return float(sum(np.square(np.abs(np.fft.rfft2(each)))[high].sum() for each in luminance))

    return energy(pictures) / max(energy(originals), 1e-12)


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


def kernel_distance(features: np.ndarray, reference: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of features (N, D) and (M, D) under the cubic kernel of Bińkowski et
    al. 2018 (arXiv:1801.01401). Unlike the Fréchet distance it does not depend on N and M; it may fall below zero.
    """
    x, y = np.asarray(features, np.float64), np.asarray(reference, np.float64)
    if min(len(x), len(y)) < 2:
        raise ValueError("A kernel distance needs two features on either side.")

    def within(a: np.ndarray) -> float:
        values = _cubic(a, a)
        return float((values.sum() - np.trace(values)) / (len(a) * (len(a) - 1)))

    return within(x) + within(y) - 2 * float(_cubic(x, y).mean())


def _cubic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3


def precision_recall(features: np.ndarray, reference: np.ndarray, neighbours: int = 3) -> tuple[float, float]:
    """Features (N, D) of generated and (M, D) of real pictures -> precision and recall of the distribution
    (Kynkäänniemi et al. 2019, arXiv:1904.06991).

    Precision: the share of generated ones that are within reach of a real one, which is as far as that one's third
    nearest real neighbour. Recall: the same with the roles exchanged.
    """
    return _covered(features, reference, neighbours), _covered(reference, features, neighbours)


def _covered(points: np.ndarray, by: np.ndarray, neighbours: int, chunk: int = 1024) -> float:
    from sklearn.metrics import pairwise_distances
    from sklearn.neighbors import NearestNeighbors

    if len(by) <= neighbours:
        raise ValueError(f"Precision and recall need more than {neighbours} pictures on either side.")
    reach = NearestNeighbors(n_neighbors=neighbours + 1).fit(by).kneighbors(by)[0][:, -1]  # the first is itself
    parts = (points[start : start + chunk] for start in range(0, len(points), chunk))
    return float(np.concatenate([(pairwise_distances(part, by) <= reach).any(axis=1) for part in parts]).mean())


def diversity(features: np.ndarray) -> float:
    """Mean Euclidean distance of two different ones of features (N, D)."""
    from scipy.spatial.distance import pdist

    return float(pdist(np.asarray(features, np.float64)).mean())


def cosine_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Row by row 1 - cosine of features (N, D) and (N, D) -> (N,), from 0 for the same direction to 2."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.clip(1 - (a * b).sum(axis=1) / np.maximum(lengths, 1e-12), 0.0, 2.0)


def nearest(queries: np.ndarray, references: np.ndarray, chunk: int = 4096) -> tuple[np.ndarray, np.ndarray]:
    """Rows (Q, D) among rows (R, D) -> Euclidean distance (Q,) and index (Q,) of each one's nearest.

    ``chunk`` references at a time become float32: pictures are bytes, and all of them at once would not fit.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    queries, starts = np.asarray(queries, np.float32), range(0, len(references), chunk)
    blocks = (np.asarray(references[start : start + chunk], np.float32) for start in starts)
    found = [pairwise_distances_argmin_min(queries, block) for block in blocks]
    rows, distances = (np.stack(each) for each in zip(*found, strict=True))  # (chunks, Q)
    rows += np.array(starts)[:, None]
    best, every = distances.argmin(axis=0), np.arange(len(queries))
    return distances[best, every].astype(np.float64), rows[best, every]


def _comparable(pictures: np.ndarray, originals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pictures, originals = np.asarray(pictures), np.asarray(originals)
    if pictures.shape != originals.shape or pictures.ndim != 4:
        raise ValueError(f"Two sets of pictures (N, H, W, 3) are compared, not {pictures.shape} and {originals.shape}.")
    if pictures.dtype != np.uint8 or originals.dtype != np.uint8:
        raise ValueError(f"Pictures are uint8, not {pictures.dtype} and {originals.dtype}.")
    return pictures, originals
