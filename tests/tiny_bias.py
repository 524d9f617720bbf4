"""Figures of bias for a tiny checkpoint root, of random labels, as ``scripts/measure_bias.py`` writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core import attributes
from core.checkpoints import write_json
from core.evaluation.bias import describe_labels, weights_of
from core.pipelines.models.bias import FILE


def write_bias(root: Path) -> None:
    random = np.random.default_rng(3)
    labels = np.where(random.random((64, attributes.COUNT)) < 0.5, 1, -1)
    many = random.random((3, attributes.COUNT, attributes.COUNT)).round(4)
    figures = {"drawn": many[0, 0], "unset": many[0, 1], "present": many[1], "absent": many[2]}
    generator = {"command": "measure", "weights": weights_of(root), "faces": 4, "each": 2}
    generator |= {name: values.tolist() for name, values in figures.items()}
    data = {"command": "measure", **describe_labels(labels)}
    write_json(root / FILE, {"names": list(attributes.NAMES), "data": data, "generator": generator})
