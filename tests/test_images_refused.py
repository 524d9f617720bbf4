"""Every bad file is refused with a sentence, before it costs memory or time."""

import contextlib
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from tiny_pictures import encoded, png_header, smooth

from core import images
from core.images import PictureError, open_picture, opening


def refusal(source: object) -> str:
    with pytest.raises(PictureError) as caught:
        open_picture(source)
    message = str(caught.value)
    assert message.endswith(".") and len(message) < 160 and "\n" not in message
    return message


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
