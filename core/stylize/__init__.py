"""Nine classical non-photorealistic renderings, which the shipped styles are trained with.

``render`` is a pure function of picture, name and seed. Every rendering is drawn at about three times the size of a
small picture and reduced, so that strokes and dots have soft edges at 64 pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.stylize.canvas import Canvas, open_canvas
from core.stylize.lines import comic, pencil, woodcut
from core.stylize.paint import ink_wash, oil, watercolour
from core.stylize.tiles import mosaic
from core.stylize.tones import neon, old_photo

Rendering = Callable[[Canvas], np.ndarray]

RENDERINGS: dict[str, Rendering] = {
    "pencil": pencil,
    "ink-wash": ink_wash,
    "oil": oil,
    "watercolour": watercolour,
    "comic": comic,
    "woodcut": woodcut,
    "neon": neon,
    "old-photo": old_photo,
    "mosaic": mosaic,
}
NAMES = tuple(RENDERINGS)
TITLES = {
    "pencil": "Pencil",
    "ink-wash": "Ink wash",
    "oil": "Oil",
    "watercolour": "Watercolour",
    "comic": "Comic",
    "woodcut": "Woodcut",
    "neon": "Neon poster",
    "old-photo": "Old photo",
    "mosaic": "Mosaic",
}


def render(picture: np.ndarray, name: str, seed: int = 0) -> np.ndarray:
    """Render uint8 (H, W, 3) in a style of ``NAMES``, in the same size. Raises ``ValueError``."""
    if name not in RENDERINGS:
        raise ValueError(f"Unknown rendering {name[:40]!r}; there are {', '.join(NAMES)}.")
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or min(picture.shape) < 1:
        raise ValueError(f"A picture is uint8 (H, W, 3), not {picture.dtype} {picture.shape}.")
    canvas = open_canvas(picture, seed)
    return canvas.reduced(RENDERINGS[name](canvas))
