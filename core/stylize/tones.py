"""Styles of tone and colour: neon poster, old photograph."""

from __future__ import annotations

import numpy as np

from core.stylize.canvas import Canvas, blur, kuwahara, luma, mix, smoothstep, stretched

_NIGHT_TO_LIGHT = np.array(  # five inks, from shadow to light, that grow lighter as evenly as the tone they stand for
    [[0.10, 0.04, 0.22], [0.45, 0.10, 0.45], [0.93, 0.33, 0.50], [1.00, 0.66, 0.48], [1.00, 0.93, 0.75]], np.float32
)
_GLOW = np.array([0.10, 0.95, 1.00], np.float32)
_SEPIA = np.array([[0.17, 0.11, 0.07], [0.55, 0.42, 0.29], [0.93, 0.86, 0.71]], np.float32)


def neon(canvas: Canvas) -> np.ndarray:
    """A poster in five inks with a glowing rim where a shape ends.

    Soft quantisation of tone after Winnemoeller, Olsen & Gooch 2006; rims are the dark sides of a difference of
    Gaussians that is wide enough to pass over eyes and mouth: a face whose lines shine is hard to read.
    """
    u = canvas.unit
    flat = kuwahara(canvas.pixels, max(2, round(0.8 * u)))
    level = stretched(luma(flat)) * 4.4 - 0.2
    nearest = np.round(level)
    level = np.clip(nearest + 0.5 * np.tanh(4 * (level - nearest)), 0, 4)
    low = np.minimum(level.astype(int), 3)
    share = (level - low)[..., None]
    poster = _NIGHT_TO_LIGHT[low] * (1 - share) + _NIGHT_TO_LIGHT[low + 1] * share
    grey = stretched(luma(canvas.pixels))
    rim = smoothstep(blur(grey, 3 * u) - blur(grey, u) - 0.12, 0.0, 0.06)
    glow = np.clip(0.6 * blur(rim, 0.3 * u) + 0.25 * blur(rim, 1.6 * u), 0, 0.7)
    return mix(poster, _GLOW, glow)


def old_photo(canvas: Canvas) -> np.ndarray:
    """An albumen print a century on: sepia, faded, soft, grainy, scratched, with worn and darkened corners."""
    u = canvas.unit
    dice, (height, width) = canvas.dice, canvas.shape
    grey = stretched(luma(blur(canvas.pixels, 0.5 * u)))
    grey = 0.1 + 0.78 * smoothstep(grey, -0.12, 1.1)
    grey += 0.13 * (canvas.noise(0.3) - 0.5) + 0.16 * (canvas.noise(7.0) - 0.5)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    corner = np.sqrt(rows * rows + columns * columns)
    grey *= 1 - 0.55 * smoothstep(corner, 0.72, 1.38)
    wear = np.zeros(canvas.shape, np.float32)
    for _ in range(3):  # scratches, nearly upright
        at, lean = dice.uniform(0, width), dice.uniform(-0.15, 0.15)
        start, end = np.sort(dice.uniform(0, height, 2))
        line = np.abs(np.arange(width)[None] - at - lean * np.arange(height)[:, None]) < 0.22 * u
        wear += 0.4 * (line & (np.arange(height)[:, None] > start) & (np.arange(height)[:, None] < end + 0.2 * height))
    wear += 0.75 * (canvas.noise(0.5) > 0.982)
    frame = np.maximum(np.abs(rows), np.abs(columns)) + 0.035 * (canvas.noise(1.5) - 0.5)
    wear = np.maximum(wear, smoothstep(frame, 0.93, 0.965))
    grey = np.clip(grey + wear * (0.95 - grey), 0, 1)
    share = (grey * 2 - (grey >= 0.5))[..., None]
    low = (grey >= 0.5).astype(int)
    return _SEPIA[low] * (1 - share) + _SEPIA[low + 1] * share
