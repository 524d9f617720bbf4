"""Every kind of picture opens upright, opaque and RGB."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_pictures import chunk, encoded, smooth

from core.images import formats, open_picture

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def near(a: tuple[int, ...], b: tuple[int, ...], tolerance: int = 12) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= tolerance


KINDS = [
    *("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "DIB", "TIFF", "JPEG2000", "TGA", "ICO", "ICNS", "PPM", "PCX"),
    *("SGI", "QOI", "DDS", "IM", "BLP"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_opens_from_bytes_and_path(kind: str, tmp_path: Path) -> None:
    picture = smooth(48, 48) if kind in ("ICO", "ICNS") else smooth()
    source = picture.quantize(256) if kind == "BLP" else picture
    path = tmp_path / "picture.bin"  # the name says nothing: the content decides
    options = {"sizes": [(48, 48)]} if kind == "ICO" else {}
    path.write_bytes(encoded(source, kind, **options))
    for opened in (open_picture(path), open_picture(str(path)), open_picture(path.read_bytes())):
        assert type(opened) is Image.Image and opened.mode == "RGB" and not opened.info
        if kind != "ICNS":  # stored as several sizes
            assert opened.size == picture.size
        difference = np.abs(np.asarray(opened.resize(picture.size), int) - np.asarray(picture, int))
        assert difference.mean() < 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(kind: str, orientation: int) -> None:
    upright = smooth(48, 32)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the turn that makes the stored picture from the upright one
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_picture(encoded(stored, kind, exif=exif))
    assert opened.size == (48, 32)
    assert np.abs(np.asarray(opened, int) - np.asarray(upright, int)).mean() < 6
    assert opened.getexif().get(0x0112) is None


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_turns_nothing() -> None:
    assert open_picture(encoded(smooth(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")).size == (40, 30)


def test_transparency_lies_on_white() -> None:
    rgba = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    rgba.paste((255, 0, 0, 128), (0, 0, 2, 4))
    rgba.paste((255, 0, 0, 255), (0, 0, 1, 4))
    for kind in ("PNG", "WEBP", "TIFF"):
        opened = open_picture(encoded(rgba, kind, **({"lossless": True} if kind == "WEBP" else {})))
        assert [opened.getpixel((x, 0)) for x in (0, 1, 3)] == [RED, (255, 127, 127), WHITE]
    assert open_picture(rgba).getpixel((3, 0)) == WHITE
    assert open_picture(rgba.convert("RGBa")).getpixel((3, 0)) == WHITE


def test_grey_with_alpha() -> None:
    grey = Image.new("LA", (2, 1), (0, 255))
    grey.putpixel((1, 0), (0, 0))
    opened = open_picture(encoded(grey))
    assert [opened.getpixel((x, 0)) for x in (0, 1)] == [(0, 0, 0), WHITE]


def test_palettes_with_and_without_transparency() -> None:
    palette = Image.new("P", (3, 1))
    palette.putpalette([*RED, *GREEN, *BLUE])
    for x in range(3):
        palette.putpixel((x, 0), x)
    assert [open_picture(encoded(palette)).getpixel((x, 0)) for x in range(3)] == [RED, GREEN, BLUE]
    one = open_picture(encoded(palette, transparency=1))  # one index
    assert [one.getpixel((x, 0)) for x in range(3)] == [RED, WHITE, BLUE]
    many = open_picture(encoded(palette, transparency=bytes([255, 128, 0])))  # an alpha for each entry
    assert [many.getpixel((x, 0)) for x in range(3)] == [RED, (127, 255, 127), WHITE]
    assert open_picture(encoded(palette, "GIF", transparency=0)).getpixel((0, 0)) == WHITE


def test_a_colour_declared_transparent() -> None:
    picture = Image.new("RGB", (2, 1), RED)
    picture.putpixel((1, 0), BLUE)
    opened = open_picture(encoded(picture, transparency=BLUE))
    assert [opened.getpixel((x, 0)) for x in (0, 1)] == [RED, WHITE]


def test_cmyk_with_and_without_adobes_inversion() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    jpeg = encoded(red, "JPEG", quality=95)
    assert b"Adobe" in jpeg  # libjpeg marks CMYK so, and the values are inverted
    assert near(open_picture(jpeg).getpixel((8, 8)), RED)
    assert near(open_picture(encoded(red, "TIFF")).getpixel((8, 8)), RED)


def test_sixteen_bit_grey_keeps_its_range() -> None:
    values = np.array([[0, 128, 257 * 100, 65535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF", "PPM"):
        opened = np.asarray(open_picture(encoded(Image.fromarray(values), kind)))
        assert opened[0, :, 0].tolist() in ([0, 0, 100, 255], [0, 1, 100, 255]), kind  # 128 / 257 is almost a half
        assert (opened == opened[..., :1]).all()


def test_sixteen_bit_grey_white_is_zero() -> None:
    data = encoded(Image.fromarray(np.array([[0, 65535]], dtype=np.uint16)), "TIFF", tiffinfo={262: 0})
    assert np.asarray(open_picture(data))[0, :, 0].tolist() == [255, 0]


def test_sixteen_bit_colour() -> None:
    rows = b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 32768, 65535)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    keyed = chunk(b"tRNS", struct.pack(">3H", 65535, 0, 0))
    for extra in (b"", keyed):
        body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        opened = open_picture(formats.PNG + body)
        assert near(opened.getpixel((1, 0)), (0, 128, 255), 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 100, 255]], np.int32), [0, 100, 255]),
        (np.array([[0, 25700, 65535]], np.int32), [0, 100, 255]),
        (np.array([[-1000, 0, 1000]], np.int32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 100.0, 255.0]], np.float32), [0, 100, 255]),
        (np.array([[np.nan, np.inf, 1.0]], np.float32), [0, 0, 255]),
        (np.array([[7.0, 7.0, 7.0]], np.float32), [7, 7, 7]),
        (np.array([[-5.0, -5.0, -5.0]], np.float32), [0, 0, 0]),
    ],
)
def test_integers_and_floats_are_scaled_by_their_range(values: np.ndarray, expected: list[int]) -> None:
    for source in (Image.fromarray(values), encoded(Image.fromarray(values), "TIFF")):
        assert np.asarray(open_picture(source))[0, :, 0].tolist() == expected


def test_one_bit_ycbcr_hsv_and_lab() -> None:
    bits = Image.new("1", (2, 1))
    bits.putpixel((1, 0), 1)
    for kind in ("PNG", "TIFF", "BMP"):
        assert open_picture(encoded(bits, kind)).getpixel((1, 0)) == WHITE
    for mode in ("YCbCr", "HSV"):
        assert near(open_picture(Image.new("RGB", (4, 4), RED).convert(mode)).getpixel((0, 0)), RED)
    lab = open_picture(encoded(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"))
    assert near(lab.getpixel((0, 0)), WHITE)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_animations_show_their_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(data)) as animated:
        assert animated.n_frames == 3
    assert near(open_picture(data).getpixel((5, 5)), RED)


def test_a_pil_image_is_copied_and_left_as_it_was() -> None:
    picture = smooth()
    picture.info["comment"] = "mine"
    opened = open_picture(picture)
    opened.paste(RED, (0, 0, 40, 30))
    assert opened.info == {} and picture.info == {"comment": "mine"}
    assert np.array_equal(np.asarray(picture), np.asarray(smooth()))


@pytest.mark.parametrize(("kind", "size"), [("JPEG", (250, 150)), ("PNG", (200, 120)), ("MPO", (250, 150))])
def test_a_large_picture_is_reduced_on_request(kind: str, size: tuple[int, int]) -> None:
    data = encoded(smooth(1000, 600), kind)
    opened = open_picture(data, max_side=120)
    assert min(opened.size) >= 120 and opened.size == size  # JPEG decodes at a quarter, others are averaged
    assert open_picture(data).size == (1000, 600)
    assert open_picture(data, max_side=2000).size == (1000, 600)
