"""Opens CelebA in the layouts in which people have it: the official folders, Kaggle's archive, and what was made of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import attributes
from core.data.archive import Archive
from core.data.cache import cached_pixels
from core.data.errors import DataError
from core.data.layout import MAIN_TABLE, Layout, PictureFiles
from core.data.picture_set import PARTS, PictureSet, seeded_split
from core.data.tables import Table, TableError

log = logging.getLogger(__name__)

CENTRED = 64  # up to this size, whole pictures give their centre square, as the weights of 64 px learned it
PARTITION, IDENTITY = "list_eval_partition", "identity_CelebA"
_PARTS = {**PARTS, "training": 0, "valid": 1, "validation": 1, "testing": 2, "eval": 1}


@dataclass(frozen=True)
class Listing:
    """What a CelebA folder holds, before a picture is decoded. Arrays and names are aligned with ``members``.

    ``labels`` int8 (N, 40) of -1 and 1; ``split`` int8 (N,) of 0 train, 1 val, 2 test; ``notes`` say what is left out.
    """

    archive: Archive | PictureFiles
    members: list[str]
    names: tuple[str, ...]
    labels: np.ndarray
    split: np.ndarray
    identities: np.ndarray | None
    notes: tuple[str, ...]


def list_celeba(layout: Layout) -> Listing:
    """The pictures of an open layout with their labels. Raises :class:`DataError` where it has no table of labels."""
    table = layout.table(MAIN_TABLE, attributes.NAMES)
    if table is None:
        raise DataError(f"{layout.path} has no list_attr_celeba.txt or .csv; see the README for CelebA's layout.")
    labels, notes = _labels(table)
    found = layout.pictures(table)
    parts, people = partition_of(layout), layout.table(IDENTITY)
    row_of = dict(zip(found.members, found.rows, strict=True))
    members = found.members
    for other in (parts, people):
        members, more = _named_in(other, members)
        notes += more
    rows = [row_of[member] for member in members]
    names = tuple(table.names[row] for row in rows)
    identities, split = _column(people, members), _column(parts, members)
    if split is None:
        split = seeded_split(names if identities is None else identities.tolist())
    notes = (*notes, *found.notes)
    return Listing(found.archive, members, names, labels[rows], split.astype(np.int8), identities, notes)


def load_celeba(path: Path, size: int, cache: Path) -> PictureSet:
    """CelebA as folders, zips or both, with text tables of any form; all but the labels may lack.

    Pictures that a table lacks are left out, and a warning counts them. Whole aligned pictures give the face crop
    (:func:`core.images.face_crop`) above 64 px, else the centre square.
    """
    with Layout(path) as layout:
        found = list_celeba(layout)
        for note in found.notes:
            log.warning(note)
        archive, listed = found.archive, found.members
        pixels, members, detail = cached_pixels(archive, listed, size, cache, faces=size > CENTRED)
    place = {member: index for index, member in enumerate(listed)}
    kept = [place[member] for member in members]  # without those that cannot be read
    identities = None if found.identities is None else found.identities[kept]
    names = tuple(found.names[index] for index in kept)
    labels, split = found.labels[kept], found.split[kept]
    return PictureSet("celeba", pixels, names, split, labels, identities=identities, detail=detail)


def partition_of(layout: Layout) -> Table | None:
    """Read the table that says which pictures train, validate and test: 0, 1 and 2. Raises ``TableError``."""
    table = layout.table(PARTITION, words=_PARTS)
    if table is not None:
        strange = np.flatnonzero((table.values[:, 0] < 0) | (table.values[:, 0] > 2))
        if len(strange):
            line, value = table.lines[strange[0]], table.values[strange[0], 0]
            raise TableError(f"{table.where}, line {line}: expected 0, 1 or 2 for train, validation or test, not {value}.")
    return table


def _labels(table: Table) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels int8 (N, 40) of -1 absent and 1 present. Tables of 0 and 1 are converted, and a note says so."""
    values = table.values

    def refused(where: np.ndarray, expected: str) -> TableError:
        row, column = np.argwhere(where)[0]
        named = f"{attributes.NAMES[column]} is {values[row, column]}"
        return TableError(f"{table.where}, line {table.lines[row]}: {named}, but {expected}.")

    if (np.abs(values) > 1).any():
        raise refused(np.abs(values) > 1, "labels are -1 and 1, or 0 and 1")
    zero, minus = values == 0, values == -1
    if zero.any() and minus.any():
        rare = zero if zero.sum() <= minus.sum() else minus
        other = "-1" if rare is zero else "0"
        raise refused(rare, f"other lines say {other} for what is absent: labels are -1 and 1, or 0 and 1")
    if not zero.any():
        return values.astype(np.int8), ()
    return np.where(zero, -1, values).astype(np.int8), (f"{table.where} says 0 for absent; it is read as -1.",)


def _named_in(table: Table | None, members: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Keep the pictures that an optional table names, and count the others."""
    if table is None:
        return list(members), ()
    rows = table.match(members)
    kept = [member for member, row in zip(members, rows, strict=True) if row >= 0]
    if not kept:
        raise DataError(f"{table.where} names none of the pictures; its first row is {table.names[0]}.")
    missing = len(members) - len(kept)
    return kept, (f"Pictures that {table.where} does not name are left out: {missing:,}.",) if missing else ()


def _column(table: Table | None, members: Sequence[str]) -> np.ndarray | None:
    """Return the first column of an optional table that names all these pictures."""
    return None if table is None else table.values[table.match(members), 0]
