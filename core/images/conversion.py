"""Converts pixels between three forms: PIL picture, uint8 HWC, and float NCHW in [-1, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.images.colour import to_rgb
from core.images.formats import PictureError
from core.images.opening import check_size

if TYPE_CHECKING:
    import torch


def crop_square(image: Image.Image) -> Image.Image:
    """Cut the centre square, as is usual for CelebA (the full width of an aligned 178x218 or 89x109 picture)."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


def face_crop(image: Image.Image) -> Image.Image:
    """Cut the face crop of an aligned CelebA picture, 178x218 or any size of that shape; return others unchanged.

    The square around (89, 121) with half-side 74, in units of 178x218: the eyes are then at (0.368, 0.436) and
    (0.628, 0.436) of it.
    """
    width, height = image.size
    if abs(width * 218 - height * 178) > 1.5 * 218:  # a pixel and a half of the width
        return image
    unit = width / 178
    left, top, side = round(15 * unit), round(47 * unit), round(148 * unit)
    return image.crop((left, top, left + side, top + side))


def square_side(image: Image.Image) -> int:
    """Return the side of the centre square in pixels."""
    return min(image.size)


def to_pixels(image: Image.Image, size: int) -> np.ndarray:
    """Resize the centre square of a PIL picture to uint8 (size, size, 3), antialiased."""
    check_size(image.size)
    square = to_rgb(crop_square(image))
    if square.width < size:
        resized = square.resize((size, size), Image.Resampling.BICUBIC)
    else:  # more than sixteen times too large: average whole blocks of pixels first, down to eight times
        resized = square.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=8.0)
    return np.array(resized)


def to_tensor(pixels: np.ndarray) -> torch.Tensor:
    """uint8 (H, W, 3) or (N, H, W, 3) -> float32 (N, 3, H, W) in [-1, 1]."""
    import torch

    batch = np.array(pixels)  # a copy: memory-mapped pixels are read-only
    if batch.ndim == 3:
        batch = batch[None]
    if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[-1] != 3:
        raise PictureError(f"Pixels are uint8 (N, H, W, 3), not {batch.dtype} {np.shape(pixels)}.")
    tensor = torch.from_numpy(batch).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    return tensor.div_(127.5).sub_(1.0)  # (N, 3, H, W)


def to_uint8(tensor: torch.Tensor) -> np.ndarray:
    """Float (N, 3, H, W), nominally in [-1, 1] -> uint8 (N, H, W, 3), rounded and clamped; NaN is refused."""
    import torch

    if tensor.ndim != 4 or tensor.shape[1] != 3 or not tensor.is_floating_point():
        raise PictureError(f"Pictures are float (N, 3, H, W), not {tensor.dtype} {tuple(tensor.shape)}.")
    values = tensor.detach().to("cpu", torch.float32)
    if not torch.isfinite(values).all():
        raise PictureError("The model returned values that are not numbers, so there is no picture to show.")
    values = values.add(1.0).mul_(127.5).round_().clamp_(0, 255)
    return values.to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()  # (N, H, W, 3)


def to_images(tensor: torch.Tensor) -> list[Image.Image]:
    """Float (N, 3, H, W), nominally in [-1, 1] -> N RGB images."""
    return [Image.fromarray(pixels) for pixels in to_uint8(tensor)]
