"""Figures: AUC, PSNR, SSIM, Fréchet distance. Plain numpy in, plain numbers out."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve of bool (N,) against scores (N,), ties at half; NaN where one class is empty."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))
