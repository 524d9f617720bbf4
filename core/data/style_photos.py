"""Reads a person's pictures of a style: crops and counts them, and refuses a set that cannot train a style."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core.checkpoints import CheckpointError
from core.data.archive import Archive
from core.images import PictureError, open_picture, to_pixels

LEAST, MOST = 5, 200


class StyleError(CheckpointError):
    """A style that cannot be trained or found; the message is one sentence for the user."""


def read_photos(source: Path, size: int) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Read a folder or zip: centre squares uint8 (N, size, size, 3), and (name, reason) of files left out.

    Raises ``StyleError`` as :func:`check_photos` does.
    """
    kept, problems = [], []
    with Archive(source) as archive:
        names = archive.pictures()
        check_count(len(names))
        for name in names:
            try:
                kept.append(to_pixels(open_picture(archive.read(name), size), size))
            except PictureError as error:
                problems.append((name, str(error)))
    return check_photos(kept), problems


def check_count(count: int) -> None:
    """Raise ``StyleError`` for too few or too many pictures."""
    if count < LEAST:
        raise StyleError(f"A style needs at least {LEAST} pictures; {count} {'is' if count == 1 else 'are'} here.")
    if count > MOST:
        raise StyleError(f"A style is trained on at most {MOST} pictures, and these are {count:,}; choose the clearest.")


def check_photos(pixels: Sequence[np.ndarray]) -> np.ndarray:
    """Stack pictures of one size without duplicates. Raises ``StyleError`` if fewer than ``LEAST`` differ."""
    check_count(len(pixels))
    different = list({_look(one): one for one in reversed(pixels)}.values())[::-1]
    if len(different) < LEAST:
        raise StyleError(
            f"Only {len(different)} of these {len(pixels)} pictures differ; a style needs at least {LEAST} that do."
        )
    return np.stack(different)


def _look(pixels: np.ndarray) -> bytes:
    """Return a coarse grey thumbnail, equal for pictures that look the same."""
    small = Image.fromarray(pixels).convert("L").resize((8, 8), Image.Resampling.BOX)
    return (np.asarray(small) // 8).tobytes()
