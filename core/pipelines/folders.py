"""Reads folders and zips of pictures, for the page and the commands: each picture, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from PIL import Image

from core.data.archive import Archive, ArchiveError
from core.images import PictureError, open_sized
from core.photos.squares import READ_SIDE, FaceAligner


@dataclass(frozen=True)
class Opened:
    """One member of a folder or zip: its picture, or why it cannot be opened."""

    name: str
    image: Image.Image | None = None
    size: tuple[int, int] = (0, 0)  # width and height before it was reduced
    problem: str = ""


@dataclass(frozen=True)
class Member:
    """One file that may be a picture. It is not read before ``open``."""

    name: str
    read: Callable[[], bytes | Path]  # raises PictureError

    def open(self, max_side: int | None = None, aligner: FaceAligner | None = None) -> Opened:
        """Open the picture with :func:`core.images.open_sized`, which reduces large ones; else return the reason.

        With an ``aligner`` it is the square of its largest face, at most ``max_side``, which is then needed.
        """
        try:
            if aligner is None:
                return Opened(self.name, *open_sized(self.read(), max_side))
            photo, size = open_sized(self.read(), max(max_side, READ_SIDE))
            return Opened(self.name, aligner.square(photo, max_side), size)
        except PictureError as error:
            return Opened(self.name, problem=str(error))


def members(source: Path, most_list: int | None = None) -> Iterator[Member]:
    """List the picture files of a folder or zip by name; :class:`Archive` says which files are pictures.

    Raises ``FileNotFoundError`` if there is no folder or zip, ``PictureError`` if it has no picture files.
    """
    with Archive(source, most_list) as archive:
        names = archive.pictures()
        if not names:
            raise ArchiveError(f"{source.name[:80] or source} holds no picture files.")
        for name in names:
            yield Member(name, partial(archive.read, name))


def open_pictures(source: Path, max_side: int | None = None, aligner: FaceAligner | None = None) -> Iterator[Opened]:
    """Open every picture file of a folder or zip. A bad file stops nothing. Raises as :func:`members` does."""
    return (member.open(max_side, aligner) for member in members(source))


class OutputNames:
    """Maps names of members to PNG files below a folder. No file is outside it, and none is given twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._given: set[str] = set()

    def path(self, name: str) -> Path:
        """Map ``a/b.jpg`` to ``folder/a/b.png``, or ``b.jpg.png`` if ``b.png`` is taken. Raises ``PictureError``."""
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
