"""The options of an evaluation, and the pictures that it uses."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data import DataError, PictureSet


@dataclass(frozen=True)
class Options:
    """``command`` is recorded as it is; ``work`` takes what holds data pictures and is never shipped."""

    command: str = ""
    part: str = "test"
    samples: int = 2000  # faces drawn for distances
    control: int = 100  # faces drawn per attribute and direction
    prior: int = 1000  # samples of N(0, 1) decoded by an autoencoder
    most: int | None = None  # test pictures per set that an autoencoder is measured on, spread evenly; None: all
    work: Path = Path("runs/evaluation")


def wanted(sets: Mapping[str, PictureSet], kind: str, why: str, least: int = 2) -> PictureSet:
    """The set of a kind with at least so many pictures per part that counts, or a sentence."""
    if kind not in sets:
        raise DataError(f"{why} Give it with --data {kind}=DIR.")
    for part in ("train", "test"):
        if len(sets[kind].indices(part)) < least:
            raise DataError(f"{kind} has fewer than {least} pictures in its {part} part.")
    return sets[kind]


def counted(sets: Mapping[str, PictureSet], part: str) -> dict[str, int]:
    return {kind: len(picture_set.indices(part)) for kind, picture_set in sets.items()}


def recorded(arguments: Sequence[str]) -> str:
    """The arguments of a program -> the command to write down. Where on this machine something lies stays out of it:
    a path outside the working directory keeps its last part only, ``celeba=/home/me/celeba`` is ``celeba=DIR/celeba``.
    """
    program, *rest = arguments
    return shlex.join(["python", f"scripts/{Path(program).name}", *(_without_place(argument) for argument in rest)])


def _without_place(argument: str) -> str:
    key, separator, path = argument.rpartition("=")
    if not Path(path).is_absolute() and ".." not in Path(path).parts:
        return argument
    try:
        kept = Path(path).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        kept = f"DIR/{Path(path).name}"
    return f"{key}{separator}{kept}"
