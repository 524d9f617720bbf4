"""Folders and zips of pictures for the command lines: each picture or the reason it cannot be used, and safe names."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from core.data.archive import SUFFIXES, UNUSUAL, Archive
from core.images import PictureError, open_picture

BROKEN_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


@dataclass(frozen=True)
class Opened:
    """One member of a folder or zip: its picture, or why there is none."""

    name: str
    image: Image.Image | None = None
    problem: str = ""


def open_pictures(source: Path, max_side: int | None = None) -> Iterator[Opened]:
    """Every picture file of a folder or zip in the order of names. A bad one stops nothing.

    Raises ``FileNotFoundError`` where there is no folder or zip, ``PictureError`` where it holds no picture files.
    """
    with Archive(source) as archive:
        names = archive.pictures(SUFFIXES | UNUSUAL)
        if not names:
            raise PictureError(f"{source} holds no picture files.")
        for name in names:
            try:
                yield Opened(name, open_picture(archive.read(name), max_side))
            except PictureError as error:
                yield Opened(name, problem=str(error))
            except BROKEN_MEMBER as error:
                yield Opened(name, problem=f"It cannot be read from the archive ({str(error)[:120]}).")


class OutputNames:
    """Names of members -> PNG files below a folder. None leaves it, and none is given twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._given: set[str] = set()

    def path(self, name: str) -> Path:
        """``a/b.jpg`` -> ``folder/a/b.png`` (``b.jpg.png`` where ``b.png`` is taken). Raises ``PictureError``."""
        relative = PurePosixPath(name)
        parts = relative.parts
        if relative.is_absolute() or ".." in parts or any("\\" in part or ":" in part for part in parts):
            raise PictureError("Its name leads out of the archive.")
        for candidate in (relative.with_suffix(".png"), relative.with_name(f"{relative.name}.png")):
            target = (self.folder / candidate).resolve()
            if not target.is_relative_to(self.folder):
                raise PictureError("Its name leads out of the folder that is written to.")
            if str(target).lower() not in self._given:
                self._given.add(str(target).lower())
                return target
        raise PictureError("Another picture of the archive has the same name.")
