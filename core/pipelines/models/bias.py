"""Reads what ``scripts/measure_bias.py`` has measured, and whether it belongs to the weights that are here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core import attributes, checkpoints
from core.checkpoints import CheckpointError

FILE = "faces/bias.json"  # below the checkpoints
COMMAND = "python scripts/measure_bias.py"
JUDGE = "classifier"


@dataclass(frozen=True)
class DataBalance:
    """Labels of the training pictures, in the order of ``attributes.NAMES``."""

    pictures: int
    present: np.ndarray  # float64 (40,), share of the pictures that have it
    correlation: np.ndarray  # float64 (40, 40), Pearson's phi
    difference: np.ndarray  # float64 (40, 40), share of the column with the row minus share without it
    command: str


@dataclass(frozen=True)
class GeneratorBias:
    """What the classifier reads in drawn faces: shares and mean probabilities, 0 to 1."""

    weights: dict[str, str]
    faces: int  # drawn with nothing requested
    each: int  # per attribute and direction
    drawn: np.ndarray  # (40,) share of the faces in which it is read, nothing being requested
    unset: np.ndarray  # (40,) mean probability, nothing being requested, of the first ``each`` seeds
    present: np.ndarray  # (40, 40) mean probability of the column with the row requested present
    absent: np.ndarray  # and absent
    command: str

    @property
    def difference(self) -> np.ndarray:
        return self.present - self.absent


@dataclass(frozen=True)
class Bias:
    """``generator`` and ``read`` are None where they do not belong to the weights; ``problem`` says so then."""

    data: DataBalance | None = None
    generator: GeneratorBias | None = None
    read: np.ndarray | None = None  # (40,) share of real test pictures in which the classifier reads it; NaN: unknown
    problem: str = ""


def read_bias(root: Path) -> Bias:
    """The figures below ``root``. A file that is missing or of another form becomes a sentence in ``problem``."""
    if not (root / FILE).is_file():
        return Bias(problem=f"Nothing was measured yet. Make it with: {COMMAND} --data celeba=DIR")
    try:
        content = checkpoints.read_json(root / FILE)
        if content["names"] != list(attributes.NAMES):
            raise ValueError("it names other attributes")
        data, generator = _data(content["data"]), _generator(content["generator"])
    except (CheckpointError, KeyError, TypeError, ValueError) as error:
        return Bias(problem=f"{FILE} cannot be read ({str(error)[:120]}). Make it again with: {COMMAND}")
    return _matched(root, data, generator)


def _matched(root: Path, data: DataBalance, generator: GeneratorBias) -> Bias:
    """Keep what was measured with the weights that are here."""
    for part, mark in generator.weights.items():
        here = _fingerprint(root / part)
        if here != mark:
            words = f"has the weights {here}" if here else "is not here"
            problem = (
                f"The faces of this page were measured with the weights {mark} of {part}, which now {words}; so their "
                f"figures are not shown. Measure them again with: {COMMAND}"
            )
            return Bias(data, problem=problem)
    return Bias(data, generator, _read_on_photographs(root))


def _data(content: dict[str, Any]) -> DataBalance:
    both, pictures = _numbers(content["both"], 2), int(content["pictures"])
    present = np.diag(both) / pictures
    spread = np.sqrt(np.outer(present * (1 - present), present * (1 - present)))
    correlation = (both / pictures - np.outer(present, present)) / np.maximum(spread, 1e-12)
    count = np.diag(both)
    with_row = both / np.maximum(count[:, None], 1)
    without = (count[None] - both) / np.maximum(pictures - count[:, None], 1)
    return DataBalance(pictures, present, correlation, with_row - without, str(content["command"]))


def _generator(content: dict[str, Any]) -> GeneratorBias:
    weights = {str(part): str(mark) for part, mark in content["weights"].items() if part in checkpoints.COMMANDS}
    return GeneratorBias(
        weights,
        int(content["faces"]),
        int(content["each"]),
        _numbers(content["drawn"], 1),
        _numbers(content["unset"], 1),
        _numbers(content["present"], 2),
        _numbers(content["absent"], 2),
        str(content["command"]),
    )


def _numbers(values: Any, dimensions: int) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (attributes.COUNT,) * dimensions or not np.isfinite(array).all():
        raise ValueError("its tables are not 40 by 40 numbers")
    return array


def _read_on_photographs(root: Path) -> np.ndarray | None:
    """From its own figures: of what is there it reads ``recall``, and ``precision`` of what it reads is right."""
    try:
        metrics = checkpoints.read_json(root / JUDGE / "metrics.json")
        if metrics["weights"] != _fingerprint(root / JUDGE):
            return None
        rows = [metrics["attributes"][name] for name in attributes.NAMES]
        return np.array([_share_read(row) for row in rows])
    except (CheckpointError, KeyError, TypeError):
        return None


def _share_read(row: dict[str, Any]) -> float:
    precision = row["precision"]
    return row["present"] * row["recall"] / precision if precision and precision > 0 else float("nan")


def _fingerprint(folder: Path) -> str:
    """Empty where the weights are not there."""
    path = checkpoints.weights(folder)
    return _hashed(folder, path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else ""


@lru_cache(maxsize=16)
def _hashed(folder: Path, *_changed: int) -> str:
    return checkpoints.fingerprint(folder)
