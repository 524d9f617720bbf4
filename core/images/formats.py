"""Identifies a file by its first bytes: a picture that can be opened, or a sentence that names the other kind."""

from __future__ import annotations

import re

MAX_BYTES = 40 * 2**20
HEAD = 1024  # first bytes of a file that identify it

# Formats of pillow without those that start another program (EPS: Ghostscript), open a nested file of any kind (IPTC)
# or that pillow cannot decode itself (BUFR, GRIB, HDF5, MPEG, WMF).
# fmt: off
FORMATS = (
    "JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PSD", "TGA", "ICO", "ICNS", "PPM", "DIB", "CUR",
    "DDS", "QOI", "PCX", "DCX", "SGI", "SUN", "BLP", "FITS", "FLI", "FTEX", "GBR", "IM", "IMT", "MCIDAS", "MSP",
    "PCD", "PIXAR", "SPIDER", "XBM", "XPM", "XVTHUMB",
)
SUFFIXES = frozenset((  # suffixes of pictures; other files are identified by their first bytes
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".png", ".apng", ".webp", ".avif", ".heic", ".heif",
    ".hif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".jp2", ".j2k", ".jpx", ".psd", ".tga", ".ico", ".icns", ".ppm",
    ".pgm", ".pbm", ".pnm", ".qoi", ".dds", ".pcx", ".jxl", ".svg",
))
# fmt: on
PNG = b"\x89PNG\r\n\x1a\n"
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_PICTURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM....\x00{4}|II\*\x00|MM\x00\*|8BPS\x00\x01|icns|qoif|"
    rb"DDS |\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51|\x00\x00\x00\x0cJXL |\xff\x0a|P[1-7][\r\n\t ]+[#\d]|"
    rb"....ftyp(?:avif|avis|heic|heix|heim|heis|hevc|hevx|mif1|msf1)",
    re.DOTALL,
)
_UNPACK = "and only zips are opened here: unpack it and choose the pictures."
_ELSE = (  # first bytes -> what it is
    (rb"7z\xbc\xaf\x27\x1c", f"This is a 7z archive {_UNPACK}"),
    (rb"Rar!\x1a\x07", f"This is a RAR archive {_UNPACK}"),
    (rb"\x1f\x8b|\xfd7zXZ|BZh|\x28\xb5\x2f\xfd|.{257}ustar", f"This is a packed file or a tar archive {_UNPACK}"),
    (rb"PK\x03\x04|PK\x05\x06", "This is a zip where one picture belongs; unpack it and choose the picture."),
    (rb"%PDF", "This is a PDF, not a picture that can be read; save it as JPEG or PNG first."),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "JPEG XL pictures cannot be read; save it as JPEG or PNG first."),
    (
        rb"\s*<svg\b|\s*(?:\xef\xbb\xbf)?\s*<\?xml.*<svg\b",
        "This is an SVG drawing, not a picture that can be read; save it as PNG first.",
    ),
    (rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", "This is a web page and not the file it is named after."),
    (rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI ", "This is a film; choose a picture."),
)
_ANYTHING_ELSE = tuple((re.compile(pattern, re.DOTALL | re.IGNORECASE), words) for pattern, words in _ELSE)


class PictureError(ValueError):
    """A picture that cannot be used; the message is one sentence for the user."""


def is_picture(head: bytes) -> bool:
    """Return whether these first bytes are those of a usual picture format."""
    return _PICTURE.match(head) is not None


def is_heic(head: bytes) -> bool:
    """Return whether these first bytes are those of a HEIC picture."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def not_a_picture(head: bytes) -> str | None:
    """Describe in a sentence a file that pillow does not know; None if its kind is unknown."""
    if is_heic(head):
        return None
    return next((words for pattern, words in _ANYTHING_ELSE if pattern.match(head)), None)
