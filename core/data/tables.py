"""Reads CelebA's label tables in both published forms: the official ``.txt`` (spaces) and Kaggle's ``.csv`` (commas)."""

from __future__ import annotations

from pathlib import Path


class TableError(ValueError):
    """A label table that cannot be read; the message names the file and the line."""


def find(folder: Path, stem: str) -> Path | None:
    """Find the table ``stem`` as txt or csv in ``folder`` or one level below; None if there is none."""
    for suffix in (".txt", ".csv"):
        for candidate in (folder / f"{stem}{suffix}", *sorted(folder.glob(f"*/{stem}{suffix}"))):
            if candidate.is_file():
                return candidate
    return None


def read(path: Path, *, header: bool) -> tuple[list[str], dict[str, list[int]]]:
    """Read a table: (column names, {picture name: integers}).

    ``header`` says whether the official txt form has a count line and a line of names (attributes, boxes,
    landmarks) or none (partition, identity); the csv form always has its names in the first line.
    """
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    csv = path.suffix == ".csv"
    columns: list[str] = []
    start = 0
    if csv:
        columns, start = [cell.strip() for cell in lines[0].split(",")][1:] if lines else [], 1
    elif header:
        if len(lines) < 2 or not lines[0].strip().isdigit():
            raise TableError(f"{path}: the first line should be the number of pictures, the second the column names.")
        # The boxes' table names its first column, the others do not.
        columns, start = [name for name in lines[1].split() if name != "image_id"], 2
    rows: dict[str, list[int]] = {}
    for number, line in enumerate(lines[start:], start=start + 1):
        cells = [cell.strip() for cell in line.split(",")] if csv else line.split()
        if not cells or cells == [""]:
            continue
        try:
            values = [int(cell) for cell in cells[1:]]
        except ValueError:
            raise TableError(f"{path}, line {number}: expected a file name and integers.") from None
        if columns and len(values) != len(columns):
            raise TableError(f"{path}, line {number}: {len(values)} values where {len(columns)} are needed.")
        rows[cells[0]] = values
    if not rows:
        raise TableError(f"{path} holds no rows.")
    return columns, rows
