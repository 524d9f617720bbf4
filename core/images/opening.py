"""Pictures in and out: the only place where untrusted picture files are opened and where pixels change their form.

Directions: file or PIL image -> RGB PIL image -> uint8 HWC pixels -> float NCHW tensor in [-1, 1], and back.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import IcoImagePlugin, Image, ImageCms, PngImagePlugin, UnidentifiedImageError

if TYPE_CHECKING:
    import torch

MAX_BYTES = 40 * 2**20
MAX_PIXELS = 64_000_000
MAX_SIDE = 20_000
MAX_PIXELS_SLOW = 4_000_000  # for the formats that pillow decodes in Python, a microsecond or so per pixel
MAX_SCANS = 50  # a progressive JPEG has about ten; each costs a pass over all pixels, however few bytes it has
MAX_TEXT = 16 * 1024  # bytes of one text in a PNG
MAX_CHUNKS = 50_000

# What pillow reads, less what would start another program (EPS: Ghostscript), open a nested file of any kind (IPTC)
# or only names a format without reading it (BUFR, GRIB, HDF5, MPEG, WMF).
# fmt: off
FORMATS = (
    "JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PSD", "TGA", "ICO", "ICNS", "PPM", "DIB", "CUR",
    "DDS", "QOI", "PCX", "DCX", "SGI", "SUN", "BLP", "FITS", "FLI", "FTEX", "GBR", "IM", "IMT", "MCIDAS", "MSP",
    "PCD", "PIXAR", "SPIDER", "XBM", "XPM", "XVTHUMB",
)
# fmt: on
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
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
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UNREADABLE = "This file is not a picture that can be read; JPEG, PNG and WebP work best."
_HEIC = "HEIC pictures cannot be read; save it as JPEG or PNG first."
_DAMAGED = "This picture is damaged or cut short."


class PictureError(ValueError):
    """A picture that cannot be used; the message is one sentence for the user."""


def open_picture(source: bytes | str | Path | Image.Image, max_side: int | None = None) -> Image.Image:
    """A picture file (its bytes or path) or a PIL image -> an upright, opaque RGB image without metadata.

    The first frame of an animation; transparency on white. ``max_side`` is a hint: a much larger picture may come
    back smaller, its shorter side no less than that. Sizes are checked before anything is decoded. Thread-safe:
    nothing of pillow's global state is changed. Raises PictureError.
    """
    if isinstance(source, Image.Image):
        _check_size(source.size)
        image = source
    else:
        image = _identify(_read(source))
        if max_side:
            image.draft("RGB", (max_side, max_side))  # a JPEG is then decoded at 1/2, 1/4 or 1/8; others ignore it
    try:
        image.load()
        _check_size(image.size)
        upright = _turned(_to_rgb(image), image)
    except PictureError:
        raise
    except Exception as error:  # decoders raise nearly anything: OSError, ValueError, struct.error, MemoryError
        raise PictureError(_DAMAGED) from error
    factor = min(upright.size) // max_side if max_side else 1
    result = upright.reduce(factor) if factor > 1 else upright.copy() if upright is image else upright
    result.info.clear()
    return result


def crop_square(image: Image.Image) -> Image.Image:
    """The centre square: CelebA's convention (of an aligned 178x218 face the full width, of 89x109 the 89)."""
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


def face_crop(image: Image.Image) -> Image.Image:
    """The face crop of an aligned CelebA picture, 178x218 or any size of that shape; other pictures as they are.

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
    """Pixels along a side of the centre square."""
    return min(image.size)


def to_pixels(image: Image.Image, size: int) -> np.ndarray:
    """PIL -> its centre square as uint8 (size, size, 3), antialiased."""
    _check_size(image.size)
    square = _to_rgb(crop_square(image))
    if square.width < size:
        resized = square.resize((size, size), Image.Resampling.BICUBIC)
    else:  # from sixteen times too large on, whole blocks of pixels are averaged first, down to eight times
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


def write_png(image: Image.Image, text: Mapping[str, str] | None = None) -> bytes:
    """PIL -> PNG bytes with the given texts (ASCII keys of 1 to 79 characters) and no other metadata."""
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        if not re.fullmatch(r"[!-~](?:[ -~]{0,77}[!-~])?", key):
            raise PictureError(f"{key[:40]!r} cannot name a text in a PNG.")
        if len(value.encode()) > MAX_TEXT:
            raise PictureError(f"A text in a PNG is at most {MAX_TEXT // 1024} KB long.")
        info.add_text(key, value)  # tEXt, or iTXt where Latin-1 is not enough
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=info, icc_profile=None)
    return file.getvalue()


def read_png_text(data: bytes, key: str) -> str | None:
    """The first text under ``key`` in a PNG, found by walking its chunks; no pixel is decoded.

    None: not a PNG, or it has no such text. PictureError: it has one that cannot be trusted, being damaged or longer
    than MAX_TEXT. A compressed text is inflated up to that length and not a byte further, so a bomb costs nothing.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"This file is larger than {MAX_BYTES // 2**20} MB.")
    if not data.startswith(_PNG_SIGNATURE):
        return None
    position, wanted = len(_PNG_SIGNATURE), key.encode("latin-1", "replace") + b"\0"
    for _ in range(MAX_CHUNKS):
        if position + 12 > len(data):
            return None
        length, kind = struct.unpack_from(">I4s", data, position)
        start, end = position + 8, position + 8 + length
        if kind == b"IEND":
            return None
        if kind in (b"tEXt", b"zTXt", b"iTXt") and data.startswith(wanted, start):
            if length > MAX_TEXT + 512:  # the key and, in iTXt, a language come on top
                raise PictureError(f"The text {key[:40]!r} in this picture is too long.")
            if data[end : end + 4] != struct.pack(">I", zlib.crc32(data[position + 4 : end])):
                raise PictureError(f"The text {key[:40]!r} in this picture is damaged.")
            return _chunk_text(kind, data[start + len(wanted) : end], key)
        position = end + 4
    return None


def _chunk_text(kind: bytes, body: bytes, key: str) -> str:
    """What follows the key in a text chunk -> the text, at most MAX_TEXT bytes of it."""
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


def _read(source: bytes | str | Path) -> bytes:
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            if not path.is_file():  # also refuses folders, pipes and devices
                raise PictureError(f"There is no file {path.name[:80]!r}.")
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
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
    """The bytes of a file -> an image of which only the header was read, within the limits."""
    try:
        if data.startswith(b"\0\0\1\0"):  # pillow decodes an ICO while opening it
            _check_part(data[IcoImagePlugin.IcoFile(io.BytesIO(data)).entry[0].offset :])
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image.size)
        if image.format == "ICNS":  # names a size of its own; what is inside may be larger
            for code, _ in image.icns.SIZES[image.best_size]:
                start, length = image.icns.dct.get(code, (0, 0))
                _check_part(data[start : start + length])
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(_too_large()) from error
    except UnidentifiedImageError as error:
        heic = data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS
        raise PictureError(_HEIC if heic else _UNREADABLE) from error
    except Exception as error:  # header parsers raise nearly anything on forged files
        raise PictureError(_DAMAGED) from error
    in_python = any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ()))
    if in_python and image.width * image.height > MAX_PIXELS_SLOW:
        raise PictureError(f"A {image.format} picture this large takes too long to read; save it as JPEG or PNG first.")
    if image.format in ("JPEG", "MPO") and _scans(data) > MAX_SCANS:
        raise PictureError(_DAMAGED)
    return image


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise PictureError("This picture has no pixels.")
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureError(_too_large(size))


def _too_large(size: tuple[int, int] | None = None) -> str:
    subject = f"This picture has {size[0]}x{size[1]} pixels" if size else "This picture is too large"
    return f"{subject}; at most {MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE} pixels a side can be opened."


def _check_part(data: bytes) -> None:
    """The size of a picture inside an icon file, where it has a header of its own."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "DIB", "JPEG2000")) as part:
            _check_size(part.size)
    except UnidentifiedImageError:
        pass


def _scans(data: bytes) -> int:
    """How many scans a JPEG has up to its end marker (what phones append behind it does not count)."""
    count, position = 0, 2
    while count <= MAX_SCANS and (match := _JPEG_MARKER.search(data, position)):
        marker = match[1]
        if marker == b"\xd9":
            break
        count += marker == b"\xda"
        position = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
    return count


def _turned(picture: Image.Image, original: Image.Image) -> Image.Image:
    """The picture as the camera's orientation tag in the original says; unreadable EXIF data turns nothing."""
    try:
        turn = _TURNS.get(original.getexif().get(_ORIENTATION, 1))
    except Exception:  # EXIF is parsed in Python from whatever bytes a file has
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB, transparency on white."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_grey(image)
    elif image.mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(layer, mask=layer)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_grey(image: Image.Image) -> Image.Image:
    """More than 8 bits (I;16, I, F) -> L. Only I;16 and a few headers tell the range; else the values are asked."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        top = 4095 if tags.get(258) == (12,) else 65535  # BitsPerSample
        levels = np.minimum(np.arange(65536) * 255 / top + 0.5, 255).astype(np.uint8)[values]
        if tags.get(262) == 0:  # PhotometricInterpretation: white is zero
            levels = 255 - levels
        if isinstance(image.info.get("transparency"), int):
            levels[values == image.info["transparency"]] = 255
        return Image.fromarray(levels)
    values = np.nan_to_num(np.array(image, dtype=np.float32), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 65535:
        low = 0.0
        if image.mode == "I" and image.format == "PPM":
            high = 65535.0
        else:
            high = 1.0 if image.mode == "F" and high <= 1 else 255.0 if high <= 255 else 65535.0
    values -= low
    values *= 255 / ((high - low) or 1.0)
    values += 0.5
    return Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8))
