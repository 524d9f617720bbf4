"""Splits text tables into cells, whatever program wrote them: separators, quotes, encodings, line ends, a count line."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.data.errors import DataError

_SEPARATORS = "\t;,|"  # where none of them is in every line, cells are separated by white space
_SAMPLE = 50  # lines that the dialect is read from
_LINE_END = re.compile(r"\r\n|\n|\r")
_STATED = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # the first line of some spreadsheets' files
_OTHER = (  # first bytes -> what the file is instead of a table
    (rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|script)\b", "a web page"),
    (rb"PK\x03\x04.*?xl/|\xd0\xcf\x11\xe0", "a spreadsheet; save it as CSV"),
    (rb"PK\x03\x04|PK\x05\x06", "a zip; unpack it"),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", "a packed file; unpack it"),
    (rb"version https://git-lfs", "a pointer of Git LFS and not the table itself"),
    (rb"PAR1", "a Parquet file; save it as CSV"),
    (rb"\s*[{\[]", "JSON; save it as CSV"),
    (rb"%PDF", "a PDF"),
)
_ANYTHING_ELSE = tuple((re.compile(pattern, re.DOTALL | re.IGNORECASE), words) for pattern, words in _OTHER)
_SIGNATURES = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class TableError(DataError):
    """A table that cannot be read; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class Cells:
    """A table's lines: ``first`` are those that its form is read from, ``rows`` all of them, each with its number in
    the file. ``count`` is what a line before the others says about how many there are."""

    first: list[tuple[int, list[str]]]
    rows: Iterator[tuple[int, list[str]]]
    count: int | None = None


def split_table(data: bytes, where: str) -> Cells:
    """Split a file's bytes into cells without quotes and spaces around them. Raises :class:`TableError`."""
    lines = [(n, line) for n, line in enumerate(_LINE_END.split(_decoded(data, where)), 1) if _counts(line)]
    if not lines:
        raise TableError(f"{where} is empty.")
    stated = _STATED.fullmatch(lines[0][1])
    count = None if stated else _count_line(lines[0][1])
    lines = lines[1:] if stated or (count is not None and len(lines) > 1) else lines
    separator = stated[1] if stated else _separator([line for _, line in lines[:_SAMPLE]])
    rows = _rows(lines, separator, where)
    first = list(itertools.islice(rows, _SAMPLE))
    return Cells(first, itertools.chain(first, rows), count)


def _decoded(data: bytes, where: str) -> str:
    head = data[:4096]
    other = next((words for pattern, words in _ANYTHING_ELSE if pattern.match(head)), None)
    if other:
        raise TableError(f"{where} is {other}.")
    encoding = next((name for signature, name in _SIGNATURES if data.startswith(signature)), None)
    if encoding is None and b"\0" in head:  # UTF-16 without a mark: which bytes are zero tells the order
        encoding = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    text = data.decode(encoding or "utf-8", "replace")
    if "\0" in text:
        raise TableError(f"{where} is no text table.")
    return text


def _counts(line: str) -> bool:
    """Return whether a line is neither empty nor a comment."""
    return bool(line.strip(" \t;,|\"'")) and not line.lstrip().startswith("#")


def _count_line(line: str) -> int | None:
    """Read the line that holds one number alone: official tables begin with how many pictures there are."""
    alone = line.strip(" \t;,|\"'")
    return int(alone) if alone.isdecimal() else None


def _separator(lines: Sequence[str]) -> str:
    """Choose the separator that nine lines of ten have, and have most of. The header may have other cells."""
    plain = [re.sub(r"\"[^\"]*\"|'[^']*'", "", line) for line in (lines[1:] or lines)]
    counts = {separator: sorted(line.count(separator) for line in plain) for separator in _SEPARATORS}
    fewest = {separator: each[len(each) // 10] for separator, each in counts.items()}
    best = max(fewest, key=fewest.get)
    return best if fewest[best] else " "


def _rows(lines: Sequence[tuple[int, str]], separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    texts = (" ".join(line.split()) if separator == " " else line for _, line in lines)
    single = not any('"' in line for _, line in lines[:_SAMPLE])
    reader = csv.reader(texts, delimiter=separator, quotechar="'" if single else '"', skipinitialspace=True)
    before = 0
    try:
        for row in reader:
            if reader.line_num != before + 1:
                raise TableError(f"{where}, line {lines[before][0]}: a quote is opened and never closed.")
            yield lines[before][0], [cell.strip() for cell in row]
            before = reader.line_num
    except csv.Error as error:
        raise TableError(f"{where}, line {lines[before][0]}: this is no line of a table ({error}).") from error
