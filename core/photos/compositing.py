"""What was changed in a square goes back into the photo that it was cut from, at the photo's own resolution.

Only the difference of two squares is enlarged, never a picture: skin and hair keep the photo's detail, and a pixel that
nothing changed keeps its value.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter

from core.photos.alignment import Placement, fit_to, lay_over

FEATHER = 0.12  # of the side: how far from its edge a change is at full strength
UNCHANGED, CHANGED = 2.0, 8.0  # levels of 255: differences below are nothing, from there on they count in full
KEPT, REPLACED = 40.0, 110.0  # levels of 255: differences above which the photo's own detail gives way
REACH = 3  # pixels of the square, and of the photo, that a change spreads when it is enlarged or made small
BAND = 512  # rows of the photo that are worked on at a time


def put_back(photo: Image.Image, placement: Placement, reconstruction: np.ndarray, edited: np.ndarray) -> Image.Image:
    """The whole photo with what differs between two squares: both uint8 (S, S, 3), as a model decodes them.

    ``reconstruction`` is the model's picture of the square under ``placement``, ``edited`` the same after the edit.
    Where the two differ little the photo stays as it is, bit for bit; where they differ much, as where glasses were,
    the photo's fine detail fades to the model's picture. Works in bands: beside one copy of the photo, memory is
    bounded.
    """
    placement.check(photo.size)
    change, detail = _change(reconstruction, edited)
    bounds = _changed_bounds(change, placement)
    layers = np.concatenate([change, detail[..., None], reconstruction.astype(np.float32)], axis=2)  # (S, S, 7)
    layers = fit_to(layers, placement.side)
    result = photo.convert("RGB") if photo.mode != "RGB" else photo.copy()
    left, top, right, bottom = bounds or (0, 0, 0, 0)
    x0, x1 = max(0, math.floor(left)), min(photo.width, math.ceil(right))
    y0, y1 = max(0, math.floor(top)), min(photo.height, math.ceil(bottom))
    for row in range(y0, y1, BAND) if x0 < x1 else ():
        box = (x0, row, x1, min(y1, row + BAND))
        band = np.asarray(result.crop(box), dtype=np.float32)  # (h, w, 3)
        laid = lay_over(layers, placement, box)
        delta, faded, plain = laid[..., :3], laid[..., 3:4], laid[..., 4:]
        changed = band + delta + faded * (plain - band)
        mixed = np.where((delta != 0).any(axis=2, keepdims=True), changed, band)
        result.paste(Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8)), box[:2])
    return result


def _changed_bounds(change: np.ndarray, placement: Placement) -> tuple[float, float, float, float] | None:
    """Where in the photo differences (S, S, 3) of a square lie: left, top, right, bottom. None: there are none."""
    rows, columns = np.nonzero(change.any(axis=2))
    if not len(rows):
        return None
    size = len(change)
    margin = REACH / size + REACH / placement.side
    ends = [(line.min() / size - margin, (line.max() + 1) / size + margin) for line in (columns, rows)]
    corners = [placement.to_photo((x, y)) for x in ends[0] for y in ends[1]]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _change(reconstruction: np.ndarray, edited: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(S, S, 3) differences in levels, nothing at the square's edge, and (S, S) how far detail is replaced, 0..1."""
    difference = edited.astype(np.float32) - reconstruction.astype(np.float32)
    size = len(difference)
    largest = np.abs(difference).max(axis=2)
    near = gaussian_filter(maximum_filter(largest, size=max(3, size // 24)), size / 64)  # a soft, wider outline
    feather = _feather(size) * _ramp(near, UNCHANGED, CHANGED)
    feather[near < UNCHANGED] = 0.0
    return difference * feather[..., None], feather * _ramp(gaussian_filter(largest, size / 64), KEPT, REPLACED)


def _feather(size: int) -> np.ndarray:
    """(S, S): 0 in the outermost pixels, 1 from FEATHER of the side on inwards."""
    inwards = np.minimum(np.arange(size), np.arange(size)[::-1]).astype(np.float32) / size
    line = _ramp(inwards, 0.0, FEATHER)
    return line[:, None] * line[None, :]


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to ``low``, 1 from ``high`` on, smooth between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)
