"""What generated faces are set beside: photographs where the data is on the machine, else faces of the map."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes
from core.data.celeba import CENTRED, Listing, list_celeba
from core.data.errors import DataError
from core.data.layout import Layout
from core.data.picture_set import TEST
from core.images import face_crop, open_picture, to_pixels
from core.pipelines.compare.types import Wanted
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import AtlasInfo


def data_folder() -> Path | None:
    """``LATENTSCAPE_DATA``: the folder or zip of CelebA on this machine, or None."""
    chosen = os.environ.get("LATENTSCAPE_DATA")
    return Path(chosen) if chosen else None


class RealFaces:
    """The test pictures of a CelebA folder. They are read one by one when they are shown; nothing of them is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opening = threading.Lock()
        self._layout: Layout | None = None
        self._listing: Listing | None = None

    def closest(self, wanted: np.ndarray, count: int, seed: int, size: int) -> list[Image.Image]:
        """Photographs whose labels agree best with a request (40,), ``size`` pixels wide. Raises ``DataError``."""
        listing = self._opened()
        tested = np.flatnonzero(listing.split == TEST)
        rows = tested[attributes.closest(listing.labels[tested], wanted, count, seed)]
        return [self._picture(listing.members[row], size) for row in rows]

    def _picture(self, member: str, size: int) -> Image.Image:
        picture = open_picture(self._opened().archive.read(member))
        return Image.fromarray(to_pixels(face_crop(picture) if size > CENTRED else picture, size))

    def _opened(self) -> Listing:
        with self._opening:
            if self._listing is None:
                try:
                    self._layout = Layout(self.folder)
                    self._listing = list_celeba(self._layout)
                except (OSError, ValueError) as error:  # tables and archives that cannot be read among them
                    raise DataError(f"LATENTSCAPE_DATA: {error}") from error
            return self._listing


class MapFaces:
    """The faces of the first atlas of the Latent map that was drawn by a model."""

    def __init__(self, latent_map: LatentMapPipeline) -> None:
        self.latent_map = latent_map

    def missing(self) -> str | None:
        """Say how to get a map; None if there is one."""
        atlas = self._atlas()
        return self.latent_map.missing() if atlas is None else atlas.problem or None

    def closest(self, wanted: Wanted, count: int, seed: int) -> list[tuple[int, Image.Image]]:
        """Rows and pictures nearest to a photo in the classifier's space, or whose attributes agree best."""
        name = self._atlas().name
        rows = self._near(name, wanted, count) or self.latent_map.closest(name, wanted.attributes, count, seed)
        return [(row, self.latent_map.picture(name, row)) for row in rows]

    def _near(self, name: str, wanted: Wanted, count: int) -> Sequence[int]:
        if wanted.seen is None:
            return ()
        found = {one.space: one for one in self.latent_map.locate(name, wanted.seen.image, count)}
        return found["classifier"].rows if "classifier" in found else ()

    def _atlas(self) -> AtlasInfo | None:
        return next(iter(self.latent_map.atlases()), None)
