"""Sample sheets as they are seen on a dark page: their white paper and dark captions change places, pictures do not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

WHITE = 250  # of 255: paper, as it comes out of a lossy file
TILE = 24  # CSS pixels: a narrower band is text
DARK = (24, 24, 27)  # the page's own canvas in the dark
LIGHT = (228, 228, 231)


def dark_sheet(path: Path) -> bytes | None:
    """A sheet as WebP for a dark page; None where it has no paper, as a strip of pictures has none."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    drawn = (pixels < WHITE).any(axis=2)
    if drawn[:2].any() or drawn[:, :2].any():
        return None
    paper = ~_pictures(drawn)
    ink = 1 - pixels.astype(np.float32).mean(axis=2, keepdims=True) / 255  # (H, W, 1), 0 paper
    turned = np.array(DARK) + ink * (np.array(LIGHT) - np.array(DARK))
    changed = np.where(paper[..., None], turned, pixels).round().astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(changed).save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def _pictures(drawn: np.ndarray) -> np.ndarray:
    """Where something is drawn, bool (H, W) -> where pictures of a grid stand: bands that are mostly drawn on."""
    rows = _bands(drawn.mean(axis=1) > 0.4)
    columns = _bands(drawn[rows].mean(axis=0) > 0.5) if rows.any() else np.zeros(drawn.shape[1], bool)
    return rows[:, None] & columns[None]


def _bands(full: np.ndarray) -> np.ndarray:
    """Runs of at least ``TILE``; what is shorter is a line of text."""
    kept = np.zeros_like(full)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        kept[start + 1 : end - 1] = end - start >= TILE  # the outermost line is blended with paper
    return kept
