"""What a person brings: picture files, folders and zips of them, mixed. The good ones are taken, each bad one has its
reason, and whatever is left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from core.data.archive import MOST_LIST, Archive, is_system_file
from core.images import PictureError
from core.pipelines.folders import Member, Opened

SIDE = 512  # pixels: the largest model sees 256
MOST_FAILURES = 256  # files that cannot be used; after so many no more are opened
NAMED = 3  # files of one reason that are named one by one

Picture = tuple[str, Image.Image]
Problem = tuple[str, str]


class LeftOut:
    """Files that were not taken, by reason: a few names of each and how many there are. Bounded, whatever comes."""

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
        """(file or files, reason): one line per file where a reason has few, else one for them all."""
        found: list[Problem] = []
        for reason, count in self._counts.items():
            names = self._names[reason]
            if count == len(names):
                found += [(name, reason) for name in names]
            else:
                found.append((f"{names[0]} and {count - 1:,} more", reason))
        return found


def collect(paths: Iterable[str | Path], most: int = 64, *, side: int = SIDE) -> tuple[list[Picture], list[Problem]]:
    """Picture files, folders and zips -> up to ``most`` pictures with their names, and what was left out and why.

    Pictures much larger than ``side`` come back smaller, their shorter side no less than that. What is beyond the
    limits is not opened; one problem tells how many there were and which limit it was.
    """
    left_out = LeftOut()
    pictures = [(opened.name, opened.image) for opened in take(paths, most, side, left_out)]
    return pictures, left_out.problems()


def take(paths: Iterable[str | Path], most: int, side: int, left_out: LeftOut) -> Iterator[Opened]:
    """The pictures of :func:`collect` one after the other; the others go to ``left_out``."""
    taken = failed = 0
    for member in brought(paths, left_out):
        if taken >= most:
            left_out.add(member.name, f"Not opened, because there was room for {most:,}. Add it afterwards.")
        elif failed >= MOST_FAILURES:
            left_out.add(member.name, f"Not opened, because {MOST_FAILURES} others could not be used.")
        elif (opened := member.open(side)).image is None:
            failed += 1
            left_out.add(opened.name, opened.problem)
        else:
            taken += 1
            yield opened


def brought(paths: Iterable[str | Path], left_out: LeftOut) -> Iterator[Member]:
    """Everything that may be a picture: files as they are, members of zips and folders under the name of these.

    What is wrong with a whole zip or folder, and files in it that are no pictures, go to ``left_out``.
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
    """By its first bytes or its name: pictures that carry a zip behind their end stay pictures."""
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\3\4", b"PK\5\6") or path.suffix.lower() == ".zip"
    except OSError:
        return False
