"""Photos of a visitor: files, folders and zips in, one small array of pictures out. Nothing is unpacked to disk."""

from __future__ import annotations

import logging
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.images import PictureError, open_picture, to_pixels
from core.latents.fitting import ProjectionError, fit_apart
from core.latents.projection import LEAST
from core.pipelines.folders import Opened, open_pictures
from core.pipelines.latent_map.atlas_store import Held
from core.pipelines.latent_map.types import Advance, ExploreError
from core.pipelines.progress import Cancel

log = logging.getLogger(__name__)

BACKGROUND_MAPS = ("umap2", "tsne2", "umap3")  # the likeliest to be looked at first
MOST = 5000  # photos
EACH = 25  # photos between two words on how far it is


class PhotoReader:
    """Iterate it for :class:`Advance`; afterwards ``pixels``, ``names`` and ``notes`` hold what was read.

    Bad files stop nothing: they are counted in ``notes``. Raises ``ExploreError`` where no picture is left.
    """

    def __init__(self, sources: Sequence[str | Path], size: int, cancel: Cancel | None = None) -> None:
        self._sources = [Path(source) for source in sources]
        self._size, self._cancel = size, cancel
        self._pixels: list[np.ndarray] = []
        self.names: list[str] = []
        self.notes: list[str] = []
        self.cancelled = False

    @property
    def pixels(self) -> np.ndarray:
        """uint8 (N, size, size, 3)."""
        return np.stack(self._pixels)

    def __iter__(self) -> Iterator[Advance]:
        problems: list[str] = []
        for seen, opened in enumerate(self._opened(problems), start=1):
            if opened.image is None:
                problems.append(f"{Path(opened.name).name[:60]}: {opened.problem}")
            elif len(self._pixels) == MOST:
                self.notes.append(f"Only the first {MOST} photos were taken.")
                break
            else:
                self._pixels.append(to_pixels(opened.image, self._size))
                self.names.append(Path(opened.name).name[:80])
            if seen % EACH == 0:
                yield Advance("reading", len(self._pixels), MOST)
                if self._cancel is not None and self._cancel():
                    self.cancelled = True
                    return
        if problems:
            self.notes.append(f"{len(problems)} files were left out; the first: {problems[0]}")
        if not self._pixels:
            first = f" The first one: {problems[0]}" if problems else ""
            raise ExploreError(
                f"None of these files is a picture that can be read; JPEG, PNG and WebP work best.{first}"
            )

    def _opened(self, problems: list[str]) -> Iterator[Opened]:
        for source in self._sources:
            try:
                if source.is_dir() or zipfile.is_zipfile(source):
                    yield from open_pictures(source, max_side=self._size)
                else:
                    yield Opened(source.name, open_picture(source, max_side=self._size))
            except PictureError as error:
                problems.append(f"{source.name[:60]}: {error}")
            except (zipfile.BadZipFile, OSError, ValueError) as error:
                problems.append(f"{source.name[:60]}: it cannot be opened ({type(error).__name__}).")


def map_later(held: Held) -> None:
    """UMAP and t-SNE of a visitor's photos in the background, one after the other, until the atlas is closed."""
    wanted = [kind for kind in BACKGROUND_MAPS if held.atlas.count >= LEAST[kind]]
    held.pending = {key: list(wanted) for key in held.atlas.spaces}

    def work() -> None:
        for kind in wanted:
            for key, space in held.atlas.spaces.items():
                if held.closed:
                    return
                try:
                    space.places = {**space.places, kind: fit_apart(kind, space.reduced)}
                except ProjectionError as error:
                    log.warning("%s of %s: %s", kind, key, error)
                held.pending[key] = [other for other in held.pending[key] if other != kind]

    if wanted:
        threading.Thread(target=work, name="maps of photos", daemon=True).start()
