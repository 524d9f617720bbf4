"""Reads tables whose rows are attributes to draw, in any form of text table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.attributes import COUNT, INDEX, NAMES, AttributeValueError, strength
from core.data.dialect import TableError, split_table
from core.data.tables import INDICES, PICTURE_TITLES, plain_title


def read_attribute_rows(path: str | Path) -> np.ndarray:
    """A table with the 40 official names as header (any order) and rows in [-1, 1] -> float32 (N, 40).

    Columns of picture names or row numbers are passed over, so that a label table is one, too. Raises
    ``AttributeValueError`` with the line.
    """
    try:
        lines = list(split_table(Path(path).read_bytes(), str(path)).rows)
    except TableError as error:
        raise AttributeValueError(f"{error} A table has a header with the 40 attribute names.") from error
    (_, header), rows = lines[0], lines[1:]
    if rows and len(rows[0][1]) == len(header) + 1:  # the official form has no title above the pictures' names
        header = ["", *header]
    at = _columns(path, header)
    table = np.zeros((len(rows), COUNT), dtype=np.float32)
    for number, (line, row) in enumerate(rows):
        row = row[: len(header)] if not any(row[len(header) :]) else row
        if len(row) != len(header):
            raise AttributeValueError(f"{path}, line {line}: {len(row)} values where {len(header)} are needed.")
        table[number] = [strength(row[at[name]], f"{path}, line {line}, {name}") for name in NAMES]
    return table


def _columns(path: str | Path, header: list[str]) -> dict[str, int]:
    """Attribute -> its column. Raises ``AttributeValueError`` unless each of the 40 is there once."""
    official = {plain_title(name): name for name in NAMES}
    named = [(official.get(plain_title(title)), at) for at, title in enumerate(header)]
    passed = INDICES | PICTURE_TITLES
    unknown = [header[at] for name, at in named if name is None and plain_title(header[at]) not in passed]
    places = {name: at for name, at in named if name}
    missing = [name for name in INDEX if name not in places]
    repeated = len(places) < sum(name is not None for name, _ in named)
    if unknown or missing or repeated:
        what = ("unknown", unknown) if unknown else ("missing", missing or ["none, but repeated"])
        detail = f"{what[0]} {', '.join(what[1][:3])}"
        raise AttributeValueError(f"{path}: the header must hold each of the 40 attribute names once ({detail}).")
    return places
