"""The classifier's figures: each of the 40 attributes and each class on pictures that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.special import log_softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from core import attributes
from core.data import DataError, PictureSet
from core.evaluation.batched import classify, sharp_rows
from core.evaluation.options import Options, counted, wanted
from core.metrics import auc, balanced_threshold, binary_report, class_report, top_accuracy
from core.models import PictureClassifier
from core.networks.pool import pool_of
from core.reports.data_set import cluster_order, correlation

BINS = 10  # groups of predictions that calibration is read from


def evaluate_classifier(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Decisions at probability 0.5, and at the threshold that balances best on the validation part."""
    classifier = pool_of(root).get("classifier")
    faces = wanted(sets, "celeba", "The classifier is measured on CelebA's attributes.")
    tested = sharp_rows(faces, options.part)
    scores = classify(classifier, np.asarray(faces.pixels[tested])).attributes.astype(np.float64)
    labels = faces.attributes[tested]
    truth = labels > 0
    rows = _attribute_rows(truth, scores, thresholds(classifier, faces))
    figures: dict = {"part": options.part, "pictures": counted(sets, options.part) | {"celeba": len(tested)}}
    figures |= {"attributes_mean": mean_row(rows), "calibration_error": calibration_error(truth, scores)}
    figures["calibration"] = calibration(truth, scores)
    if "food101" in sets:
        figures |= _class_figures(classifier, sets["food101"], options.part)
    return {**figures, "attributes": rows, "cooccurrence": cooccurrence(labels)}


def evaluate_own_classes(name: str, root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """A classifier of own classes on the pictures of ``folder`` that it was not trained on: each class, and which it is
    taken for. Raises ``DataError`` where there are none.
    """
    if "folder" not in sets:
        raise DataError("Own classes are measured on their pictures. Give them with --data folder=DIR.")
    pictures = sets["folder"]
    if not pictures.class_names or not len(pictures.indices(options.part)):
        raise DataError(f"{pictures.name} has no classes, or no pictures in its {options.part} part; bring more.")
    figures = _class_figures(pool_of(root).classifier(name), pictures, options.part)
    if not figures:
        raise DataError(f"None of the classes of {name} is among the folders of {pictures.name}.")
    return {"part": options.part, "pictures": counted(sets, options.part), **figures}


def thresholds(classifier: PictureClassifier, faces: PictureSet) -> np.ndarray:
    """Logits (40,) above which an attribute counts as present, balanced on the validation part; 0 without one."""
    if len(faces.indices("val")) == 0:
        return np.zeros(attributes.COUNT)
    rows = sharp_rows(faces, "val")
    scores = classify(classifier, np.asarray(faces.pixels[rows])).attributes
    truth = faces.attributes[rows] > 0
    return np.array([balanced_threshold(truth[:, i], scores[:, i]) for i in range(attributes.COUNT)])


def _attribute_rows(truth: np.ndarray, scores: np.ndarray, limits: np.ndarray) -> dict[str, dict[str, float]]:
    """Labels bool (N, 40), logits (N, 40) and balanced thresholds (40,) -> one row per attribute."""
    rows = {}
    for index, name in enumerate(attributes.NAMES):
        present, score, limit = truth[:, index], scores[:, index], limits[index]
        rows[name] = {
            "present": float(present.mean()),
            "auc": auc(present, score),
            **binary_report(present, score > 0),
            "balanced_threshold": float(1 / (1 + np.exp(-limit))),
            "balanced_accuracy_at_it": binary_report(present, score > limit)["balanced_accuracy"],
        }
    return rows


def calibration(truth: np.ndarray, scores: np.ndarray) -> dict[str, dict[str, float]]:
    """Labels bool (N, 40) and logits (N, 40) -> in ten equally large groups of predictions, the mean probability and
    the share of labels that are present (scikit-learn's ``calibration_curve``).
    """
    return _groups(truth.ravel(), (1 / (1 + np.exp(-scores))).ravel())


def _groups(truth: np.ndarray, likely: np.ndarray) -> dict[str, dict[str, float]]:
    present, predicted = calibration_curve(truth, likely, n_bins=BINS, strategy="quantile")
    return {
        str(number): {"probability": float(mean), "present": float(share)}
        for number, (mean, share) in enumerate(zip(predicted, present, strict=True), start=1)
    }


def calibration_error(truth: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error: |probability - share present| over the groups of :func:`calibration`, their mean."""
    groups = calibration(truth, scores).values()
    return float(np.mean([abs(group["probability"] - group["present"]) for group in groups]))


def mean_row(rows: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean of every measured column over the rows, undefined cells left out."""
    columns = [name for name in next(iter(rows.values())) if name not in ("present", "balanced_threshold")]
    values = {column: np.array([row[column] for row in rows.values()]) for column in columns}
    return {c: float(np.nanmean(v)) if np.isfinite(v).any() else float("nan") for c, v in values.items()}


def _class_figures(classifier: PictureClassifier, foods: PictureSet, part: str) -> dict:
    """Top-1, top-3 and per class recall and precision; classes are matched by name."""
    known = list(classifier.config.class_names)
    rows = [row for row in foods.indices(part) if foods.class_names[foods.classes[row]] in known]
    if not rows:
        return {}
    truth = np.array([known.index(foods.class_names[foods.classes[row]]) for row in rows])
    scores = classify(classifier, np.asarray(foods.pixels[rows])).classes
    decided = scores.argmax(axis=1)
    precision, recall = class_report(truth, decided, len(known))
    counts = np.bincount(truth, minlength=len(known))
    per_class = {
        name: {"pictures": int(counts[index]), "recall": float(recall[index]), "precision": float(precision[index])}
        for index, name in enumerate(known)
    }
    whole = {"pictures": len(rows), "top_1": top_accuracy(truth, scores, 1), "top_3": top_accuracy(truth, scores, 3)}
    likely = np.exp(log_softmax(scores.astype(np.float64), axis=1)).max(axis=1)
    drawn = {"class_calibration": _groups(decided == truth, likely), "confusion": confusion(known, truth, decided)}
    return {"classes_mean": whole, "classes": per_class, **drawn}


def confusion(names: list[str], truth: np.ndarray, decided: np.ndarray) -> dict:
    """Classes (N,) twice, as true and as decided -> how many pictures of each class are taken for each class."""
    return {"names": names, "pictures": confusion_matrix(truth, decided, labels=range(len(names))).tolist()}


def cooccurrence(labels: np.ndarray) -> dict:
    """Labels (N, 40) -> Pearson correlation of every two attributes, ordered so that those that come together are side
    by side."""
    matrix = correlation(labels)
    order = cluster_order(matrix)
    names = [attributes.NAMES[index] for index in order]
    return {"names": names, "correlation": np.round(matrix[np.ix_(order, order)], 3).tolist()}
