"""What is hard for an autoencoder: error by attribute and by class, and the best and the worst pictures in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import sem

from core import attributes
from core.data import PictureSet

EXTREMES = 10
FEWEST = 2  # pictures on either side of a comparison


def by_attribute(labels: np.ndarray, decibels: np.ndarray, distances: np.ndarray) -> dict[str, dict[str, float]]:
    """Labels (N, 40) of -1/1 with PSNR (N,) and embedding distance (N,) -> one row per attribute.

    Means over the pictures with and without it, their difference, and its standard error (Welch). Attributes that
    fewer than two pictures have, or lack, are left out.
    """
    rows = {}
    for index, name in enumerate(attributes.NAMES):
        present = labels[:, index] > 0
        if min(present.sum(), (~present).sum()) < FEWEST:
            continue
        row: dict[str, float] = {"pictures": int(present.sum())}
        for what, values in (("psnr", decibels), ("embedding_distance", distances)):
            have, lack = values[present], values[~present]
            row |= {f"{what}_with": float(have.mean()), f"{what}_without": float(lack.mean())}
            row[f"{what}_difference"] = float(have.mean() - lack.mean())
            row[f"{what}_standard_error"] = float(np.hypot(sem(have), sem(lack)))
        rows[name] = row
    return rows


def by_class(
    classes: np.ndarray, names: Sequence[str], decibels: np.ndarray, similar: np.ndarray, distances: np.ndarray
) -> dict[str, dict[str, float]]:
    """Classes (N,) with PSNR, SSIM and embedding distance (N,) each -> means of every class that has two pictures."""
    rows = {}
    for index, name in enumerate(names):
        chosen = classes == index
        if chosen.sum() >= FEWEST:
            rows[name] = {
                "pictures": int(chosen.sum()),
                "psnr": float(decibels[chosen].mean()),
                "psnr_standard_error": float(sem(decibels[chosen])),
                "ssim": float(similar[chosen].mean()),
                "embedding_distance": float(distances[chosen].mean()),
            }
    return rows


def extremes(
    source: PictureSet, rows: np.ndarray, decibels: np.ndarray, distances: np.ndarray
) -> dict[str, dict[str, dict]]:
    """The ten pictures with the lowest PSNR and the ten with the highest, in words; ``rows`` are those of the set."""
    order = np.argsort(decibels, kind="stable")
    words = describe(source, rows)
    chosen = {"worst": order[:EXTREMES], "best": order[::-1][:EXTREMES]}
    return {
        which: {
            str(rank): {
                "index": int(rows[at]),
                "psnr": float(decibels[at]),
                "embedding_distance": float(distances[at]),
                "described": words[at],
            }
            for rank, at in enumerate(places, start=1)
        }
        for which, places in chosen.items()
    }


def describe(source: PictureSet, rows: np.ndarray) -> list[list[str]]:
    """What the labels say of each row: the class, UTKFace's age, or the attributes present, the rarest first."""
    if source.attributes is not None:
        labels = source.attributes[rows] > 0
        rarest = np.argsort(labels.mean(axis=0), kind="stable")
        return [[attributes.NAMES[index] for index in rarest if row[index]] for row in labels]
    if source.classes is not None:
        return [[source.class_names[source.classes[row]]] for row in rows]
    if source.name == "utkface":
        ages = [Path(source.names[row]).name.split("_")[0] for row in rows]
        return [[f"age {age}"] if age.isdigit() else [] for age in ages]
    return [[] for _ in rows]
