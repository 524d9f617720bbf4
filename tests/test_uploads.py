"""Files and zips that people bring: good ones are taken, and each bad one has its reason."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image
from tiny_pictures import encoded, photo

from core.pipelines.uploads import MOST_FAILURES, collect


def bomb():
    """A PNG of a few bytes that says that it has 2.5 gigapixels."""
    header = struct.pack(">2I5B", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    packed = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_good_ones_are_taken_and_each_bad_one_has_its_reason(tmp_path):
    good = {
        "plain.png": encoded(photo()),
        "pixel.png": encoded(photo(size=(1, 1))),
        "wide.png": encoded(photo(size=(3000, 1))),
        "grey.png": encoded(photo(mode="L")),
        "deep.png": encoded(Image.fromarray((np.arange(4096).reshape(64, 64) * 16).astype(np.uint16))),
        "ink.jpg": encoded(photo(mode="CMYK"), "JPEG"),
        "clear.png": encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0))),
        "moving.gif": encoded(photo(), "GIF", save_all=True, append_images=[photo(2)]),
    }
    bad = {
        "empty.png": (b"", "empty"),
        "text.png": (b"I am no picture", "not a picture"),
        "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(64), "HEIC"),
        "cut.png": (encoded(photo())[:300], "damaged"),
        "bomb.png": (bomb(), "megapixels"),
    }
    for name, content in {**good, **{name: content for name, (content, _) in bad.items()}}.items():
        (tmp_path / name).write_bytes(content)
    paths = [tmp_path / name for name in (*bad, *good)] + [tmp_path / "missing.png"]
    pictures, problems = collect(paths)
    assert [name for name, _ in pictures] == list(good)
    assert all(picture.mode == "RGB" for _, picture in pictures)
    assert dict(pictures)["clear.png"].getpixel((0, 0)) == (255, 255, 255)
    reasons = dict(problems)
    assert all(words in reasons[name] for name, (_, words) in bad.items())
    assert len(problems) == len(bad) + 1 and "no file" in reasons["missing.png"]


def test_zips_and_files_are_mixed(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trip/a.jpg", encoded(photo(), "JPEG"))
        archive.writestr("b.heic", b"\0\0\0\x18ftypheic" + bytes(64))
        archive.writestr("huge.png", bytes(50 * 2**20))
        archive.writestr("../evil.png", encoded(photo(2)))
        archive.writestr("__MACOSX/._a.jpg", b"x")
        archive.writestr("notes.txt", "hello")
    photo(3).save(tmp_path / "single.png")
    pictures, problems = collect([tmp_path / "single.png", tmp_path / "photos.zip"])
    assert [name for name, _ in pictures] == ["single.png", "photos.zip/../evil.png", "photos.zip/trip/a.jpg"]
    reasons = dict(problems)
    assert set(reasons) == {"photos.zip", "photos.zip/b.heic", "photos.zip/huge.png"}
    assert reasons["photos.zip"] == "1 file in it is no picture."
    assert "unpacks to more" in reasons["photos.zip/huge.png"] and "HEIC" in reasons["photos.zip/b.heic"]


def test_a_picture_that_carries_a_zip_stays_a_picture(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.png", encoded(photo(2)))
    (tmp_path / "both.png").write_bytes(encoded(photo()) + packed.getvalue())
    pictures, problems = collect([tmp_path / "both.png"])
    assert [name for name, _ in pictures] == ["both.png"] and not problems


def test_bad_zips_are_named(tmp_path):
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "junk.zip").write_bytes(b"PK\3\4" + bytes(100))
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    listing = b"PK\5\6" + bytes(8) + struct.pack("<II", 2**30, 0) + bytes(2)
    (tmp_path / "many.zip").write_bytes(b"PK\3\4" + bytes(50) + listing)
    _, problems = collect([tmp_path / f"{name}.zip" for name in ("empty", "junk", "texts", "many")])
    assert [sentence for _, sentence in problems] == [
        "This zip is damaged or cut short.",
        "This zip is damaged or cut short.",
        "This zip holds no picture files.",
        "This zip lists too many files, over 4 MB of names; pack fewer into one.",
    ]


def test_thousands_of_files_are_bounded_and_said(tmp_path):
    content = encoded(photo(size=(8, 8)))
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number:04d}.png", content)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for number in range(500):
            archive.writestr(f"{number:04d}.png", "no picture")
    pictures, problems = collect([tmp_path / "many.zip"], most=12)
    room = "Not opened, because there was room for 12. Add it afterwards."
    assert len(pictures) == 12 and problems == [("many.zip/0012.png and 4,987 more", room)]
    pictures, problems = collect([tmp_path / "bad.zip"])
    assert not pictures and [name for name, _ in problems] == [
        f"bad.zip/0000.png and {MOST_FAILURES - 1} more",
        f"bad.zip/{MOST_FAILURES:04d}.png and {499 - MOST_FAILURES} more",
    ]
    assert "not a picture" in problems[0][1] and f"{MOST_FAILURES} others" in problems[1][1]


def test_large_photos_come_smaller(tmp_path):
    photo(size=(4000, 3000)).save(tmp_path / "large.jpg")
    ((_, picture),), _ = collect([tmp_path / "large.jpg"])
    assert 512 <= min(picture.size) < 1024
