"""Pictures as people bring them: long metadata, wide gamuts, cut-outs, phones' files, rare suffixes, other files."""

from __future__ import annotations

import io
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image
from tiny_pictures import HEIC, P3, chunk, encoded, profile

from core.images import PictureError, formats, open_picture, to_pixels
from core.images.formats import is_picture


def with_chunks(*chunks: bytes) -> bytes:
    """A plain PNG with these behind its header."""
    data = encoded(Image.new("RGB", (40, 30), (10, 200, 30)))
    return data[:33] + b"".join(chunks) + data[33:]


# --- metadata -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b'{"node": 1}' * 300_000)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x/>" * 900_000)),
        chunk(b"tEXt", b"prompt\0" + b"x" * 3_000_000),
        chunk(b"iCCP", b"printer\0\0" + zlib.compress(np.random.default_rng(0).bytes(2_000_000))),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(5_000_000))),
        chunk(b"iCCP", b"forged\0\0" + b"no deflate"),
    ],
    ids=["workflow", "xmp", "text", "printer profile", "exif", "forged profile"],
)
def test_long_metadata_is_passed_over(extra):
    opened = open_picture(with_chunks(extra))
    assert opened.size == (40, 30) and opened.getpixel((5, 5)) == (10, 200, 30)


def test_metadata_that_inflates_without_end_takes_no_memory():
    bomb = zlib.compress(bytes(64 * 2**20), 9)
    chunks = [chunk(kind, key + b"\0\0" + bomb) for kind, key in ((b"zTXt", b"a"), (b"iCCP", b"b")) for _ in range(20)]
    chunks += [chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)] * 20
    data = with_chunks(*chunks)
    tracemalloc.start()
    try:
        assert open_picture(data).size == (40, 30)
        assert tracemalloc.get_traced_memory()[1] < len(data) + 16 * 2**20
    finally:
        tracemalloc.stop()


def test_a_text_that_turns_the_picture_still_does():
    xmp = b'<x:xmpmeta xmlns:tiff="http://ns.adobe.com/tiff/1.0/"><a tiff:Orientation="6"/></x:xmpmeta>'
    for key, size in ((b"XML:com.adobe.xmp", (30, 40)), (b"Comment", (40, 30))):
        assert open_picture(with_chunks(chunk(b"iTXt", key + b"\0\0\0\0\0" + xmp))).size == size


# --- colour -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_wide_gamut_becomes_srgb(kind):
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.new("RGB", (64, 64), (230, 70, 60)), kind, icc_profile=P3, **options)
    assert np.abs(np.subtract(open_picture(data).getpixel((9, 9)), (250, 49, 48))).max() <= 3
    assert np.abs(to_pixels(open_picture(data, 16), 16)[3, 3].astype(int) - (250, 49, 48)).max() <= 3


def test_a_profile_of_srgb_and_one_that_is_none_change_nothing():
    srgb = profile(
        b"sRGB IEC61966-2.1", (0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141)
    )
    values = Image.fromarray(np.random.default_rng(1).integers(0, 255, (20, 30, 3), np.uint8))
    grey = profile(b"Grey?", *[(0.3, 0.3, 0.3)] * 3, space=b"GRAY")
    for one in (srgb, b"no profile", grey, P3[:200], None):
        opened = open_picture(encoded(values, icc_profile=one) if one else encoded(values))
        assert np.array_equal(np.asarray(opened), np.asarray(values))


def test_a_wide_gamut_cut_out_keeps_its_edge():
    values = np.zeros((32, 32, 4), np.uint8)
    values[:, :16] = (230, 70, 60, 255)
    opened = open_picture(encoded(Image.fromarray(values), icc_profile=P3))
    assert opened.getpixel((30, 5)) == (255, 255, 255)  # white, as the page paints it
    assert np.abs(np.subtract(opened.getpixel((3, 5)), (250, 49, 48))).max() <= 3


def test_palettes_and_grey_in_a_colour_space_open():
    image = Image.new("RGB", (40, 30), (230, 70, 60))
    assert open_picture(encoded(image.quantize(4), icc_profile=P3)).getpixel((3, 3))[0] >= 245
    assert len(set(open_picture(encoded(image.convert("L"), icc_profile=P3)).getpixel((3, 3)))) == 1


# --- what a file is -----------------------------------------------------------------------------------------------


def test_heic_opens():
    opened = open_picture(HEIC)
    assert opened.size == (64, 48) and opened.mode == "RGB"
    left, right = opened.getpixel((8, 24)), opened.getpixel((56, 24))
    assert left[0] > 150 > left[2] and right[2] > 150 > right[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEIC[:300], "This HEIC picture is damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400), "This HEIC picture is damaged"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "SVG"),
        (b'<?xml version="1.0"?>\n<!-- a logo -->\n<svg/>', "SVG"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(60), "7z archive"),
        (b"Rar!\x1a\7\0" + bytes(60), "RAR archive"),
        (b"PK\3\4" + bytes(60), "zip"),
        (b"\xff\x0a" + bytes(60), "JPEG XL"),
        (b"\0\0\0\x20ftypisom" + bytes(60), "film"),
        (b"<!DOCTYPE html><title>Quota exceeded</title>", "web page"),
    ],
)
def test_what_cannot_be_opened_is_named_in_one_sentence(content, words):
    with pytest.raises(PictureError, match=words) as refused:
        open_picture(content)
    assert str(refused.value).endswith(".") and str(refused.value).count(". ") == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "QOI"])
def test_content_tells_a_picture(kind):
    image = Image.new("RGB", (40, 30), (10, 200, 30))
    file = io.BytesIO()
    image.save(file, kind) if kind != "QOI" else file.write(b"qoif" + bytes(20))
    assert is_picture(file.getvalue()[: formats.HEAD]) and is_picture(HEIC[:64])
    assert not is_picture(b"BMW is a car, and this a text") and not is_picture(b"") and not is_picture(b"P6 is a film")
