"""Calibrated probabilities: one temperature for all attributes, found on the validation part.

Guo et al. 2017 (arXiv:1706.04599). Labels are smoothed in training, so that a classifier is too careful; divided by the
temperature, its logits are as sure as it is right.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from core import attributes
from core.data import PictureSet
from core.images import to_tensor
from core.models import PictureClassifier


@torch.no_grad()
def calibrate(model: PictureClassifier, faces: PictureSet) -> dict[str, object]:
    """Divide the attribute head of ``model`` by the temperature with the least cross-entropy on the validation part, in
    place; on the sharp pictures of it where there are some, as these are what is measured. Returns the temperature, 1
    where nothing can be measured, and how common each attribute is in training.
    """
    rows = faces.sharp("val")
    rows = rows if len(rows) else faces.indices("val")
    temperature = 1.0
    if len(rows):
        pixels = (to_tensor(faces.pixels[rows[start : start + 64]]) for start in range(0, len(rows), 64))
        logits = torch.cat([model(x).attributes for x in pixels]).double().numpy()  # (N, 40)
        temperature = fitted_temperature(logits, faces.attributes[rows] > 0)
        model.attribute_head.weight /= temperature
        model.attribute_head.bias /= temperature
    common = (faces.attributes[faces.indices("train")] > 0).mean(axis=0)
    return {
        "temperature": round(temperature, 4),
        "priors": {name: round(float(p), 4) for name, p in zip(attributes.NAMES, common, strict=True)},
    }


def fitted_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Logits and labels bool (N, K) -> the temperature within 0.2 and 5 of the least cross-entropy."""

    def cross_entropy(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((np.logaddexp(0, scaled) - scaled * truth).mean())

    found = minimize_scalar(cross_entropy, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))
