"""Picture files for several tests."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
from PIL import Image

from core.images import formats

# 64x48 pixels, red at the left and blue at the right
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAA"
    "AERAAAEAAQAAAAABoQABAAAAAAAAACQAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADd"
    "aXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACxtZGF0AAAA"
    "ICgBrxmA70mlv//cz5/3JS/4bshf/43od9OkH/Ec421v"
)


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


def profile(name: bytes, *primaries: tuple[float, float, float], space: bytes = b"RGB ") -> bytes:
    """An ICC profile of three primaries (D50, XYZ) with sRGB's curve."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    title = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + b"\0" * 79
    tags = [(b"desc", title), (b"cprt", b"text\0\0\0\0-\0"), (b"wtpt", b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249))]
    for letter, primary in zip("rgb", primaries, strict=True):
        tags.append((f"{letter}XYZ".encode(), b"XYZ \0\0\0\0" + fixed(*primary)))
        tags.append((f"{letter}TRC".encode(), curve))
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags:
        content += b"\0" * (-len(content) % 4)
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return head.ljust(128, b"\0") + table + body


P3 = profile(b"Display P3", (0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
