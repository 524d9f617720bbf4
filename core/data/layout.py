"""Finds the tables and pictures of a data set wherever publishers and people put them: folders, zips, zips in folders."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from core.data.archive import Archive, ArchiveError
from core.data.tables import Table, TableError, base_name, read_table

log = logging.getLogger(__name__)

MAIN_TABLE = "list_attr_celeba"
_DEEPEST = 3  # folders between the data set's own and a zip or table in it
_TABLES = (".txt", ".csv", ".tsv")
_ANNOTATIONS = {"anno", "annos", "annotations", "eval"}  # the official folders beside that of the pictures
_WILD = re.compile(r"(^|/)img_celeba(\.zip)?(/|$)")  # whole photos under the same names as the aligned pictures
_PACKED = re.compile(r"\.(7z|rar|tar|gz|tgz|xz|bz2)(\.\d+)?$", re.IGNORECASE)


class PictureFiles:
    """Pictures of several archives as one: name -> (archive, its member)."""

    def __init__(self, path: Path, members: Mapping[str, tuple[Archive, str]]) -> None:
        self.path, self._members = path, members

    def read(self, name: str) -> bytes:
        """Read a picture's bytes. Raises as :meth:`Archive.read` does."""
        archive, member = self._members[name]
        return archive.read(member)

    def digest(self, names: Sequence[str]) -> str:
        """Hash the names and contents of these pictures."""
        digest = hashlib.sha256()
        for archive in {id(archive): archive for archive, _ in self._members.values()}.values():
            owned = [name for name in names if self._members[name][0] is archive]
            digest.update(f"{owned}\0{archive.digest([self._members[name][1] for name in owned])}\n".encode())
        return digest.hexdigest()[:20]


@dataclass(frozen=True)
class Found:
    """Pictures that a table names, sorted: ``rows`` int64 (N,) are their rows; ``notes`` say what was left out."""

    archive: Archive | PictureFiles
    members: list[str]
    rows: np.ndarray
    notes: tuple[str, ...]


class Layout:
    """A data set's folder or zip, with the zips that lie in the folder; a context manager.

    Raises ``FileNotFoundError`` if there is nothing, and ``ArchiveError`` for a file that is no zip.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._stack = ExitStack()
        self._problems: list[str] = []  # of zips that cannot be used
        first = self._stack.enter_context(Archive(path))
        self._archives = {path.name if path.is_file() else "": first}
        for name in first.names() if path.is_dir() else ():
            if name.lower().endswith(".zip") and name.count("/") < _DEEPEST:
                try:
                    self._archives[name] = self._stack.enter_context(Archive(path / name))
                except ArchiveError as error:
                    self._problems.append(f"{name}: {error}")

    def __enter__(self) -> Layout:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def table(
        self, title: str, wanted: Sequence[str] | None = None, words: Mapping[str, int] | None = None
    ) -> Table | None:
        """Read the table ``title``, as text in any form, or None if there is none. Raises ``TableError``.

        It may lie in the set, or beside its pictures if the set has no label table of its own.
        """
        inside = self._inside(title)
        beside = [] if inside or self._inside(MAIN_TABLE) else self._beside(title)
        if not inside and not beside:
            self._check_other_forms(title)
            return None
        where, archive, member = (inside or beside)[0]
        if len(inside or beside) > 1:
            log.info("%s is there %d times; %s is used.", title, len(inside or beside), where)
        return read_table(archive.read(member) if archive else Path(member).read_bytes(), where, wanted, words)

    def pictures(self, table: Table) -> Found:
        """Find the pictures that the table names, in all folders and zips. Raises ``ArchiveError`` if there are none."""
        places = self._picture_places()
        rows = table.match([member for _, member in places])
        groups = Counter(_group(*place) for place, row in zip(places, rows, strict=True) if row >= 0)
        if not groups:
            raise ArchiveError(self._nothing_found(table, len(places)))
        groups = Counter({key: n for key, n in groups.items() if not _WILD.search("/".join(key))}) or groups
        order = {key: rank for rank, key in enumerate(sorted(groups, key=lambda key: (-groups[key], not key[0], key)))}
        chosen: dict[int, tuple[str, str]] = {}
        unnamed = twice = 0
        mine = [(order[_group(*place)], place, int(row)) for place, row in zip(places, rows, strict=True) if _group(*place) in order]
        for _, place, row in sorted(mine):
            unnamed += row < 0
            twice += row in chosen
            if row >= 0:
                chosen.setdefault(row, place)
        return self._found(chosen, _left_out(table, len(chosen), unnamed, twice))

    def _found(self, chosen: dict[int, tuple[str, str]], notes: tuple[str, ...]) -> Found:
        keys = {key for key, _ in chosen.values()}
        if len(keys) == 1:
            archive = self._archives[keys.pop()]
            members = {member: row for row, (_, member) in chosen.items()}
        else:
            named = {f"{key}/{member}".lstrip("/"): (self._archives[key], member) for key, member in chosen.values()}
            archive = PictureFiles(self.path, named)
            members = {f"{key}/{member}".lstrip("/"): row for row, (key, member) in chosen.items()}
        names = sorted(members)
        return Found(archive, names, np.array([members[name] for name in names]), notes)

    def _picture_places(self) -> list[tuple[str, str]]:
        """List (archive, member) of every picture; zips without usable ones are remembered with the cause."""
        places = []
        for key, archive in self._archives.items():
            try:
                places += [(key, member) for member in archive.pictures()]
            except ArchiveError as error:
                if key:  # a folder that holds only zips is not a fault: these are opened, too
                    self._problems.append(f"{key}: {error}")
        return places

    def _inside(self, title: str) -> list[tuple[str, Archive | None, str]]:
        found = []
        for key, archive in self._archives.items():
            for member in archive.names():
                if member.count("/") <= _DEEPEST and _is_table(member, title):
                    where = f"{key}, {base_name(member)}" if key else str(self.path / member)
                    found.append((member.count("/"), bool(key), member, (where, archive, member)))
        return [entry for *_, entry in sorted(found, key=lambda one: one[:3])]

    def _beside(self, title: str) -> list[tuple[str, Archive | None, str]]:
        for root in (self.path.parent, self.path.parent.parent):
            folders = [root, *(p for p in sorted(root.iterdir()) if p.name.lower() in _ANNOTATIONS and p.is_dir())]
            files = [p for folder in folders for p in sorted(folder.iterdir()) if _is_table(p.name, title) and p.is_file()]
            if files:
                return [(str(file), None, str(file)) for file in files]
        return []

    def _check_other_forms(self, title: str) -> None:
        """Raise ``TableError`` for a table in a form that is not text."""
        for key, archive in self._archives.items():
            for member in archive.names():
                name = base_name(member)
                if name.lower().startswith(f"{title.lower()}.") and not name.lower().endswith(".zip"):
                    where = f"{key}, {name}" if key else str(self.path / member)
                    raise TableError(f"{where} is not a text table; save it as {title}.csv.")

    def _nothing_found(self, table: Table, count: int) -> str:
        if self._problems:
            return self._problems[0]
        packed = [name for archive in self._archives.values() for name in archive.names() if _PACKED.search(name)]
        if not count and packed:
            return f"{packed[0]} is an archive that is not opened here; unpack it, or bring the pictures as a zip."
        if not count:
            return f"{self.path} holds no pictures."
        return (
            f"None of the {count:,} pictures in {self.path} is named in {table.where}, whose first row is {table.names[0]}."
        )


def _is_table(member: str, title: str) -> bool:
    """``List_Attr_CelebA (1).csv`` is a table ``list_attr_celeba``: browsers number what is downloaded again."""
    path = PurePosixPath(member)
    return path.suffix.lower() in _TABLES and re.sub(r"[ _-]?\(\d+\)$", "", path.stem).lower() == title.lower()


def _group(key: str, member: str) -> tuple[str, str]:
    return key, PurePosixPath(member).parent.as_posix()


def _left_out(table: Table, found: int, unnamed: int, twice: int) -> tuple[str, ...]:
    notes = []
    if lacking := len(table.names) - found:
        notes.append(f"Pictures that {table.where} names and that are not there: {lacking:,}.")
    if unnamed:
        notes.append(f"Pictures that {table.where} does not name are left out: {unnamed:,}.")
    if twice:
        notes.append(f"Pictures that are there twice are read once: {twice:,}.")
    if table.count is not None and table.count != len(table.names):
        notes.append(f"{table.where} states {table.count:,} rows and has {len(table.names):,}.")
    return tuple(notes)
