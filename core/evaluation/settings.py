"""Which solver, how many steps, how much guidance: measured on validation faces, so the test part stays fair."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core import attributes
from core.data import PictureSet
from core.evaluation.batched import classify, pictures_of
from core.evaluation.generate import draw_faces, vectors
from core.evaluation.sheets import CONTROLLED
from core.metrics import frechet
from core.networks.pool import pool_of
from core.pipelines.faces.engine import FaceEngine
from core.recipe import Recipe


def compare_settings(
    root: Path, faces: PictureSet, settings: Sequence[Recipe], *, samples: int, control: int
) -> Iterator[dict[str, float | int | str]]:
    """One row per setting: Fréchet distance to the validation faces under their own attributes, the share of faces
    that follow a single attribute (mean and least over six), and milliseconds per face in batches."""
    pool = pool_of(root)
    engine, classifier = FaceEngine(pool), pool.get("classifier")
    labels = faces.attributes[faces.indices("val")].astype(np.float32)
    conditions = labels[np.arange(samples) % len(labels)]
    real = classify(classifier, pictures_of(faces, "val")).embedding
    requested = vectors([{name: value} for name in CONTROLLED for value in (1.0, -1.0) for _ in range(control)])
    signs = requested[:, [attributes.INDEX[name] for name in CONTROLLED]]
    for setting in settings:
        started = time.perf_counter()
        drawn = draw_faces(engine, setting, range(samples), conditions)
        milliseconds = 1000 * (time.perf_counter() - started) / samples
        distance = frechet(classify(classifier, drawn).embedding, real)
        single = draw_faces(engine, setting, [*range(control)] * (2 * len(CONTROLLED)), requested)
        logits = classify(classifier, single).attributes[:, [attributes.INDEX[name] for name in CONTROLLED]]
        followed = [(logits[:, k] * signs[:, k] > 0)[signs[:, k] != 0].mean() for k in range(len(CONTROLLED))]
        yield {
            "solver": setting.solver,
            "steps": setting.steps,
            "guidance": setting.guidance,
            "interval": "{:g}-{:g}".format(*setting.guidance_interval),
            "frechet": round(float(distance), 2),
            "followed": round(float(np.mean(followed)), 3),
            **{name: round(float(share), 2) for name, share in zip(CONTROLLED, followed, strict=True)},
            "milliseconds": round(milliseconds, 1),
        }
