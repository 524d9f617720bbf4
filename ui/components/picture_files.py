"""Files for the pictures of the public endpoints: each contains its recipe, and is removed after a while."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from core import recipe
from core.recipe import Recipe

KEEP_SECONDS = 600  # Gradio copies a file for the client at once


class PictureFiles:
    """A temporary folder that is removed when the app ends. Several threads may write at the same time."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="latentscape-")

    @property
    def folder(self) -> Path:
        return Path(self._folder.name)

    def write_all(self, pictures: Iterable[tuple[Image.Image, Recipe]]) -> list[str]:
        """Write pictures with their recipes; return the paths of the PNG files, in the same order."""
        self._remove_old()
        return [self._write(image, drawn) for image, drawn in pictures]

    def _write(self, image: Image.Image, drawn: Recipe) -> str:
        path = self.folder / f"{secrets.token_hex(6)}-{recipe.filename(drawn)}"
        path.write_bytes(recipe.to_png(image, drawn))
        return str(path)

    def _remove_old(self) -> None:
        for path in self.folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink()
            except FileNotFoundError:  # another request has just removed it
                continue
