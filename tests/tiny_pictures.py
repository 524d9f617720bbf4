"""Picture files for several tests."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from core.images import formats


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG with its length and its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def smooth(width: int = 40, height: int = 30) -> Image.Image:
    """Gradients that survive lossy formats."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, (x + y) * 2], axis=-1).astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds almost nothing."""
    return formats.PNG + b"".join(
        chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(1000))),
            (b"IEND", b""),
        )
    )


def png_with(*chunks: bytes) -> bytes:
    """A real PNG with more chunks behind its header."""
    data = encoded(Image.new("RGB", (2, 2)))
    return data[:33] + b"".join(chunks) + data[33:]


def photo(seed: int = 1, size: tuple[int, int] = (90, 70), mode: str = "RGB") -> Image.Image:
    """Smooth colours from a seed."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)
