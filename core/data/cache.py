"""Caches decoded pixels on disk by content: a picture set is decoded once and then memory-mapped."""

from __future__ import annotations

import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.data.archive import Archive
from core.images import PictureError, face_crop, open_picture, square_side, to_pixels

log = logging.getLogger(__name__)


def cached_pixels(
    archive: Archive, members: list[str], size: int, cache: Path, *, faces: bool = False
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Decode members of an archive: (uint8 (N, size, size, 3) memory map, names that could be read, their detail).

    ``faces`` cuts CelebA's face crop out of whole aligned pictures; else the centre square is taken. The detail, int16
    (N,), is the side of that square in the file's own pixels: below ``size`` the picture was enlarged.

    Unreadable pictures are left out and logged. The array is written to a temporary file and renamed, so a killed run
    leaves no incomplete cache.
    """
    stem = cache / f"pixels-{'face-' if faces else ''}{size}-{archive.digest(members)}"
    array_file, names_file = stem.with_suffix(".npy"), stem.with_suffix(".detail.json")
    if not (array_file.is_file() and names_file.is_file()):
        _decode(archive, members, size, faces, array_file, names_file)
    known = json.loads(names_file.read_text())
    return np.load(array_file, mmap_mode="r"), known["names"], np.array(known["detail"], dtype=np.int16)


def _decode(
    archive: Archive, members: list[str], size: int, faces: bool, array_file: Path, names_file: Path
) -> None:
    array_file.parent.mkdir(parents=True, exist_ok=True)
    part = array_file.with_suffix(f".{os.getpid()}.part")
    kept: list[str] = []
    detail: list[int] = []

    def decode(name: str) -> tuple[np.ndarray, int] | None:
        try:
            picture = open_picture(archive.read(name))
            picture = face_crop(picture) if faces else picture
            return to_pixels(picture, size), square_side(picture)
        except PictureError as error:
            log.warning("%s left out: %s", name, error)
            return None

    array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(members), size, size, 3))
    try:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            decoded = tqdm(pool.map(decode, members), total=len(members), desc=f"decode {archive.path.name}", mininterval=1)
            for name, seen in zip(members, decoded, strict=True):
                if seen is not None:
                    array[len(kept)] = seen[0]
                    kept.append(name)
                    detail.append(seen[1])
        if len(kept) == len(members):
            array.flush()
            os.replace(part, array_file)
        else:  # a shorter array needs a new header
            with open(array_file.with_suffix(".short.part"), "wb") as file:
                np.save(file, array[: len(kept)])
            os.replace(array_file.with_suffix(".short.part"), array_file)
        names_part = names_file.with_suffix(".part")
        names_part.write_text(json.dumps({"names": kept, "detail": detail}))
        os.replace(names_part, names_file)
    finally:
        part.unlink(missing_ok=True)
