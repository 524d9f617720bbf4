"""Collects uploaded pictures: files, folders and zips, mixed. Each file that cannot be used has a reason, and all files
that are left out are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from core.data.archive import MOST_LIST, Archive, is_system_file
from core.images import PictureError
from core.photos.squares import FaceAligner
from core.pipelines.folders import Member, Opened

SIDE = 512  # pixels: the largest model sees 256
MOST_FAILURES = 256  # unusable files after which no more are opened
NAMED = 3  # files per reason that are listed by name

Picture = tuple[str, Image.Image]
Problem = tuple[str, str]


class LeftOut:
    """Files that were left out, by reason: a few names and the count. Its size is bounded."""

    MOST_REASONS = 24

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, name: str, reason: str) -> None:
        if reason not in self._counts and len(self._counts) >= self.MOST_REASONS:
            reason = "It was left out for another reason."
        self._counts[reason] = self._counts.get(reason, 0) + 1
        names = self._names.setdefault(reason, [])
        if len(names) < NAMED:
            names.append(name)

    def problems(self) -> list[Problem]:
        """List (file or files, reason): one line per file if a reason has few, else one line for all."""
        found: list[Problem] = []
        for reason, count in self._counts.items():
            names = self._names[reason]
            if count == len(names):
                found += [(name, reason) for name in names]
            else:
                found.append((f"{names[0]} and {count - 1:,} more", reason))
        return found


def collect(
    paths: Iterable[str | Path], most: int = 64, *, side: int = SIDE, aligner: FaceAligner | None = None
) -> tuple[list[Picture], list[Problem]]:
    """Collect up to ``most`` pictures with their names from files, folders and zips, and what was left out and why.

    Pictures much larger than ``side`` are reduced; their shorter side stays at least ``side``. With an ``aligner`` a
    picture is the square of its largest face, at most ``side``, and one without a face is left out. Files beyond a
    limit are not opened; one problem says how many there were and which limit it was.
    """
    left_out = LeftOut()
    pictures = [(opened.name, opened.image) for opened in take(paths, most, side, left_out, aligner)]
    return pictures, left_out.problems()


def take(
    paths: Iterable[str | Path], most: int, side: int, left_out: LeftOut, aligner: FaceAligner | None = None
) -> Iterator[Opened]:
    """Yield the pictures of :func:`collect` one by one; other files go to ``left_out``."""
    taken = failed = 0
    for member in brought(paths, left_out):
        if taken >= most:
            left_out.add(member.name, f"Not opened, because there was room for {most:,}. Add it afterwards.")
        elif failed >= MOST_FAILURES:
            left_out.add(member.name, f"Not opened, because {MOST_FAILURES} others could not be used.")
        elif (opened := member.open(side, aligner)).image is None:
            failed += 1
            left_out.add(opened.name, opened.problem)
        else:
            taken += 1
            yield opened


def brought(paths: Iterable[str | Path], left_out: LeftOut) -> Iterator[Member]:
    """Yield everything that may be a picture: files, and members of zips and folders under their names.

    Problems of a whole zip or folder, and files in it that are no pictures, go to ``left_out``.
    """
    for path in map(Path, paths):
        if path.is_dir() or _is_zip(path):
            yield from _inside(path, left_out)
        elif not is_system_file(path.name):
            yield Member(path.name, partial(Path, path))


def _inside(path: Path, left_out: LeftOut) -> Iterator[Member]:
    try:
        with Archive(path, MOST_LIST) as archive:
            names = archive.pictures()
            others = archive.others(names)
            if not names:
                raise PictureError(f"This {'folder' if path.is_dir() else 'zip'} holds no picture files.")
            if others:
                words = "1 file in it is no picture" if others == 1 else f"{others:,} files in it are no pictures"
                left_out.add(path.name, f"{words}.")
            for name in names:
                yield Member(f"{path.name}/{name}", partial(archive.read, name))
    except PictureError as error:
        left_out.add(path.name, str(error))


def _is_zip(path: Path) -> bool:
    """Tell a zip by its first bytes or its name: a picture with a zip appended is a picture."""
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\3\4", b"PK\5\6") or path.suffix.lower() == ".zip"
    except OSError:
        return False
