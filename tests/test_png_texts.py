"""Texts in a PNG: written, read, and refused when they are forged."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from tiny_pictures import chunk, encoded, png_with, smooth

from core import images
from core.images import PictureError, formats, open_picture, read_png_text, write_png


@pytest.mark.parametrize("text", ["", "plain", "café", "日本語 🎩", "a\nb\0c", "x" * images.MAX_TEXT])
def test_png_texts_round_trip(text: str) -> None:
    data = write_png(smooth(), {"other": "1", "key": text})
    assert read_png_text(data, "key") == text
    assert read_png_text(data, "missing") is None and read_png_text(data, "ke") is None
    assert np.array_equal(np.asarray(open_picture(data)), np.asarray(smooth()))
    with Image.open(io.BytesIO(data)) as image:  # other programs read the same
        assert image.text["key"] == text


def test_png_carries_no_other_metadata() -> None:
    picture = smooth()
    picture.info.update(icc_profile=b"profile", exif=b"Exif\0\0", comment="secret", dpi=(72, 72))
    with Image.open(io.BytesIO(write_png(picture))) as image:
        assert image.info == {}


def test_compressed_texts_are_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("key", "squeezed " * 100, zip=True)
    info.add_itxt("other", "日本" * 100, lang="ja", zip=True)
    data = encoded(Image.new("RGB", (2, 2)), pnginfo=info)
    assert read_png_text(data, "key") == "squeezed " * 100
    assert read_png_text(data, "other") == "日本" * 100


@pytest.mark.parametrize(
    "bad",
    [
        chunk(b"tEXt", b"key\0" + b"x" * (images.MAX_TEXT + 1)),
        chunk(b"tEXt", b"key\0" + b"x" * 10**6),
        chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(10**7), 9)),  # a bomb: 10 KB of file, 10 MB of zeros
        chunk(b"iTXt", b"key\0\1\0\0\0" + zlib.compress(bytes(10**7), 9)),
        chunk(b"zTXt", b"key\0\0 not zlib"),
        chunk(b"iTXt", b"key\0\0\0no end"),
        chunk(b"iTXt", b"key\0"),
        chunk(b"iTXt", b"key\0\0\0\0\0\xff\xfe"),
        chunk(b"tEXt", b"key\0value")[:-1] + b"?",  # checksum
        struct.pack(">I", 9000) + b"tEXtkey\0cut",
    ],
)
def test_forged_texts_are_refused(bad: bytes) -> None:
    with pytest.raises(PictureError):
        read_png_text(png_with(bad), "key")
    assert read_png_text(png_with(chunk(b"tEXt", b"key\0first"), bad), "key") == "first"


def test_no_text_in_what_is_no_png() -> None:
    good = write_png(smooth(), {"key": "value"})
    for data in (b"", b"\x89PNG", encoded(smooth(), "JPEG"), good[:30], good[:8] + b"\xff" * 30, b"key\0value" * 9):
        assert read_png_text(data, "key") is None
    assert read_png_text(formats.PNG + chunk(b"tEXt", b"") * 200_000, "key") is None


def test_texts_too_long_to_be_read_are_not_written() -> None:
    for text in ({"key": "x" * (images.MAX_TEXT + 1)}, {"": "x"}, {"k" * 80: "x"}, {"ключ": "x"}):
        with pytest.raises(PictureError):
            write_png(smooth(), text)
