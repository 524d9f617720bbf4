"""What every pipeline yields while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

Cancel = Callable[[], bool]  # asked between steps; True stops


@dataclass(frozen=True)
class Progress:
    """After each denoising step of a picture: what is finished, and the predicted clean picture so far (or None)."""

    step: int
    steps: int
    done: tuple[Image.Image, ...] = ()
    preview: Image.Image | None = None
