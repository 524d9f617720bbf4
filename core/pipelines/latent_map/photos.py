"""Reads a visitor's photos from files, folders and zips into one small array. Nothing is unpacked to disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from core.images import to_pixels
from core.latents.fitting import fit_in_process
from core.latents.projection import LEAST
from core.photos.squares import FaceAligner
from core.pipelines.latent_map.atlas_store import OpenAtlas, different
from core.pipelines.latent_map.types import Advance, LatentMapError
from core.pipelines.progress import Cancel
from core.pipelines.uploads import LeftOut, take

log = logging.getLogger(__name__)

BACKGROUND_MAPS = ("umap2", "tsne2", "umap3")  # fitted in this order: the likeliest to be opened come first
MOST = 5000  # photos
MOST_NOTES = 12  # lines about files that were left out
EACH = 25  # photos between two progress reports


class PhotoReader:
    """Iterate it for :class:`Advance`; afterwards ``pixels``, ``names`` and ``notes`` hold what was read.

    Bad files stop nothing: they are counted in ``notes`` by reason. Raises ``LatentMapError`` where no picture is left,
    ``CheckpointError`` where faces cannot be aligned.
    """

    def __init__(
        self,
        sources: Sequence[str | Path],
        size: int,
        cancel: Cancel | None = None,
        model: Path | None = None,
    ) -> None:
        """``model``: the checkpoint in whose frame the largest face of each photo is aligned; None takes centres."""
        self._sources = [Path(source) for source in sources]
        self._size, self._cancel = size, cancel
        self._aligner = None if model is None else FaceAligner.for_model(model, size)
        self._pixels: list[np.ndarray] = []
        self.names: list[str] = []
        self.notes: list[str] = []
        self.cancelled = False

    @property
    def pixels(self) -> np.ndarray:
        """uint8 (N, size, size, 3)."""
        return np.stack(self._pixels)

    def __iter__(self) -> Iterator[Advance]:
        left_out = LeftOut()
        for seen, opened in enumerate(take(self._sources, MOST, self._size, left_out, self._aligner), start=1):
            self._pixels.append(to_pixels(opened.image, self._size))
            self.names.append(Path(opened.name).name[:80])
            if seen % EACH == 0:
                yield Advance("reading", seen, MOST)
                if self._cancel is not None and self._cancel():
                    self.cancelled = True
                    return
        problems = left_out.problems()
        self.notes += [f"Left out {name[:80]}: {reason}" for name, reason in problems[:MOST_NOTES]]
        if not self._pixels:
            first = f" The first one: {problems[0][0][:80]}: {problems[0][1]}" if problems else ""
            raise LatentMapError(
                f"None of these files is a picture that can be read; JPEG, PNG and WebP work best.{first}"
            )


def map_later(opened: OpenAtlas) -> None:
    """Fit UMAP and t-SNE of a visitor's photos in the background, one after the other, until the atlas is closed.

    A map that fails, whatever the reason, is no longer pending and is named in ``opened.failed``.
    """
    spaces = opened.atlas.spaces
    for key, space in spaces.items():
        count = different(space)  # a map of identical pictures means nothing
        opened.pending[key] = [kind for kind in BACKGROUND_MAPS if count >= LEAST[kind]]

    def work() -> None:
        for kind, (key, space) in product(BACKGROUND_MAPS, spaces.items()):
            if opened.closed:
                return
            if kind not in opened.pending[key]:
                continue
            try:
                space.places = {**space.places, kind: fit_in_process(kind, space.reduced)}
            except Exception:  # of the fit, of its process, or of the memory that it needs
                log.exception("%s of %s could not be fitted", kind, key)
                opened.failed.add((key, kind))
            opened.pending[key] = [other for other in opened.pending[key] if other != kind]

    if any(opened.pending.values()):
        threading.Thread(target=work, name="maps of photos", daemon=True).start()
