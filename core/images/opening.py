"""Opens untrusted picture files; no other module does. Sizes are checked before anything is decoded."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pi_heif
from PIL import IcoImagePlugin, Image, UnidentifiedImageError

from core.images.colour import to_rgb
from core.images.formats import FORMATS, HEAD, MAX_BYTES, PictureError, is_heic, not_a_picture
from core.images.png import without_large_metadata

MAX_PIXELS = 64_000_000
MAX_SIDE = 20_000
MAX_PIXELS_SLOW = 4_000_000  # for the formats that pillow decodes in Python, a microsecond or so per pixel
MAX_SCANS = 50  # a progressive JPEG has about ten; each costs a pass over all pixels, however few bytes it has

_JPEG_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")  # no stuffed byte, restart or padding
_ORIENTATION = 0x0112  # EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_UNREADABLE = "This file is not a picture that can be read; JPEG, PNG and WebP work best."
_HEIC = "This HEIC picture is damaged, or of a kind that cannot be read; save it as JPEG or PNG first."
_DAMAGED = "This picture is damaged or cut short."


def open_picture(source: bytes | str | Path | Image.Image, max_side: int | None = None) -> Image.Image:
    """Open a picture file (bytes or path) or a PIL image as an upright, opaque sRGB image without metadata.

    An animation gives its first frame, transparency becomes white, and the ICC profile is applied. ``max_side`` is a
    hint: a much larger picture may be reduced, its shorter side to no less than that. Sizes are checked before anything
    is decoded. Thread-safe: pillow's global state is not changed. Raises PictureError.
    """
    return open_sized(source, max_side)[0]


def open_sized(
    source: bytes | str | Path | Image.Image, max_side: int | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Open a picture as :func:`open_picture` does, with the (width, height) that it had before it was reduced."""
    if isinstance(source, Image.Image):
        check_size(source.size)
        image, full = source, source.size
    else:
        image = _identify(_read(source))
        full = image.size
        if max_side:
            image.draft("RGB", (max_side, max_side))  # a JPEG is then decoded at 1/2, 1/4 or 1/8; others ignore it
    try:
        image.load()
        check_size(image.size)
        upright = _turned(to_rgb(image), image)
    except PictureError:
        raise
    except Exception as error:  # decoders raise many kinds: OSError, ValueError, struct.error, MemoryError
        raise PictureError(_DAMAGED) from error
    factor = min(upright.size) // max_side if max_side else 1
    result = upright.reduce(factor) if factor > 1 else upright.copy() if upright is image else upright
    result.info.clear()
    turned = upright.size != image.size
    return result, full[::-1] if turned else full


def _read(source: bytes | str | Path) -> bytes:
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            if not path.is_file():  # also refuses folders, pipes and devices
                raise PictureError(f"There is no file {path.name[:80]!r}.")
            with path.open("rb") as file:
                data = file.read(min(os.fstat(file.fileno()).st_size, MAX_BYTES) + 1)
        except OSError as error:
            raise PictureError(f"The file {path.name[:80]!r} cannot be read.") from error
    elif isinstance(source, bytes):
        data = source
    else:
        raise PictureError("There is no picture to open.")
    if not data:
        raise PictureError("This file is empty.")
    if len(data) > MAX_BYTES:
        raise PictureError(f"This file is larger than {MAX_BYTES // 2**20} MB.")
    return data


def _identify(data: bytes) -> Image.Image:
    """Open the bytes of a file as an image, reading only the header, within the limits."""
    try:
        if data.startswith(b"\0\0\1\0"):  # pillow decodes an ICO while opening it
            _check_part(data[IcoImagePlugin.IcoFile(io.BytesIO(data)).entry[0].offset :])
        image = Image.open(io.BytesIO(without_large_metadata(data)), formats=FORMATS)
        check_size(image.size)
        if image.format == "ICNS":  # the embedded picture may be larger than the size in the header
            for code, _ in image.icns.SIZES[image.best_size]:
                start, length = image.icns.dct.get(code, (0, 0))
                _check_part(data[start : start + length])
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large()) from error
    except UnidentifiedImageError as error:
        if is_heic(data):
            return _heic(data)
        raise PictureError(not_a_picture(data[:HEAD]) or _UNREADABLE) from error
    except Exception as error:  # header parsers raise many kinds of errors for forged files
        raise PictureError(_DAMAGED) from error
    in_python = any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ()))
    if in_python and image.width * image.height > MAX_PIXELS_SLOW:
        raise PictureError(f"A {image.format} picture this large takes too long to read; save it as JPEG or PNG first.")
    if image.format in ("JPEG", "MPO") and scans(data) > MAX_SCANS:
        raise PictureError(_DAMAGED)
    return image


def _heic(data: bytes) -> Image.Image:
    """Open a HEIC picture. Its size is checked before it is decoded; decoding also rotates it."""
    try:
        file = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        check_size(file.size)
        image = Image.frombytes(file.mode, file.size, bytes(file.data), "raw", file.mode, file.stride)
    except PictureError:
        raise
    except Exception as error:  # libheif's errors come as several kinds
        raise PictureError(_HEIC) from error
    if profile := file.info.get("icc_profile"):
        image.info["icc_profile"] = profile
    return image


def check_size(size: tuple[int, int]) -> None:
    """Raise PictureError for a picture without pixels, or with more than the limit."""
    width, height = size
    if width < 1 or height < 1:
        raise PictureError("This picture has no pixels.")
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureError(_too_large(size))


def _too_large(size: tuple[int, int] | None = None) -> str:
    subject = f"This picture has {size[0]}x{size[1]} pixels" if size else "This picture is too large"
    return f"{subject}; at most {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels a side can be opened."


def _check_part(data: bytes) -> None:
    """Return the size of a picture inside an icon file, if it has its own header."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "DIB", "JPEG2000")) as part:
            check_size(part.size)
    except UnidentifiedImageError:
        pass


def scans(data: bytes) -> int:
    """Count the scans of a JPEG up to its end marker (phones append other data after it)."""
    count, position = 0, 2
    while count <= MAX_SCANS and (match := _JPEG_MARKER.search(data, position)):
        marker = match[1]
        if marker == b"\xd9":
            break
        count += marker == b"\xda"
        position = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
    return count


def _turned(picture: Image.Image, original: Image.Image) -> Image.Image:
    """Rotate the picture by the orientation tag of the original. Unreadable EXIF data is ignored."""
    try:
        turn = _TURNS.get(original.getexif().get(_ORIENTATION, 1))
    except Exception:  # EXIF is parsed from untrusted bytes
        turn = None
    return picture if turn is None else picture.transpose(turn)
