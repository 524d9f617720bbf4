"""Reads the measured figures of all generators from ``compare.json``, which ``evaluate.py compare`` writes.

Nothing is measured here and no network is loaded. A file can hold anything: what is no number is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core import checkpoints
from core.checkpoints import CheckpointError
from core.pipelines.compare.makers import KINDS

FILE = "compare.json"  # in the checkpoint root
COMMAND = "python scripts/evaluate.py compare --data celeba=DIR"
TITLES = {
    **{name: kind.title for name, kind in KINDS.items()},
    "gan-of-photo": "GAN, of a photo's embedding",
    "variations-of-photo": "Variations, of a photo's embedding",
    "real_training_pictures": "Real training pictures",
    "reconstructed_test_pictures": "Reconstructed test pictures",
}
FIGURES = (
    "frechet",
    "kernel",
    "precision",
    "recall",
    "diversity",
    "attribute_auc",
    "nearest_training_picture",
    "milliseconds",
)


@dataclass(frozen=True)
class MeasuredRow:
    """A generator, or with ``bound`` real pictures: the figures that were measured of it, by the names of FIGURES."""

    name: str
    title: str
    figures: Mapping[str, float]
    bound: bool = False


@dataclass(frozen=True)
class Figures:
    """All that was measured by one protocol. Without ``rows`` nothing was, and ``notes`` say so."""

    rows: tuple[MeasuredRow, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()  # title, and how to get it
    pictures: int = 0
    machine: str = ""
    command: str = COMMAND
    notes: tuple[str, ...] = ()

    def of(self, name: str, figure: str) -> float | None:
        """One figure; None where it was not measured."""
        return next((row.figures.get(figure) for row in self.rows if row.name == name), None)


def read_figures(root: Path) -> Figures:
    """Read ``compare.json`` of a checkpoint root. Never raises for what the file holds."""
    if not (root / FILE).is_file():
        return Figures(notes=(f"The generators were not compared yet. Compare them with: {COMMAND}",))
    try:
        found = checkpoints.read_json(root / FILE)
        rows = [*_rows(found["generators"], False), *_rows(found["bounds"], True)]
        missing = tuple((TITLES[name], str(problem)) for name, problem in found["missing"].items() if name in KINDS)
        pictures, made = int(found["pictures"]), dict(found["made_with"])
    except (CheckpointError, KeyError, TypeError, ValueError, AttributeError):
        return Figures(notes=(f"{FILE} cannot be read. Write it again with: {COMMAND}",))
    rows.sort(key=lambda row: row.figures.get("frechet", math.inf))
    notes = tuple(_outdated(root, made))
    machine, command = str(found.get("machine", ""))[:120], str(found.get("command", COMMAND))[:400]
    return Figures(tuple(rows), missing, pictures, machine, command, notes)


def _rows(found: Mapping[str, Mapping[str, object]], bound: bool) -> list[MeasuredRow]:
    rows = []
    for name, figures in found.items():
        kept = {key: float(figures[key]) for key in FIGURES if _is_number(figures.get(key))}
        if name in TITLES and kept:
            rows.append(MeasuredRow(name, TITLES[name], kept, bound))
    return rows


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _outdated(root: Path, made: Mapping[str, str]) -> list[str]:
    """A sentence where the weights have changed since."""
    here = [part for part in made if not checkpoints.missing(root / part)]
    other = [part for part in here if checkpoints.fingerprint(root / part) != made[part]]
    if not other:
        return []
    return [f"These are the figures of other weights of {', '.join(other)}. Measure again with: {COMMAND}"]
