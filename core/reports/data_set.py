"""What a picture set holds: sizes, attribute balance and co-occurrence, class counts, the first three moments.

Numbers only; :mod:`core.reports.data_page` draws them and writes them to a folder.
Moments are exact: pixels are 8-bit, so a histogram per channel holds everything about the marginal distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import attributes
from core.data import PictureSet
from core.data.layout import Layout
from core.data.picture_set import PARTS
from core.data.tables import TableError

CHANNELS = ("red", "green", "blue")
TABLES = (
    "list_attr_celeba",
    "list_eval_partition",
    "list_bbox_celeba",
    "list_landmarks_align_celeba",
    "identity_CelebA",
)


@dataclass(frozen=True)
class Description:
    """Figures of one picture set. Pixel values are on the scale 0 to 1."""

    name: str
    pictures: int
    size: int
    split: dict[str, int]
    histogram: np.ndarray  # int64 (3, 256)
    channels: dict[str, dict[str, float]]  # mean, variance, skewness per channel
    mean: np.ndarray  # float64 (S, S, 3)
    variance: np.ndarray
    skewness: np.ndarray
    brightness: np.ndarray  # float64 (N,), each picture's mean
    present: dict[str, float] = field(default_factory=dict)  # share of pictures per attribute
    correlation: np.ndarray | None = None  # (40, 40), Pearson's phi
    classes: dict[str, int] = field(default_factory=dict)
    identities: int | None = None
    tables: dict[str, dict] = field(default_factory=dict)

    def numbers(self) -> dict:
        """Everything of moderate size as JSON-ready values."""
        strongest = [] if self.correlation is None else strongest_pairs(self.correlation)
        return {
            "name": self.name,
            "pictures": self.pictures,
            "size": self.size,
            "split": self.split,
            "identities": self.identities,
            "channels": self.channels,
            "brightness": moments(self.brightness),
            "attributes_present": {name: round(share, 4) for name, share in self.present.items()},
            "strongest_correlations": [[a, b, round(value, 3)] for a, b, value in strongest],
            "classes": self.classes,
            "tables": self.tables,
        }


def moments(values: np.ndarray) -> dict[str, float]:
    """Mean, variance and skewness (the standardised third moment; 0 where nothing varies) of any array."""
    values = np.asarray(values, dtype=np.float64)
    mean, variance = values.mean(), values.var()
    third = ((values - mean) ** 3).mean()
    skewness = third / variance**1.5 if variance > 1e-12 else 0.0
    return {"mean": round(float(mean), 6), "variance": round(float(variance), 6), "skewness": round(float(skewness), 6)}


def describe(pictures: PictureSet, folder: Path | None = None, chunk: int = 512) -> Description:
    """Read a set once, in chunks, and count. ``folder`` (or a zip) is where label tables lie, which are reported."""
    size = pictures.pixels.shape[1]
    histogram = np.zeros((3, 256), dtype=np.int64)
    sums = np.zeros((3, size, size, 3), dtype=np.float64)
    brightness = np.zeros(len(pictures))
    for start in range(0, len(pictures), chunk):
        block = np.asarray(pictures.pixels[start : start + chunk])
        brightness[start : start + len(block)] = block.mean(axis=(1, 2, 3)) / 255
        for channel in range(3):
            histogram[channel] += np.bincount(block[..., channel].ravel(), minlength=256)
        unit = block.astype(np.float32) / 255
        power = unit
        for order in range(3):
            sums[order] += power.sum(axis=0, dtype=np.float64)
            power = power * unit
    mean, variance, skewness = _central(sums / max(1, len(pictures)))
    known = pictures.attributes is not None
    return Description(
        name=pictures.name,
        pictures=len(pictures),
        size=size,
        split={part: int((pictures.split == number).sum()) for part, number in PARTS.items()},
        histogram=histogram,
        channels={name: _histogram_moments(histogram[index]) for index, name in enumerate(CHANNELS)},
        mean=mean,
        variance=variance,
        skewness=skewness,
        brightness=brightness,
        present=_shares(pictures.attributes) if known else {},
        correlation=correlation(pictures.attributes) if known else None,
        classes=_class_counts(pictures),
        identities=None if pictures.identities is None else len(np.unique(pictures.identities)),
        tables=_tables(folder) if folder else {},
    )


def correlation(labels: np.ndarray) -> np.ndarray:
    """Labels (N, A) -> Pearson correlation (A, A); a label that never varies correlates with nothing."""
    centred = labels.astype(np.float64) - labels.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    return (centred.T @ centred) / np.maximum(np.outer(spread, spread), 1e-12)


def strongest_pairs(matrix: np.ndarray, count: int = 12) -> list[tuple[str, str, float]]:
    """The pairs of different attributes that agree or disagree most, strongest first."""
    rows, columns = np.triu_indices(len(matrix), k=1)
    order = np.argsort(-np.abs(matrix[rows, columns]))[:count]
    return [
        (attributes.NAMES[rows[i]], attributes.NAMES[columns[i]], float(matrix[rows[i], columns[i]])) for i in order
    ]


def cluster_order(matrix: np.ndarray) -> list[int]:
    """An order of rows that puts what goes together side by side (average linkage on 1 - correlation)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1 - (matrix + matrix.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    return [
        int(index)
        for index in leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
    ]


def _central(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raw moments E x, E x^2, E x^3 -> mean, variance, skewness."""
    first, second, third = raw
    variance = np.maximum(second - first**2, 0)
    central = third - 3 * first * second + 2 * first**3
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where(variance > 1e-10, central / variance**1.5, 0.0)
    return first, variance, skewness


def _histogram_moments(counts: np.ndarray) -> dict[str, float]:
    weights, values = counts / max(1, counts.sum()), np.arange(256) / 255
    raw = np.array([(weights * values**order).sum() for order in (1, 2, 3)])
    names = ("mean", "variance", "skewness")
    return {name: round(float(value), 6) for name, value in zip(names, _central(raw), strict=True)}


def _shares(labels: np.ndarray) -> dict[str, float]:
    share = (labels > 0).mean(axis=0)
    return {name: float(value) for name, value in zip(attributes.NAMES, share, strict=True)}


def _class_counts(pictures: PictureSet) -> dict[str, int]:
    if pictures.classes is None:
        return {}
    counts = np.bincount(pictures.classes, minlength=len(pictures.class_names))
    return {name: int(count) for name, count in zip(pictures.class_names, counts, strict=True)}


def _tables(folder: Path) -> dict[str, dict]:
    """Which of CelebA's label tables lie in a folder; boxes and landmarks with their moments per column."""
    found = {}
    with Layout(folder) as layout:
        for stem in TABLES:
            try:
                table = layout.table(stem, words={"train": 0, "val": 1, "test": 2})
            except TableError as error:
                found[stem] = {"file": stem, "problem": str(error)}  # optional tables stop nothing
                continue
            if table is not None:
                found[stem] = {"file": Path(table.where).name, "rows": len(table.names)}
                if stem.startswith(("list_bbox", "list_landmarks")):
                    columns = enumerate(table.columns)
                    found[stem]["columns"] = {name: moments(table.values[:, index]) for index, name in columns}
    return found
