"""Whose faces are drawn: the balance of attributes in the data, what is drawn when nothing is requested, and what each
attribute drags along.

The generator's figures belong to one set of weights, whose fingerprints they carry. Faces are read by the classifier.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core import attributes, checkpoints
from core.evaluation.batched import classify
from core.evaluation.generate import draw_faces
from core.networks.pool import pool_of
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.faces.types import PARTS
from core.recipe import Recipe

DIGITS = 4


def describe_labels(labels: np.ndarray) -> dict:
    """Labels (N, 40), positive where present -> how many pictures there are, have each attribute, and have each two."""
    present = (np.asarray(labels) > 0).astype(np.int64)
    return {"pictures": len(present), "both": (present.T @ present).tolist()}


def measure_generator(root: Path, faces: int, each: int) -> dict:
    """Draw ``faces`` faces with nothing requested, and ``each`` with every attribute alone present, and absent.

    The same seeds throughout, from 0 on, so that a difference is the request's. Probabilities are the classifier's.
    """
    engine, recipe = FaceEngine(pool_of(root)), Recipe()
    classifier = engine.pool.get("classifier")

    def read(rows: np.ndarray) -> np.ndarray:
        drawn = draw_faces(engine, recipe, range(len(rows)), rows)
        return 1 / (1 + np.exp(-classify(classifier, drawn).attributes.astype(np.float64)))

    def requested(index: int, value: float) -> list[float]:
        rows = np.zeros((each, attributes.COUNT), dtype=np.float32)
        rows[:, index] = value
        return _rounded(read(rows).mean(axis=0))

    nothing = read(np.zeros((faces, attributes.COUNT), dtype=np.float32))
    return {
        "weights": weights_of(root),
        "faces": faces,
        "each": each,
        "steps": recipe.steps,
        "guidance": recipe.guidance,
        "drawn": _rounded((nothing > 0.5).mean(axis=0)),
        "unset": _rounded(nothing[:each].mean(axis=0)),
        "present": [requested(index, 1.0) for index in range(attributes.COUNT)],
        "absent": [requested(index, -1.0) for index in range(attributes.COUNT)],
    }


def weights_of(root: Path) -> dict[str, str]:
    """The fingerprints of all networks that the figures depend on."""
    return {part: checkpoints.fingerprint(root / part) for part in PARTS}


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
