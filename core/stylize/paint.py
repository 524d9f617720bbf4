"""Styles that are painted: ink wash, oil, watercolour."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from core.stylize.canvas import (
    Canvas,
    blur,
    diffused,
    even,
    flow,
    kuwahara,
    luma,
    mix,
    saturated,
    smeared,
    smoothstep,
    stretched,
    tinted,
    warped,
    xdog,
)

_RICE = np.array([0.945, 0.925, 0.87], np.float32)
_SUMI = np.array([0.06, 0.08, 0.13], np.float32)
_WHITE = np.array([0.985, 0.98, 0.96], np.float32)


def ink_wash(canvas: Canvas) -> np.ndarray:
    """A few diluted tones that bleed into the paper, a wet brush for the outlines, and a wash of light colour.

    Perona & Malik 1990 for the areas; pigment gathers at their edges as in Curtis et al. 1997.
    """
    u = canvas.unit
    bleed = 0.85 * u
    dx, dy = canvas.noise(1.2) - 0.5, canvas.noise(1.2) - 0.5
    grey = stretched(diffused(blur(luma(canvas.pixels), 0.5 * u), 8), 2, 92)
    wet = warped(grey, 2 * bleed * dx, 2 * bleed * dy)
    edges = np.array([0.1, 0.26, 0.44, 0.62, 0.8], np.float32)
    pour = sum(smoothstep(wet, edge - 0.05, edge + 0.05) for edge in edges) / len(edges)
    wash = (1 - blur(pour, 0.25 * u)) ** 1.15
    rim = np.clip(blur(pour, 0.9 * u) - blur(pour, 0.25 * u), 0, 1)
    grain = 0.14 * (canvas.noise(3.0) - 0.5)
    brush = 1 - xdog(stretched(luma(canvas.pixels)), 0.6 * u, sharpness=16, threshold=0.2, slope=6)
    brush = warped(brush, bleed * dx, bleed * dy)
    darkness = np.clip(0.86 * wash + 0.8 * rim + grain * (wash > 0.1) + 0.75 * brush, 0, 1)
    return tinted(mix(_RICE, _SUMI, darkness), canvas.pixels, 0.35, 1.5 * u)


def oil(canvas: Canvas) -> np.ndarray:
    """Brush strokes from large to small, each layer only where it brings the painting nearer to the picture.

    Hertzmann 1998, "Painterly rendering with curved brush strokes of multiple sizes"; here the strokes are straight.
    Relief by bristle marks along the strokes, lit from above.
    """
    u = canvas.unit
    rich = saturated(canvas.pixels, 1.5)
    rich = np.clip(0.5 + 1.12 * (rich - 0.5) + 0.02, 0, 1)
    x, y = flow(luma(rich), 1.6 * u)
    painting = Image.fromarray((blur(rich, 3 * u) * 255).astype(np.uint8))
    for radius, threshold in ((2.5, 0.0), (1.4, 0.05), (0.8, 0.12)):
        reference = blur(rich, 0.55 * radius * u)
        error = np.abs(reference - np.asarray(painting, dtype=np.float32) / 255).max(axis=2)
        _lay_strokes(painting, canvas, reference, x, y, radius * u, blur(error, radius * u * 0.5) >= threshold)
    painted = np.asarray(painting, dtype=np.float32) / 255
    bristles = smeared(blur(canvas.dice.standard_normal(canvas.shape, dtype=np.float32), 0.3 * u), x, y, 6 * u, 13)
    height = even(bristles) + 0.9 * luma(painted)
    relief = np.clip(-np.gradient(blur(height, 0.2 * u), axis=0) - 0.5 * np.gradient(height, axis=1), -0.5, 0.5)
    return np.clip(painted * (1 + 0.6 * relief[..., None]) + 0.08 * np.clip(relief, 0, 1)[..., None], 0, 1)


def _lay_strokes(
    painting: Image.Image,
    canvas: Canvas,
    reference: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    radius: float,
    wanted: np.ndarray,
) -> None:
    """Strokes on a jittered grid where ``wanted``, in a random order, each in the colour of its place."""
    height, width = canvas.shape
    step = 1.25 * radius
    rows, columns = np.meshgrid(np.arange(step / 2, height, step), np.arange(step / 2, width, step), indexing="ij")
    places = np.stack([rows.ravel(), columns.ravel()]) + canvas.dice.uniform(-step / 2, step / 2, (2, rows.size))
    order = canvas.dice.permutation(rows.size)
    r = np.clip(places[0, order], 0, height - 1).astype(int)
    c = np.clip(places[1, order], 0, width - 1).astype(int)
    kept = wanted[r, c]
    r, c = r[kept], c[kept]
    reach = radius * canvas.dice.uniform(1.2, 2.6, len(r))
    lightness = canvas.dice.normal(0, 0.06, (len(r), 1)) + canvas.dice.normal(0, 0.022, (len(r), 3))
    colours = (np.clip(reference[r, c] + lightness, 0, 1) * 255).astype(int)
    ends = np.stack([c - reach * x[r, c], r - reach * y[r, c], c + reach * x[r, c], r + reach * y[r, c]], axis=1)
    pen, thickness = ImageDraw.Draw(painting), max(1, round(1.5 * radius))
    for line, colour in zip(ends.tolist(), colours.tolist(), strict=True):
        pen.line(line, fill=tuple(colour), width=thickness)


def watercolour(canvas: Canvas) -> np.ndarray:
    """Thin pigment on white paper: edges darken, pigment gathers in the grain, the border stays bare.

    Bousseau et al. 2006, "Interactive watercolor rendering": C' = C - (C - C^2)(d - 1) for a pigment density d.
    """
    u = canvas.unit
    dx, dy = canvas.noise(1.6) - 0.5, canvas.noise(1.6) - 0.5
    flat = kuwahara(canvas.pixels, max(2, round(1.3 * u)))
    flat = warped(flat, 1.1 * u * dx, 1.1 * u * dy)
    tone = stretched(luma(flat))
    colour = saturated(flat * (0.25 + 0.75 * tone / np.maximum(luma(flat), 0.05))[..., None], 1.75)
    colour = np.clip(0.24 + 0.78 * colour, 0, 1)
    soft = blur(colour, 0.35 * u)
    edge = ndimage.gaussian_gradient_magnitude(luma(flat), 0.45 * u, mode="nearest") * u
    density = (
        1 + 1.1 * np.clip(4.6 * edge, 0, 1.0) + 0.9 * (canvas.noise(4.5) - 0.5) + 0.45 * (canvas.noise(0.35) - 0.5)
    )
    washed = soft - (soft - soft * soft) * (density[..., None] - 1)
    return mix(_WHITE, np.clip(washed, 0, 1), _bare_border(canvas))


def _bare_border(canvas: Canvas) -> np.ndarray:
    """(H, W): 0 on the paper around an uneven area of paint, 1 in it."""
    height, width = canvas.shape
    rows, columns = np.indices(canvas.shape, dtype=np.float32)
    inside = np.minimum(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns)) / canvas.unit
    return smoothstep(inside + 7.0 * (canvas.noise(2.6) - 0.62), 0.6, 2.2)
