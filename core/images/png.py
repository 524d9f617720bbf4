"""Writes PNG files with texts, reads one text, and removes metadata that would take much memory to read."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping

from PIL import Image, PngImagePlugin

from core.images.formats import MAX_BYTES, PNG, PictureError

LARGE = 1_000_000  # pixels from which a PNG is written several times faster and a tenth larger
QUICK, THOROUGH = 1, 6  # compression levels
MAX_TEXT = 16 * 1024  # bytes of one text in a PNG
MAX_CHUNKS = 50_000
MAX_METADATA = 64 * 1024  # unpacked bytes of a text that may contain the orientation
MAX_PROFILE = 2**20  # unpacked bytes of a colour profile
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_TURNING = (b"XML:com.adobe.xmp", b"Raw profile type exif")  # the only texts that may contain the orientation


def write_png(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """Write PNG bytes with the given texts (ASCII keys of 1 to 79 characters) and no other metadata."""
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        if not re.fullmatch(r"[!-~](?:[ -~]{0,77}[!-~])?", key):
            raise PictureError(f"{key[:40]!r} cannot name a text in a PNG.")
        if len(value.encode()) > MAX_TEXT:
            raise PictureError(f"A text in a PNG is at most {MAX_TEXT // 1024} KB long.")
        info.add_text(key, value)  # tEXt, or iTXt where Latin-1 is not enough
    file = io.BytesIO()
    level = QUICK if image.width * image.height > LARGE else THOROUGH
    image.save(file, "PNG", pnginfo=info, icc_profile=None, compress_level=level)
    return file.getvalue()


def read_png_text(data: bytes, key: str) -> str | None:
    """Read the first text under ``key`` from a PNG's chunks, without decoding pixels.

    Returns None if it is not a PNG or has no such text. Raises PictureError if the text is damaged or longer than
    MAX_TEXT. A compressed text is inflated no further than that, so a decompression bomb does no harm.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"This file is larger than {MAX_BYTES // 2**20} MB.")
    wanted = key.encode("latin-1", "replace") + b"\0"
    for kind, start, end in _chunks(data):
        if kind in _TEXTS and data.startswith(wanted, start):
            if end - start > MAX_TEXT + 512:  # the key and, in iTXt, a language come on top
                raise PictureError(f"The text {key[:40]!r} in this picture is too long.")
            if data[end : end + 4] != struct.pack(">I", zlib.crc32(data[start - 4 : end])):
                raise PictureError(f"The text {key[:40]!r} in this picture is damaged.")
            return _text(kind, data[start + len(wanted) : end], key)
    return None


def without_large_metadata(data: bytes) -> bytes:
    """Remove the texts of a PNG, except those with the orientation, and a colour profile that is too large.

    Pillow would inflate them all, and refuse a picture with a long workflow, edit history or printer profile.
    """
    left_out, seen = [], set()
    for kind, start, end in _chunks(data):
        name = kind if kind == b"iCCP" else data[start : start + 80].partition(b"\0")[0] if kind in _TEXTS else b""
        if name and (name in seen or not _is_kept(kind, name, data[start:end])):
            left_out.append((start - 8, end + 4))
        seen.add(name)
    if not left_out:
        return data
    kept, position = [], 0
    for start, end in left_out:
        kept.append(data[position:start])
        position = end
    return b"".join([*kept, data[position:]])


def _is_kept(kind: bytes, key: bytes, body: bytes) -> bool:
    """Return whether a profile or a text is small enough for pillow. Unpacks no more than the limit."""
    if kind == b"iCCP":
        return _unpacks_within(body[body.find(b"\0") + 2 :], MAX_PROFILE)
    if key not in _TURNING:
        return False
    if kind == b"zTXt":
        return _unpacks_within(body[len(key) + 2 :], MAX_METADATA)
    if kind == b"iTXt" and body[len(key) + 1 :].startswith(b"\1"):
        return _unpacks_within(body[len(key) + 5 :], MAX_METADATA)  # language and translated key are usually empty
    return len(body) <= MAX_METADATA


def _unpacks_within(body: bytes, most: int) -> bool:
    try:
        unpacker = zlib.decompressobj()
        return len(unpacker.decompress(body, most + 1)) <= most
    except zlib.error:
        return False


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """List the chunks of a PNG up to its end: kind, begin and end of the content. Empty for other files."""
    position = len(PNG)
    for _ in range(MAX_CHUNKS if data.startswith(PNG) else 0):
        if position + 12 > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IEND":
            return
        yield kind, position + 8, position + 8 + length
        position += 12 + length


def _text(kind: bytes, body: bytes, key: str) -> str:
    """Decode the text of a chunk from the bytes after its key, at most MAX_TEXT bytes."""
    try:
        compressed = kind == b"zTXt"
        if compressed:
            body = body[1:]  # compression method
        elif kind == b"iTXt":  # flag, method, language, translated key
            compressed = body[0] == 1
            _, _, body = body[2:].split(b"\0", 2)
        if compressed:
            body = zlib.decompressobj().decompress(body, MAX_TEXT + 1)
        if len(body) <= MAX_TEXT:
            return body.decode("utf-8" if kind == b"iTXt" else "latin-1")
    except (ValueError, IndexError, zlib.error) as error:
        raise PictureError(f"The text {key[:40]!r} in this picture is damaged.") from error
    raise PictureError(f"The text {key[:40]!r} in this picture is too long.")
