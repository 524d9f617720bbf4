"""The quality of a latent space: how much of the labels it holds, and how faithful its maps are. Plain arrays in.

Everything is fitted on one part of the pictures and measured on the other.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core import attributes
from core.latents.clusters import cluster, silhouette
from core.latents.directions import LEAST, probe
from core.latents.projection import fit_basis
from core.metrics import auc

VOTERS = 15  # neighbours that vote on a class
NEIGHBOURHOOD = 15  # of trustworthiness and continuity
SAMPLE = 2000


@dataclass(frozen=True)
class SpaceQuality:
    """Figures of one space. NaN, or an empty table, where there were no labels for it."""

    dimensions: int
    dimensions_95: int  # principal components that hold 95 % of the variance
    probe_auc: float  # mean over the attributes that have enough pictures
    attributes: dict[str, float]  # AUC of a linear probe, by attribute
    neighbour_accuracy: float  # share of held-out pictures whose class the 15 nearest training pictures vote for
    chance: float  # share of the most frequent class: what guessing reaches
    nmi: float  # k-means with as many clusters as classes, against the classes
    ari: float
    silhouette: float  # of the classes themselves
    maps: dict[str, dict[str, float]] = field(default_factory=dict)  # projection -> trustworthiness, continuity


def probe_aucs(train: np.ndarray, test: np.ndarray, train_labels: np.ndarray, test_labels: np.ndarray) -> dict:
    """Vectors (N, D), (M, D) and labels (N, 40), (M, 40) of -1 and 1 -> AUC of a linear probe by attribute, on the
    second part; attributes with fewer than ten pictures of either kind in either part are left out."""
    result = {}
    for index, name in enumerate(attributes.NAMES):
        known, truth = train_labels[:, index] > 0, test_labels[:, index] > 0
        if min(known.sum(), (~known).sum(), truth.sum(), (~truth).sum()) < LEAST:
            continue
        weights, bias = probe(train, known)
        result[name] = auc(truth, test @ weights + bias)
    return result


def measure(
    train: np.ndarray,
    test: np.ndarray,
    *,
    labels: tuple[np.ndarray, np.ndarray] | None = None,
    classes: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
) -> SpaceQuality:
    """Vectors (N, D) to fit on and (M, D) to measure on, with attribute labels and classes of both where known.

    Clusters and silhouette are those of the second part: 2,000 pictures of it at most.
    """
    train, test = np.asarray(train, np.float32), np.asarray(test, np.float32)
    aucs = {} if labels is None else probe_aucs(train, test, *labels)
    accuracy = chance = nmi = ari = shape = float("nan")
    if classes is not None:
        accuracy, chance = neighbour_accuracy(train, test, *classes), _most_frequent(classes[1])
        reduced = fit_basis(train).project(test)
        nmi, ari = agreement(reduced, classes[1], seed)
        shape = silhouette(reduced, classes[1], seed, SAMPLE)
    mean = float(np.mean(list(aucs.values()))) if aucs else float("nan")
    return SpaceQuality(train.shape[1], dimensions_of(train), mean, aucs, accuracy, chance, nmi, ari, shape)


def dimensions_of(vectors: np.ndarray, share: float = 0.95) -> int:
    """Principal components that hold ``share`` of the variance of vectors (N, D)."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    gram = centred.T @ centred if centred.shape[1] <= len(centred) else centred @ centred.T
    values = np.linalg.eigvalsh(gram)[::-1].clip(min=0)
    if values.sum() <= 0:
        return 0
    return int(np.searchsorted(np.cumsum(values) / values.sum(), share - 1e-12) + 1)


def neighbour_accuracy(train: np.ndarray, test: np.ndarray, known: np.ndarray, truth: np.ndarray) -> float:
    """Share of the second part whose class (M,) most of its 15 nearest in the first part have."""
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(VOTERS, len(train)), algorithm="brute").fit(train, known)
    return float((voters.predict(test) == truth).mean())


def agreement(reduced: np.ndarray, classes: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """K-means with as many clusters as classes against the classes (N,) -> normalised mutual information, adjusted
    Rand index."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    found = cluster(reduced, "kmeans", len(np.unique(classes)), seed).labels
    return float(normalized_mutual_info_score(classes, found)), float(adjusted_rand_score(classes, found))


def faithfulness(vectors: np.ndarray, places: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Vectors (N, D) and their map (N, 2 or 3) -> trustworthiness and continuity (Venna & Kaski 2006), 0 to 1, over
    2,000 pictures at most: whether neighbours on the map are neighbours, and whether neighbours stay on the map."""
    from sklearn.manifold import trustworthiness

    if len(vectors) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False))
        vectors, places = vectors[rows], places[rows]
    neighbours = min(NEIGHBOURHOOD, (len(vectors) - 1) // 2 - 1)
    if neighbours < 1:
        return {"trustworthiness": float("nan"), "continuity": float("nan")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return {
            "trustworthiness": float(trustworthiness(vectors, places, n_neighbors=neighbours)),
            "continuity": float(trustworthiness(places, vectors, n_neighbors=neighbours)),
        }


def table(figures: Mapping[str, Mapping[str, SpaceQuality]], titles: Mapping[str, str]) -> str:
    """Space -> data set -> figures, as Markdown: one table per data set."""
    parts = []
    for name in dict.fromkeys(name for rows in figures.values() for name in rows):
        lines = [
            f"**{name}**",
            "",
            "| space | dimensions | for 95 % | probe AUC | 15-NN accuracy (chance) | NMI | ARI | silhouette |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for key, rows in figures.items():
            if name in rows:
                one = rows[name]
                lines.append(
                    f"| {titles[key]} | {one.dimensions} | {one.dimensions_95} | {_figure(one.probe_auc)} | "
                    f"{_figure(one.neighbour_accuracy)} ({_figure(one.chance)}) | {_figure(one.nmi)} | "
                    f"{_figure(one.ari)} | {_figure(one.silhouette)} |"
                )
        maps = {key: rows[name].maps for key, rows in figures.items() if name in rows and rows[name].maps}
        if maps:
            kinds = list(dict.fromkeys(kind for table in maps.values() for kind in table))
            lines += ["", f"| trustworthiness / continuity | {' | '.join(kinds)} |", "|---|" + "---:|" * len(kinds)]
            lines += [
                f"| {titles[key]} | {' | '.join(_pair(table.get(kind)) for kind in kinds)} |"
                for key, table in maps.items()
            ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _pair(figures: Mapping[str, float] | None) -> str:
    return f"{_figure(figures['trustworthiness'])} / {_figure(figures['continuity'])}" if figures else ""


def _figure(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def _most_frequent(classes: np.ndarray) -> float:
    return float(np.unique(classes, return_counts=True)[1].max() / len(classes))
