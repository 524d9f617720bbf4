"""The enlarged picture of a rendering, and filters that several renderings share.

Arrays are float32 in [0, 1], (H, W, 3) or (H, W). Lengths are in units: one 64th of the picture's shorter side, so
that a stroke covers the same part of a picture of any size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

WORKING_SIDE = 192
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Canvas:
    pixels: np.ndarray  # (H, W, 3), enlarged
    size: tuple[int, int]  # of the original: width, height
    unit: float  # pixels of the canvas in a 64th of the shorter side
    dice: np.random.Generator

    @property
    def shape(self) -> tuple[int, int]:
        return self.pixels.shape[:2]

    def noise(self, grain: float) -> np.ndarray:
        """(H, W) evenly distributed in [0, 1], smooth over ``grain`` units."""
        values = self.dice.standard_normal(self.shape, dtype=np.float32)
        return even(blur(values, grain * self.unit))

    def reduced(self, pixels: np.ndarray) -> np.ndarray:
        """Reduce the drawing to uint8 of the original size."""
        image = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
        return np.array(image if image.size == self.size else image.resize(self.size, Image.Resampling.BOX))


def open_canvas(picture: np.ndarray, seed: int) -> Canvas:
    """Enlarge uint8 (H, W, 3) by a whole number to at least ``WORKING_SIDE`` along the shorter side."""
    height, width = picture.shape[:2]
    factor = max(1, -(-WORKING_SIDE // min(height, width)))
    image = Image.fromarray(picture)
    if factor > 1:
        image = image.resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    pixels = np.asarray(image, dtype=np.float32) / 255
    return Canvas(pixels, (width, height), min(pixels.shape[:2]) / 64, np.random.default_rng(seed))


def luma(pixels: np.ndarray) -> np.ndarray:
    return pixels @ _LUMA


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur over places, not over channels. Wide blurs work on a reduced picture: the result has no detail to lose."""
    if sigma < 0.2:
        return values
    step = int(sigma // 3)
    spread = (sigma, sigma, 0) if values.ndim == 3 else sigma
    if step < 2 or min(values.shape[:2]) < 4 * step:
        return ndimage.gaussian_filter(values, spread, mode="nearest", truncate=2.5)
    channels = values[..., None] if values.ndim == 2 else values
    height, width = values.shape[:2]
    small = [
        np.asarray(Image.fromarray(channels[..., c]).reduce(step), dtype=np.float32) for c in range(channels.shape[2])
    ]
    soft = [ndimage.gaussian_filter(s, sigma / step, mode="nearest", truncate=2.5) for s in small]
    wide = [np.asarray(Image.fromarray(s).resize((width, height), Image.Resampling.BICUBIC)) for s in soft]
    return wide[0] if values.ndim == 2 else np.stack(wide, axis=-1)


def even(values: np.ndarray) -> np.ndarray:
    """Normally distributed values -> evenly distributed in [0, 1], by the normal's distribution function."""
    scaled = (values - values.mean()) / (values.std() + 1e-6)
    return (1 / (1 + np.exp(-1.702 * scaled))).astype(np.float32)


def smoothstep(values: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(H, W, 3) or a colour (3,) each -> a where ``share`` (H, W) is 0, b where it is 1."""
    return a + (b - a) * share[..., None]


def stretched(grey: np.ndarray, low: float = 2.0, high: float = 98.0) -> np.ndarray:
    """Tone with the darkest and lightest per cents cut off, so that every picture uses the whole range."""
    bottom, top = np.percentile(grey[::3, ::3], (low, high))
    return np.clip((grey - bottom) / max(0.15, top - bottom), 0, 1)


def tinted(drawn: np.ndarray, pixels: np.ndarray, amount: float, sigma: float) -> np.ndarray:
    """Tint a drawing with the picture's own colours, blurred by ``sigma``, so that blond differs from grey and a blush
    from a shadow.
    """
    own = blur(pixels - luma(pixels)[..., None], sigma)
    return np.clip(drawn + amount * own, 0, 1)


def saturated(pixels: np.ndarray, amount: float) -> np.ndarray:
    grey = luma(pixels)[..., None]
    return np.clip(grey + (pixels - grey) * amount, 0, 1)


def xdog(grey: np.ndarray, sigma: float, *, sharpness: float = 14.0, threshold: float = 0.55, slope: float = 9.0):
    """(H, W) -> (H, W), 1 paper and 0 line. Winnemoeller, Kyprianidis & Olsen 2012, "XDoG"."""
    fine, coarse = blur(grey, sigma), blur(grey, 1.6 * sigma)
    contrast = fine + sharpness * (fine - coarse)
    return np.where(contrast >= threshold, 1.0, 1 + np.tanh(slope * (contrast - threshold))).astype(np.float32)


def diffused(pixels: np.ndarray, steps: int, edge: float = 0.08) -> np.ndarray:
    """Smooth areas and keep their edges sharp: Perona & Malik 1990, "anisotropic diffusion"."""
    values = pixels.copy()
    for _ in range(steps):
        change = np.zeros_like(values)
        for axis in (0, 1):
            step = np.diff(values, axis=axis)
            size = np.abs(step) if step.ndim == 2 else np.abs(step).max(axis=2, keepdims=True)
            flow = step * np.exp(-((size / edge) ** 2))
            change += np.diff(flow, axis=axis, prepend=0, append=0)
        values += 0.2 * change
    return values


def flow(grey: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction of brush strokes: unit vectors (x, y), the smaller eigenvectors of the structure tensor."""
    gx, gy = np.gradient(blur(grey, 1.0), axis=1), np.gradient(blur(grey, 1.0), axis=0)
    xx, yy, xy = blur(gx * gx, sigma), blur(gy * gy, sigma), blur(gx * gy, sigma)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    return np.cos(angle), np.sin(angle)


def smeared(values: np.ndarray, x: np.ndarray, y: np.ndarray, length: float, taps: int = 7) -> np.ndarray:
    """(H, W) -> (H, W): line integral convolution (Cabral & Leedom 1993) along straight pieces of ``length`` pixels."""
    rows, columns = np.indices(values.shape, dtype=np.float32)
    total = np.zeros_like(values)
    for at in np.linspace(-length / 2, length / 2, taps):
        r = np.clip(rows + at * y, 0, values.shape[0] - 1).astype(np.intp)
        c = np.clip(columns + at * x, 0, values.shape[1] - 1).astype(np.intp)
        total += values[r, c]
    return total / taps


def kuwahara(pixels: np.ndarray, radius: int) -> np.ndarray:
    """Replace every pixel by the mean of the neighbouring quarter with the least variance: Kuwahara et al. 1976."""
    size = radius + 1
    grey = luma(pixels)
    mean = ndimage.uniform_filter(grey, size, mode="nearest")
    spread = ndimage.uniform_filter(grey * grey, size, mode="nearest") - mean * mean
    colours = ndimage.uniform_filter(pixels, (size, size, 1), mode="nearest")
    reach = size // 2
    best, result = None, None
    for dy in (-reach, reach):
        for dx in (-reach, reach):
            moved = _moved(spread, dy, dx)
            if best is None:
                best, result = moved, _moved(colours, dy, dx).copy()
                continue
            better = moved < best
            best = np.where(better, moved, best)
            result[better] = _moved(colours, dy, dx)[better]
    return result


def _moved(values: np.ndarray, dy: int, dx: int) -> np.ndarray:
    rows = np.clip(np.arange(values.shape[0]) + dy, 0, values.shape[0] - 1)
    columns = np.clip(np.arange(values.shape[1]) + dx, 0, values.shape[1] - 1)
    return values[rows[:, None], columns[None, :]]


def warped(pixels: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Every place looks that many pixels aside."""
    rows, columns = np.indices(pixels.shape[:2], dtype=np.float32)
    r = np.clip(rows + dy, 0, pixels.shape[0] - 1).astype(np.intp)
    c = np.clip(columns + dx, 0, pixels.shape[1] - 1).astype(np.intp)
    return pixels[r, c]
