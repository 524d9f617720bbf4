"""What a person brings: picture files and zips of them, mixed. The good ones are taken, each bad one has its reason."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from core.data.archive import SUFFIXES, UNUSUAL, Archive
from core.images import PictureError, open_picture
from core.pipelines.folders import BROKEN_MEMBER

SIDE = 512  # pixels: the largest model sees 256
MOST_PROBLEMS = 64
MOST_LIST = 4 * 2**20  # bytes of a zip's list of members, some 40,000 of them
_END, _ZIP64 = b"PK\5\6", b"PK\6\7"

Picture = tuple[str, Image.Image]
Problem = tuple[str, str]
Read = Callable[[], bytes | Path]  # raises PictureError or what a broken archive raises


def collect(paths: Iterable[str | Path], most: int = 64, *, side: int = SIDE) -> tuple[list[Picture], list[Problem]]:
    """Picture files and zips -> up to ``most`` pictures with their names, and (name, sentence) of the others.

    Pictures much larger than ``side`` come back smaller, their shorter side no less than that. What is beyond the
    limit is not opened; one problem tells how many there were.
    """
    pictures: list[Picture] = []
    problems: list[Problem] = []
    left = 0
    for name, read in _members(paths):
        if len(pictures) >= most or len(problems) >= MOST_PROBLEMS:
            left += 1
            continue
        try:
            pictures.append((name, open_picture(read(), side)))
        except PictureError as error:
            problems.append((name, str(error)))
        except BROKEN_MEMBER as error:
            problems.append((name, f"It cannot be read from the zip ({str(error)[:120]})."))
    if left:
        reason = f"there was room for {most}" if len(pictures) >= most else "so many could not be read"
        problems.append((f"{left:,} more", f"Not opened, because {reason}. Add them afterwards."))
    return pictures, problems


def _members(paths: Iterable[str | Path]) -> Iterator[tuple[str, Read]]:
    """Files as they are, and the pictures of zips under the zip's name."""
    for path in map(Path, paths):
        if _is_zip(path):
            yield from _unpacked(path)
        else:
            yield path.name, partial(Path, path)


def _unpacked(path: Path) -> Iterator[tuple[str, Read]]:
    try:
        _check_list(path)
        with Archive(path) as archive:
            names = archive.pictures(SUFFIXES | UNUSUAL)
            if not names:
                raise PictureError("This zip holds no picture files.")
            for name in names:
                yield f"{path.name}/{name}", partial(archive.read, name)
    except PictureError as error:
        yield path.name, partial(_refuse, str(error))
    except BROKEN_MEMBER:
        yield path.name, partial(_refuse, "This zip is damaged or cut short.")


def _refuse(sentence: str) -> bytes:
    raise PictureError(sentence)


def _is_zip(path: Path) -> bool:
    """By its first bytes or its name: pictures that carry a zip behind their end stay pictures."""
    try:
        with open(path, "rb") as file:
            return file.read(4) in (b"PK\3\4", _END) or path.suffix.lower() == ".zip"
    except OSError:
        return False


def _check_list(path: Path) -> None:
    """Refuses a zip whose list of members would take much memory, before that list is read."""
    with open(path, "rb") as file:
        start = max(0, file.seek(0, 2) - 65_557)  # the end record and the longest comment
        file.seek(start)
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise PictureError("This zip is damaged or cut short.")
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if length > MOST_LIST or tail[max(0, at - 20) : at].startswith(_ZIP64):
        raise PictureError("This zip lists too many files; pack fewer into one.")
