"""Styles that are drawn with lines: pencil, comic, woodcut."""

from __future__ import annotations

import numpy as np

from core.stylize.canvas import (
    Canvas,
    blur,
    diffused,
    even,
    kuwahara,
    luma,
    mix,
    saturated,
    smeared,
    smoothstep,
    stretched,
    tinted,
    xdog,
)

_PAPER = np.array([0.975, 0.965, 0.94], np.float32)
_GRAPHITE = np.array([0.20, 0.20, 0.23], np.float32)
_INK = np.array([0.07, 0.06, 0.08], np.float32)
_BLOCKS = np.array([[0.55, 0.33, 0.20], [0.82, 0.60, 0.36], [0.97, 0.84, 0.58]], np.float32)  # the last is the paper
_CUT = np.array([0.17, 0.09, 0.06], np.float32)


def pencil(canvas: Canvas) -> np.ndarray:
    """Outlines, hatching, rubbed graphite and a little coloured pencil.

    After Lu, Xu & Jia 2012, "Combining sketch and tone".
    """
    u = canvas.unit
    grey = stretched(luma(canvas.pixels))
    lines = xdog(0.35 + 0.65 * grey, 0.42 * u, sharpness=20, threshold=0.42, slope=3.5)
    tone = 0.1 + 0.9 * np.clip(blur(grey, 0.3 * u), 0, 1) ** 0.75
    ones = np.ones_like(grey)
    grain = canvas.dice.standard_normal(canvas.shape, dtype=np.float32)
    hatched = np.zeros_like(grey)
    for angle, below, share in ((-0.95, 1.0, 0.7), (0.6, 0.62, 0.82)):  # shade, then cross it in the shadows
        strokes = even(smeared(blur(grain, 0.22 * u), ones * np.cos(angle), ones * np.sin(angle), 7 * u, taps=21))
        hatched = np.maximum(hatched, share * smoothstep(strokes * below - tone, -0.14, 0.42))
        grain = grain[::-1]
    darkness = np.clip(hatched + 0.35 * (1 - tone) + 0.8 * (1 - lines), 0, 0.92)
    return tinted(mix(_PAPER, _GRAPHITE, darkness), canvas.pixels, 0.6, 0.5 * u)


def comic(canvas: Canvas) -> np.ndarray:
    """Flat saturated colours, halftone dots in the half tones, black outlines.

    Winnemoeller, Olsen & Gooch 2006, "Real-time video abstraction"; dots of a screen at 45 degrees.
    """
    u = canvas.unit
    flat = kuwahara(canvas.pixels, max(2, round(1.2 * u)))
    grey = stretched(luma(flat))
    levels = np.array([0.16, 0.52, 0.98], np.float32)
    step = np.digitize(grey, (0.26, 0.7))
    tint = saturated(flat / np.maximum(luma(flat)[..., None], 0.12) * 0.62, 1.9)
    colours = np.clip(tint * (levels[step] / 0.62)[..., None], 0, 1)
    rows, columns = np.indices(canvas.shape, dtype=np.float32)
    period = 4.2 * u
    a, b = (rows + columns) * (np.pi / period), (rows - columns) * (np.pi / period)
    screen = (np.cos(a) * np.cos(b) + 1) / 2
    amount = np.where(step == 1, 0.7 * (1 - smoothstep(grey, 0.26, 0.74)) + 0.16, 0.0)
    dots = smoothstep(screen, 1 - amount - 0.06, 1 - amount + 0.06) * (amount > 0)
    light = np.clip(colours * 1.35 + 0.12, 0, 1)
    colours = np.where((step == 1)[..., None], light, colours)
    colours = mix(colours, saturated(light * np.array([0.86, 0.34, 0.38], np.float32), 1.3), 0.9 * dots)
    lines = xdog(stretched(luma(canvas.pixels)), 0.5 * u, sharpness=20, threshold=0.36, slope=14)
    return mix(_INK, colours, lines)


def woodcut(canvas: Canvas) -> np.ndarray:
    """A colour woodcut: tint blocks under a line block whose cuts bend with the form and swell with the shade.

    After Ostromoukhov 1999, "Digital facial engraving": the lines are levels of a field that the tone bends.
    """
    u = canvas.unit
    grey = stretched(diffused(luma(canvas.pixels), 6))
    form = blur(grey, 2.2 * u)
    rows, columns = np.indices(canvas.shape, dtype=np.float32)
    wobble = 0.5 * u * (canvas.noise(5.0) - 0.5)
    phase = (rows + 0.28 * columns + wobble) / (2.4 * u) + 1.9 * form
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * phase)
    tone = np.clip(blur(grey, 0.35 * u) * 1.1 - 0.06, 0, 1)
    cut = smoothstep(tone - 0.06 - 0.38 * wave, -0.05, 0.05) * smoothstep(tone, 0.04, 0.14)
    lines = xdog(grey, 0.55 * u, sharpness=22, threshold=0.3, slope=30)
    tints = mix(_BLOCKS[0], _BLOCKS[1], smoothstep(tone, 0.39, 0.45))
    tints = mix(tints, _BLOCKS[2], smoothstep(tone, 0.65, 0.71))
    return tinted(mix(_CUT, tints, np.minimum(cut, lines)), canvas.pixels, 0.35, u)
