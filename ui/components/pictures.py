"""Converts pictures to and from data URIs for the page, so that nothing is written to disk."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image

from core.images import PictureError

MAX_UPLOAD = 20 * 2**20  # bytes of one picture, after base64
MAX_FILE = 256 * 2**20  # bytes of any file: LoRAs have 1 to 200 MB; what reads a file has a limit of its own


def preview_uri(image: Image.Image) -> str:
    """Encode a preview: small and quick, slightly lossy."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=92, subsampling=0)
    return data_uri(buffer.getvalue(), "image/jpeg")


def exact_uri(image: Image.Image) -> str:
    """Encode a finished picture without loss."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG", compress_level=3)
    return data_uri(buffer.getvalue(), "image/png")


def data_uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def decode_uri(text: object) -> bytes:
    """Decode a data URI from the browser. Raises :class:`PictureError` with a sentence for the user."""
    if not isinstance(text, str) or not text.startswith("data:"):
        raise PictureError("There is no picture in this request.")
    if len(text) > MAX_UPLOAD * 4 // 3 + 200:
        raise PictureError(f"This file is too large; a picture may have up to {MAX_UPLOAD // 2**20} MB.")
    try:
        return base64.b64decode(text.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("This picture did not arrive whole; try again.") from None
