"""Measured figures that the page draws: balance, co-occurrence, confusion, calibration. Read from ``metrics.json``.

A file can hold anything: what does not have the right shape is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CALIBRATIONS = {"calibration": "attributes", "class_calibration": "classes"}
CHARTED = (*CALIBRATIONS, "confusion", "cooccurrence")  # keys whose numbers are drawn and make no table
MOST = 200  # names of a matrix


@dataclass(frozen=True)
class Matrix:
    """Values of every two names, row by row."""

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Reliability:
    """What is said against what is true, in groups of predictions: mean probability, share that is so."""

    probability: tuple[float, ...]
    share: tuple[float, ...]


@dataclass(frozen=True)
class F1:
    """Precision and recall of one decision, at a probability of one half or the likeliest class."""

    precision: float
    recall: float

    @property
    def value(self) -> float:
        """Their harmonic mean, 0 where both are."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-12)


@dataclass(frozen=True)
class Measured:
    """Everything of a checkpoint's figures that is drawn; empty where it was not measured."""

    balance: Mapping[str, float]  # attribute -> share of the test pictures that have it
    auc: Mapping[str, float]  # attribute -> area under the ROC curve
    cooccurrence: Matrix | None = None  # Pearson correlation of the labels
    confusion: Matrix | None = None  # pictures of the row's class that are taken for the column's
    f1: Mapping[str, Mapping[str, F1]] | None = None  # of each, by what is decided: attributes, classes
    calibration: Mapping[str, Reliability] | None = None  # by what is decided: attributes, classes

    def __bool__(self) -> bool:
        drawn = (self.balance, self.auc, self.cooccurrence, self.confusion, self.f1, self.calibration)
        return any(bool(each) for each in drawn)


def read_measured(metrics: Mapping[str, Any]) -> Measured:
    """The content of a ``metrics.json`` -> what of it is drawn."""
    rows = _mapping(metrics.get("attributes"))
    calibration = {}
    for key, what in CALIBRATIONS.items():
        if (one := _reliability(_mapping(metrics.get(key)))) is not None:
            calibration[what] = one
    decided = {"attributes": _f1(rows), "classes": _f1(_mapping(metrics.get("classes")))}
    return Measured(
        balance=_column(rows, "present"),
        auc=_column(rows, "auc"),
        cooccurrence=_matrix(_mapping(metrics.get("cooccurrence")), "correlation"),
        confusion=_matrix(_mapping(metrics.get("confusion")), "pictures"),
        f1={what: found for what, found in decided.items() if found} or None,
        calibration=calibration or None,
    )


def _column(rows: Mapping[str, Any], key: str) -> dict[str, float]:
    values = {str(name)[:60]: _mapping(row).get(key) for name, row in list(rows.items())[:MOST]}
    return {name: float(value) for name, value in values.items() if _finite(value)}


def _f1(rows: Mapping[str, Any]) -> dict[str, F1]:
    """Rows without precision or recall, such as those of what was never decided for, are left out."""
    precision, recall = (_column(rows, key) for key in ("precision", "recall"))
    return {name: F1(value, recall[name]) for name, value in precision.items() if name in recall}


def _matrix(found: Mapping[str, Any], key: str) -> Matrix | None:
    names, values = found.get("names"), found.get(key)
    if not isinstance(names, list) or not 1 <= len(names) <= MOST or not isinstance(values, list):
        return None
    rows = [_numbers(row) for row in values]
    if len(rows) != len(names) or any(row is None or len(row) != len(names) for row in rows):
        return None
    return Matrix(tuple(str(name)[:60] for name in names), tuple(rows))  # type: ignore[arg-type]


def _reliability(found: Mapping[str, Any]) -> Reliability | None:
    groups = [[_mapping(group).get(key) for key in ("probability", "present")] for group in found.values()]
    if not groups or len(groups) > MOST or not all(_finite(value) for group in groups for value in group):
        return None
    return Reliability(*(tuple(float(value) for value in column) for column in zip(*groups, strict=True)))


def _numbers(values: Any) -> tuple[float, ...] | None:
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > MOST:
        return None
    return tuple(float(value) for value in values) if all(_finite(value) for value in values) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
