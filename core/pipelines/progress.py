"""Progress that every pipeline yields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

Cancel = Callable[[], bool]  # called between steps; True stops the job


@dataclass(frozen=True)
class Progress:
    """Yielded after each denoising step: the progress, and the predicted clean picture so far (or None)."""

    step: int
    steps: int
    done: tuple[Image.Image, ...] = ()
    preview: Image.Image | None = None
