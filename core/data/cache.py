"""Decoded pixels on disk, keyed by content: a picture set is decoded once, then memory-mapped by every run."""

from __future__ import annotations

import json
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from core.data.archive import Archive
from core.images import PictureError, open_picture, to_pixels

log = logging.getLogger(__name__)


def cached_pixels(archive: Archive, members: list[str], size: int, cache: Path) -> tuple[np.ndarray, list[str]]:
    """Members of an archive -> (uint8 (N, size, size, 3) memory map, the names that could be read).

    Unreadable pictures are left out and logged. The array is written to a temporary file and renamed, so a killed
    run leaves no half cache behind.
    """
    stem = cache / f"pixels-{size}-{archive.digest(members)}"
    array_file, names_file = stem.with_suffix(".npy"), stem.with_suffix(".json")
    if not (array_file.is_file() and names_file.is_file()):
        _decode(archive, members, size, array_file, names_file)
    return np.load(array_file, mmap_mode="r"), json.loads(names_file.read_text())


def _decode(archive: Archive, members: list[str], size: int, array_file: Path, names_file: Path) -> None:
    array_file.parent.mkdir(parents=True, exist_ok=True)
    part = array_file.with_suffix(f".{os.getpid()}.part")
    kept: list[str] = []

    def decode(name: str) -> np.ndarray | None:
        try:
            return to_pixels(open_picture(archive.read(name)), size)
        except PictureError as error:
            log.warning("%s left out: %s", name, error)
            return None

    array = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(members), size, size, 3))
    try:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            decoded = tqdm(pool.map(decode, members), total=len(members), desc=f"decode {archive.path.name}", mininterval=1)
            for name, pixels in zip(members, decoded, strict=True):
                if pixels is not None:
                    array[len(kept)] = pixels
                    kept.append(name)
        if len(kept) == len(members):
            array.flush()
            os.replace(part, array_file)
        else:  # a shorter array needs a new header
            with open(array_file.with_suffix(".short.part"), "wb") as file:
                np.save(file, array[: len(kept)])
            os.replace(array_file.with_suffix(".short.part"), array_file)
        names_file.write_text(json.dumps(kept))
    finally:
        part.unlink(missing_ok=True)
