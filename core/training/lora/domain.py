"""Portraits of another kind than the face model was trained on: which are used, and the attributes of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from core import attributes
from core.data import PictureSet
from core.data.framing import Framing, find_framing, step_back, step_near
from core.data.sets import named_attributes
from core.images import to_tensor
from core.training.lora.data import StyleBase, StyleData, chosen_rows, photo_data

SURE = 0.75  # probability from which an attribute counts as inferred
_LEAST_COLOUR = 12.0  # mean distance of the strongest channel from the weakest, of 255
_CALIBRATION = 4000
_TURNED, _BLURRED = 0.25, 0.15  # shares of a set that are left out


def domain_data(
    base: StyleBase, source: PictureSet, faces: PictureSet, classifier: nn.Module, *, pictures: int
) -> tuple[StyleData, Framing]:
    """A set of portraits, filtered, with the attributes of each, known or inferred; and how much closer their frame is
    than that of the ``faces`` that the base was trained on.
    """
    kept = filter_portraits(source.pixels)
    rows = chosen_rows(source, pictures, kept)
    picked = np.concatenate(list(rows.values()))
    pixels = np.asarray(source.pixels[picked])
    framing = find_framing(
        np.asarray(source.pixels[source.indices("train")]), np.asarray(faces.pixels[_calibration_rows(faces)])
    )
    inferred = infer_attributes(source, picked, faces, classifier, framing)
    data = photo_data(base, pixels, inferred)
    order, train = np.arange(len(picked)), len(rows["train"])
    counted = {source.name: len(picked)}
    return replace(data, train=order[:train], val=order[train:], sources=counted), framing


def infer_attributes(
    source: PictureSet, rows: np.ndarray, faces: PictureSet, classifier: nn.Module, framing: Framing
) -> np.ndarray:
    """Attributes of some portraits of a set, float32 (N, 40) of -1, 0 and 1: known from the file's name, else inferred.

    Every portrait is first brought back to the framing of the classifier (:mod:`core.data.framing`). The logits are
    calibrated on ``faces`` that went to the portraits' framing and back: attributes that do not survive this stay 0.
    """
    calibration = _calibration_rows(faces)
    near = step_back(step_near(np.asarray(faces.pixels[calibration]), framing), framing)
    seen = _logits(classifier, step_back(np.asarray(source.pixels[rows]), framing))
    inferred = _inferred(_logits(classifier, near), faces.attributes[calibration], seen)
    named = named_attributes([source.names[row] for row in rows])
    return np.where(named != 0, named, inferred).astype(np.float32)


def _calibration_rows(faces: PictureSet) -> np.ndarray:
    """Rows of the faces that the logits are calibrated on."""
    train = faces.indices("train")
    return train[:: max(1, len(train) // _CALIBRATION)]


def filter_portraits(pixels: np.ndarray) -> np.ndarray:
    """Portraits uint8 (N, S, S, 3) -> bool (N,): in colour, sharp, and looking at the camera as most of them do.

    A small network that is trained on everything learns the mean of everything. Sharpness is the Laplacian against the
    contrast; the pose is judged by how well the luminances agree with the mean of all and of their mirror images.
    """
    grey = np.asarray(pixels).mean(axis=3, dtype=np.float32)  # (N, S, S)
    pixels = np.asarray(pixels)
    colour = (pixels.max(axis=3) - pixels.min(axis=3)).mean(axis=(1, 2))
    mean = grey.mean(axis=0, keepdims=True)
    agreement = (_normal(grey) * _normal((mean + mean[:, :, ::-1]) / 2)).mean(axis=(1, 2))
    inner = grey[:, 1:-1, 1:-1]
    edges = 4 * inner - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]
    margin = grey.shape[1] // 6  # the background may be blurred
    within = np.abs(edges[:, margin:-margin, margin:-margin]).mean(axis=(1, 2)) / (grey.std(axis=(1, 2)) + 5)
    held, sharp = agreement > np.quantile(agreement, _TURNED), within > np.quantile(within, _BLURRED)
    return (colour > _LEAST_COLOUR) & held & sharp


def _normal(grey: np.ndarray) -> np.ndarray:
    centred = grey - grey.mean(axis=(1, 2), keepdims=True)
    return centred / (centred.std(axis=(1, 2), keepdims=True) + 1e-6)


@torch.no_grad()
def _logits(classifier: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) -> (N, 40)."""
    parts = np.array_split(pixels, -(-len(pixels) // 64))
    return torch.cat([classifier(to_tensor(part)).attributes for part in parts]).numpy()


def _inferred(shown: np.ndarray, labels: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Logits (M, 40) of labelled pictures and (N, 40) of others -> (N, 40) of -1, 0 and 1: what is sure at even priors
    (Platt 1999, "Probabilistic outputs for support vector machines").
    """
    inferred = np.zeros_like(seen)
    for index in range(attributes.COUNT):
        present = labels[:, index] > 0
        if present.all() or not present.any():
            continue
        scale = LogisticRegression(class_weight="balanced").fit(shown[:, [index]], present)
        likely = scale.predict_proba(seen[:, [index]])[:, 1]
        inferred[:, index] = np.where(likely > SURE, 1, np.where(likely < 1 - SURE, -1, 0))
    return inferred
