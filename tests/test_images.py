"""Every kind of picture opens upright, opaque and RGB; every bad file is refused with a sentence."""

import contextlib
import io
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile, PngImagePlugin
from tiny_pictures import chunk, encoded

from core import images
from core.images import (
    PictureError,
    crop_square,
    formats,
    open_picture,
    opening,
    read_png_text,
    to_images,
    to_pixels,
    to_tensor,
    to_uint8,
    write_png,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def smooth(width: int = 40, height: int = 30) -> Image.Image:
    """Gradients that survive lossy formats."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, (x + y) * 2], axis=-1).astype(np.uint8))


def near(a: tuple[int, ...], b: tuple[int, ...], tolerance: int = 12) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= tolerance


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


def refusal(source: object) -> str:
    with pytest.raises(PictureError) as caught:
        open_picture(source)
    message = str(caught.value)
    assert message.endswith(".") and len(message) < 160 and "\n" not in message
    return message


# --- what opens ---------------------------------------------------------------------------------------------------

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


# --- what is refused ----------------------------------------------------------------------------------------------


def test_no_picture_at_all(tmp_path: Path) -> None:
    assert "empty" in refusal(b"")
    assert "no picture" in refusal(None)
    assert "no file 'nothing.png'" in refusal(tmp_path / "nothing.png")
    assert "no file" in refusal(tmp_path)
    refusal("x" * 10_000)
    refusal("a\0b")


@pytest.mark.parametrize("content", [b"hello, this is text\n" * 50, b"%PDF-1.7 ...", b"<svg xmlns='...'/>", bytes(999)])
def test_text_renamed_to_png(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    assert "not a picture" in refusal(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "JPEG2000", "PPM", "TGA", "QOI"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files(kind: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8))
    data = encoded(noise, kind)
    refusal(data[: int(len(data) * share)])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_bytes_turned_over_never_raise_anything_else() -> None:
    random = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "ICO", "ICNS", "PSD", "TGA", "PCX", "DDS", "AVIF", "QOI"):
        data = encoded(smooth(32, 32), kind) if kind != "PSD" else b"8BPS\0\1" + bytes(6) + b"\0\3" + bytes(40)
        for _ in range(25):
            forged = bytearray(data)
            for place in random.integers(0, min(len(forged), 200), 6):
                forged[place] = random.integers(256)
            with contextlib.suppress(PictureError):
                assert open_picture(bytes(forged)).mode == "RGB"


@pytest.mark.parametrize("size", [(30_000, 30_000), (20_001, 1), (1, 20_001), (8001, 8001), (2**31 - 1, 2**31 - 1)])
def test_bombs_are_refused_from_their_header(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    assert "64 megapixels" in refusal(png_header(*size))
    assert Image.MAX_IMAGE_PIXELS == 1024 * 1024 * 1024 // 4 // 3


def test_a_picture_of_no_pixels() -> None:
    refusal(png_header(0, 10))
    assert "no pixels" in refusal(Image.new("RGB", (0, 10)))


@pytest.mark.parametrize("part", [png_header(9000, 9000), struct.pack("<IiiHHIIiiII", 40, 9000, 9000, 1, 24, *[0] * 6)])
def test_icons_that_hold_something_larger(part: bytes) -> None:
    ico = struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(part), 22) + part
    assert "64 megapixels" in refusal(ico)


def test_a_mac_icon_that_holds_something_larger() -> None:
    part = png_header(9000, 9000)
    icns = b"icns" + struct.pack(">I", 16 + len(part)) + b"ic08" + struct.pack(">I", 8 + len(part)) + part
    assert "64 megapixels" in refusal(icns)


def test_formats_decoded_in_python_have_a_lower_limit() -> None:
    assert "too long" in refusal(b"qoif" + struct.pack(">IIBB", 7000, 7000, 3, 0) + bytes(100))


def test_a_jpeg_of_thousands_of_scans() -> None:
    data = encoded(smooth(64, 64), "JPEG", progressive=True)
    assert 1 < opening.scans(data) < 20
    assert open_picture(data + bytes([255, 218]) * 1000).size == (64, 64)  # what is behind the end does not count
    last = data.rindex(b"\xff\xda")
    assert "damaged" in refusal(data[:last] + data[last:-2] * 5000 + data[-2:])


def test_postscript_starts_no_interpreter() -> None:
    assert "EPS" not in images.FORMATS
    assert "not a picture" in refusal(encoded(smooth(), "EPS"))


def test_heic_says_what_to_do() -> None:
    assert "HEIC" in refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))


def test_files_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_BYTES", 2**20)
    path = tmp_path / "large.bmp"
    path.write_bytes(encoded(Image.new("RGB", (700, 700)), "BMP"))
    assert "larger than 1 MB" in refusal(path)
    assert "larger than 1 MB" in refusal(path.read_bytes())


def test_many_threads_at_once() -> None:
    data = [encoded(smooth(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")] + [b"nothing", png_header(9000, 9000)]

    def attempt(i: int) -> str:
        try:
            return open_picture(data[i % len(data)]).mode
        except PictureError:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(120)))
    assert results == (["RGB"] * 4 + ["refused"] * 2) * 20


def test_pictures_and_recipes_load_without_torch() -> None:
    root = Path(__file__).parent.parent
    code = "import sys, core.images, core.recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


# --- crop, resize, tensors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "box"),
    [((178, 218), (0, 20, 178, 198)), ((89, 109), (0, 10, 89, 99)), ((30, 9), (10, 0, 19, 9)), ((7, 7), (0, 0, 7, 7))],
)
def test_crop_square_is_the_centre(size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    picture = smooth(*size)
    assert np.array_equal(np.asarray(crop_square(picture)), np.asarray(picture.crop(box)))


@pytest.mark.parametrize("size", [(89, 109), (512, 384), (2100, 1600), (20, 33), (1, 1), (64, 64)])
def test_to_pixels_any_size(size: tuple[int, int]) -> None:
    pixels = to_pixels(smooth(*size), 64)
    assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8 and pixels.flags.writeable


def test_to_pixels_averages_what_it_drops() -> None:
    board = Image.fromarray((np.indices((2000, 2000)).sum(0) % 2 * 255).astype(np.uint8))
    assert np.abs(to_pixels(board, 64).astype(int) - 127).max() <= 2  # a checkerboard of pixels turns grey
    exact = smooth(64, 64)
    assert np.array_equal(to_pixels(exact, 64), np.asarray(exact))


def test_to_pixels_takes_any_mode() -> None:
    assert (to_pixels(Image.new("RGBA", (10, 20), (0, 0, 0, 0)), 8) == 255).all()
    assert (to_pixels(Image.fromarray(np.full((9, 9), 65535, np.uint16)), 8) == 255).all()
    with pytest.raises(PictureError):
        to_pixels(Image.new("RGB", (0, 5)), 8)


def test_tensors_and_pixels_round_trip_exactly() -> None:
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    noise = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), np.uint8)
    for pixels in (every, noise):
        tensor = to_tensor(pixels)
        assert tensor.dtype == torch.float32 and tensor.is_contiguous()
        assert tensor.shape == (len(pixels), 3, *pixels.shape[1:3])
        assert tensor.min() >= -1 and tensor.max() <= 1
        assert np.array_equal(to_uint8(tensor), pixels)
        assert np.array_equal(to_uint8(tensor.double().requires_grad_()), pixels)
        assert np.array_equal(np.stack([np.asarray(image) for image in to_images(tensor)]), pixels)
    assert torch.equal(to_tensor(every[0]), to_tensor(every))
    assert to_tensor(every)[0, :, 0, 0].tolist() == [-1, -1, -1]


def test_read_only_pixels_stay_untouched() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels.flags.writeable = False
    to_tensor(pixels).fill_(5)
    assert not pixels.any()


def test_tensors_are_clamped_and_nan_is_refused() -> None:
    tensor = torch.tensor([-9.0, 0.0, 9.0]).reshape(1, 3, 1, 1)
    assert to_uint8(tensor)[0, 0, 0].tolist() == [0, 128, 255]
    for bad in (float("nan"), float("inf")):
        with pytest.raises(PictureError, match="not numbers"):
            to_uint8(torch.full((1, 3, 2, 2), bad))


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 4), (1, 1, 2, 2, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError):
        to_tensor(np.zeros(shape, np.uint8))
    with pytest.raises(PictureError):
        to_tensor(np.zeros((2, 2, 3), np.float32))
    with pytest.raises(PictureError):
        to_uint8(torch.zeros(shape))


# --- texts in a PNG -----------------------------------------------------------------------------------------------


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
