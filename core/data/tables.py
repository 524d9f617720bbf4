"""Reads tables of numbers by picture: CelebA's official ``.txt``, Kaggle's ``.csv`` and what programs make of them.

Which column holds the names, and whether there is a header or an index, is read from the table and not from its suffix.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from core.data.dialect import Cells, TableError, split_table
from core.images.formats import SUFFIXES

_NUMBER = re.compile(r"[-+]?\d+(?:\.0*)?")
_PICTURE = re.compile(r".+\.[a-z][a-z0-9]{1,4}", re.IGNORECASE)
PICTURE_TITLES = {"imageid", "image", "imagename", "img", "imgid", "filename", "file", "name", "picture", "path", "id"}
INDICES = {"", "index", "unnamed0", "rowid"}
_WORDS = {"true": 1, "false": 0}


@dataclass(frozen=True)
class Table:
    """Numbers by picture: ``values`` int64 (N, len(columns)); ``lines`` are the rows' line numbers in the file.

    ``count`` is the number of rows that the file states, where it does.
    """

    where: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[int, ...]
    values: np.ndarray
    count: int | None = None

    def match(self, pictures: Sequence[str]) -> np.ndarray:
        """Return each picture's row, int64 (len(pictures),), -1 for none.

        Names are compared first, then stems (``000001.png`` is the row ``000001.jpg``, unless two rows have that stem),
        and numbers where no picture has a row otherwise (``000001.jpg`` is the row ``1``).
        """
        names = {name.casefold(): row for row, name in enumerate(self.names)}
        for key in (stem, _number_or_stem):
            rows: dict[object, int] = {}
            for row, name in enumerate(self.names):
                rows[key(name)] = -1 if key(name) in rows else row
            found = [names.get(base_name(name).casefold(), rows.get(key(name), -1)) for name in pictures]
            if max(found, default=-1) >= 0:
                break
        return np.array(found, dtype=np.int64)


def read_table(
    data: bytes, where: str, wanted: Sequence[str] | None = None, words: Mapping[str, int] | None = None
) -> Table:
    """Read a table of whole numbers by picture. ``where`` names it in messages.

    ``wanted`` are the columns to read, in this order and whatever their case and separators; else all are read.
    ``words`` are values that may stand for numbers. Raises :class:`TableError` with the line and what was expected.
    """
    cells = split_table(data, where)
    form = _Form.of(cells, where, wanted)
    names: list[str] = []
    lines: list[int] = []
    values: list[list[int]] = []
    known: dict[str, int] = {}
    numbers: dict[str, int] = {**_WORDS, **(words or {})}  # what was read before: most cells are -1, 0 or 1
    for line, row in cells.rows:
        if form.header is not None and not names and row == form.header:
            continue
        name, numbered = form.read(line, row, numbers)
        if name in known:
            if values[known[name]] != numbered:
                raise TableError(f"{where}, line {line}: {name} is also in line {lines[known[name]]}, with other values.")
            continue
        known[name] = len(names)
        names.append(name)
        lines.append(line)
        values.append(numbered)
    array = np.array(values, dtype=np.int64).reshape(len(names), -1)
    return Table(where, form.columns, tuple(names), tuple(lines), array, cells.count)


@dataclass(frozen=True)
class _Form:
    """Which column holds the names and which are read."""

    where: str
    header: list[str] | None
    width: int
    name_at: int
    columns: tuple[str, ...]
    columns_at: tuple[int, ...]

    @classmethod
    def of(cls, cells: Cells, where: str, wanted: Sequence[str] | None) -> _Form:
        first = [row for _, row in cells.first]
        header = first[0] if _is_header(first[0]) else None
        rows = first[1:] if header else first
        if not rows:
            raise TableError(f"{where} holds no rows.")
        widths = Counter(len(_trimmed(row)) for row in rows)
        width = max(widths, key=widths.get)  # of most rows: the others are named when they are read
        titles = _trimmed(header or [])
        if header and len(titles) == width - 1:  # official tables leave the names' column without a title
            titles = ["", *titles]
        if header and len(titles) != width:
            raise TableError(f"{where}, line {cells.first[1][0]}: {width} values where the header has {len(titles)} names.")
        name_at = _name_column(titles, rows, width)
        if wanted is not None:
            at = _places(titles, wanted, where, cells.first[0][0])
            if name_at in at:
                raise TableError(f"{where}, line {cells.first[1][0]}: {width - 1} values where {len(wanted)} are needed.")
            return cls(where, header, width, name_at, tuple(wanted), tuple(at))
        at = [i for i in range(width) if i != name_at and not _is_index(titles, i, name_at)]
        if not at:
            raise TableError(f"{where}, line {cells.first[0][0]}: expected a file name and integers.")
        return cls(where, header, width, name_at, tuple(titles[i] for i in at) if header else (), tuple(at))

    def read(self, line: int, row: list[str], numbers: dict[str, int]) -> tuple[str, list[int]]:
        """A row -> its picture's name and its numbers. Raises :class:`TableError`."""
        if len(row) != self.width:
            row = _trimmed(row, self.width)
            if len(row) != self.width:
                raise TableError(f"{self.where}, line {line}: {len(row)} values where {self.width} are needed.")
        try:
            return base_name(row[self.name_at]), [numbers[row[at]] for at in self.columns_at]
        except KeyError:
            for column, at in enumerate(self.columns_at):
                numbers[row[at]] = self._number(line, column, row[at], numbers)
            return base_name(row[self.name_at]), [numbers[row[at]] for at in self.columns_at]

    def _number(self, line: int, column: int, cell: str, numbers: Mapping[str, int]) -> int:
        if _NUMBER.fullmatch(cell):
            return int(cell.split(".")[0])
        if cell.casefold() in numbers:
            return numbers[cell.casefold()]
        title = f" of {self.columns[column]}" if self.columns else ""
        given = f"{cell[:20]!r}" if cell else "nothing"
        raise TableError(f"{self.where}, line {line}: expected a file name and integers; the value{title} is {given}.")


def base_name(name: str) -> str:
    """``img_align_celeba\\000001.jpg`` -> ``000001.jpg``."""
    return PurePosixPath(name.replace("\\", "/")).name


def stem(name: str) -> str:
    """A picture's file name -> it without folders and the suffix of a picture, in lower case."""
    path = PurePosixPath(base_name(name).casefold())
    return path.stem if path.suffix in SUFFIXES else path.name


def _number_or_stem(name: str) -> int | str:
    found = stem(name)
    return int(found) if found.isdecimal() else found


def _is_header(row: Sequence[str]) -> bool:
    return not any(_NUMBER.fullmatch(cell) or _PICTURE.fullmatch(cell) for cell in row)


def _trimmed(row: Sequence[str], width: int = 0) -> list[str]:
    """Take empty cells off the end of a row, down to a width: some programs end lines with a separator."""
    kept = list(row)
    while len(kept) > width and kept and not kept[-1]:
        kept.pop()
    return kept


def plain_title(title: str) -> str:
    """A column's title -> its letters and digits in lower case, by which titles are compared."""
    return re.sub(r"[^a-z0-9]", "", title.casefold())


def _name_column(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """Choose the column whose cells look like files, else the one with a usual title, else the first."""
    for at in range(width):
        if rows and all(len(row) > at and _PICTURE.fullmatch(row[at]) for row in rows):
            return at
    return next((at for at, title in enumerate(titles) if plain_title(title) in PICTURE_TITLES), 0)


def _is_index(titles: Sequence[str], at: int, name_at: int) -> bool:
    return plain_title(titles[at]) in INDICES if titles else at < name_at


def _places(titles: Sequence[str], wanted: Sequence[str], where: str, line: int) -> list[int]:
    places = {plain_title(title): at for at, title in enumerate(titles)}
    missing = [name for name in wanted if plain_title(name) not in places]
    if missing:
        named = ", ".join(missing[:3]) + (" ..." if len(missing) > 3 else "")
        raise TableError(
            f"{where}, line {line}: expected a header with {len(wanted)} column names, of which {len(missing)} are missing "
            f"({named})."
        )
    return [places[plain_title(name)] for name in wanted]
