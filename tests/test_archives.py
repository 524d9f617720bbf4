"""Zips and folders as people bring them: what systems add, locks, other alphabets, what is left out and why."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from core.data.archive import MOST_LIST, Archive, ArchiveError
from core.data.member_names import suggested_encoding
from core.data.sets import load
from core.data.style_photos import read_photos
from core.pipelines.folders import open_pictures
from core.pipelines.latent_map.photos import PhotoReader
from core.pipelines.latent_map.types import LatentMapError
from core.pipelines.uploads import MOST_FAILURES, LeftOut, collect

FORK = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(200)  # what a Mac keeps beside a file


def jpg(seed: int = 0) -> bytes:
    values = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "JPEG")
    return file.getvalue()


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read_by_map(*paths):
    reader = PhotoReader(paths, 64)
    list(reader)
    return reader


MAC = {f"p{i}.jpg": jpg(i) for i in range(6)}
MAC |= {f"._p{i}.jpg": FORK for i in range(6)} | {
    "__MACOSX/._p0.jpg": FORK,
    ".DS_Store": b"\0\0\0\1Bud1",
    "Thumbs.db": b"x",
}
MAC |= {".hidden/p9.jpg": jpg(9)}


@pytest.fixture(params=["folder", "zip"])
def mac(request, tmp_path):
    if request.param == "zip":
        return zipped(tmp_path / "mac.zip", MAC)
    for name, content in MAC.items():
        (tmp_path / "mac" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mac" / name).write_bytes(content)
    return tmp_path / "mac"


def test_what_a_mac_and_windows_add_is_passed_over_everywhere(mac, tmp_path):
    pictures, problems = collect([mac])
    assert [name for name, _ in pictures] == [f"{mac.name}/p{i}.jpg" for i in range(6)] and problems == []
    assert [opened.problem for opened in open_pictures(mac)] == [""] * 6
    reader = read_by_map(mac)
    assert reader.names == [f"p{i}.jpg" for i in range(6)] and reader.notes == []
    assert len(read_photos(mac, 32)[0]) == 6 and read_photos(mac, 32)[1] == []
    assert len(load("folder", mac, 32, tmp_path / "cache")) == 6


def test_twins_that_are_brought_one_by_one_are_passed_over(tmp_path):
    (tmp_path / "p.jpg").write_bytes(jpg())
    (tmp_path / "._p.jpg").write_bytes(FORK)
    assert [len(part) for part in collect([tmp_path / "p.jpg", tmp_path / "._p.jpg"])] == [1, 0]


def test_a_locked_zip_is_named_once(tmp_path):
    path = zipped(tmp_path / "locked.zip", {f"p{i:03d}.jpg": jpg(i) for i in range(70)})
    raw = bytearray(path.read_bytes())
    for mark, flag in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(mark), bytes(raw)):
            raw[found.start() + flag] |= 1
    path.write_bytes(raw)
    pictures, problems = collect([path])
    assert not pictures and len(problems) == 1 and problems[0][0] == "locked.zip" and "password" in problems[0][1]
    with pytest.raises(ArchiveError, match="locked with a password"):
        list(open_pictures(path))
    with pytest.raises(LatentMapError, match="locked with a password"):
        read_by_map(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.7z", b"7z\xbc\xaf\x27\x1c" + bytes(60), "7z archive"),
        ("x.rar", b"Rar!\x1a\7\0" + bytes(60), "RAR archive"),
        ("x.tar", bytes(257) + b"ustar" + bytes(250), "tar archive"),
        ("img_align_celeba.zip", b"<!DOCTYPE html><title>Quota exceeded</title>", "web page"),
        ("cut.zip", b"PK\3\4 cut short", "damaged or cut short"),
        ("x.txt", b"hello", "neither a folder nor a zip"),
    ],
)
def test_other_archives_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArchiveError, match=words):
        Archive(tmp_path / name)
    if name != "x.txt":
        ((_, reason),) = collect([tmp_path / name])[1]
        assert re.search(words, reason)


def test_a_zip_of_zips_is_named(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"p.jpg": jpg()})
    path = zipped(tmp_path / "nested.zip", {"inner.zip": inner.read_bytes()})
    pictures, problems = collect([path])
    assert not pictures and len(problems) == 1 and "other archives (inner.zip)" in problems[0][1]
    both = zipped(tmp_path / "both.zip", {"inner.zip": inner.read_bytes(), "p.jpg": jpg()})
    assert [len(part) for part in collect([both])] == [1, 1]


@pytest.mark.parametrize("name", ["photo.jfif", "photo", "photo.dat", "photo.JPG_large", "photo.txt"])
def test_content_decides_what_a_picture_is(tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(jpg())
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    path = zipped(tmp_path / "in.zip", {name: jpg(), "notes.txt": "no picture"})
    for source in (tmp_path / "in", path):
        assert [one.name for one in open_pictures(source)] == [name]
        pictures, problems = collect([source])
        assert len(pictures) == 1 and problems == [(source.name, "1 file in it is no picture.")]
    assert len(load("folder", path, 32, tmp_path / "cache")) == 1


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("写真写.jpg", "cp932"),
        ("かわいい猫.png", "cp932"),
        ("卒業式/集合写真.jpg", "cp932"),
        ("图片1.jpg", "gbk"),
        ("我的家人/春节.jpg", "gbk"),
        ("台北旅遊.jpg", "big5"),
        ("가족사진.jpg", "euc_kr"),
        ("스크린샷.png", "euc_kr"),
        ("Моя семья.jpg", "cp866"),
        ("Отпуск 2023/море.jpg", "cp1251"),
        ("Größe.jpg", "cp437"),
        ("España/niño.jpg", "cp437"),
        ("été à la plage.jpg", "cp1252"),
        ("日本語.jpg", "utf-8"),
        ("café.jpg", "utf-8"),
    ],
)
def test_names_are_decoded_as_their_bytes_suggest(tmp_path, name, encoding):
    raw = name.encode(encoding)
    stand_in = ("X" * len(raw)).encode()
    path = zipped(tmp_path / "names.zip", {stand_in.decode(): jpg()})
    path.write_bytes(path.read_bytes().replace(stand_in, raw))
    with Archive(path) as archive:
        (found,) = archive.pictures()
        assert found == name and archive.read(found) == jpg() and archive.has(name)
    assert suggested_encoding([raw]) in (encoding, "utf-8")
    assert [n for n, _ in collect([path])[0]] == [f"names.zip/{name}"]


def test_names_are_decoded_as_the_archive_says(tmp_path):
    raw, told = b"XXXX.jpg", "年.jpg".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(told), 1, zlib.crc32(b"\x81\x81\x81\x81.jpg")) + told
    info = zipfile.ZipInfo(raw.decode())
    info.extra = extra
    with zipfile.ZipFile(tmp_path / "told.zip", "w") as archive:
        archive.writestr(info, jpg())
        archive.writestr("日本.jpg", jpg(1))  # flagged as UTF-8
    data = (tmp_path / "told.zip").read_bytes().replace(raw, b"\x81\x81\x81\x81.jpg")
    (tmp_path / "told.zip").write_bytes(data)
    with Archive(tmp_path / "told.zip") as archive:
        assert sorted(archive.pictures()) == sorted(["年.jpg", "日本.jpg"])


@pytest.mark.parametrize("name", ["computer%20vision.jpg", "a#b&c?.jpg", "quote'\".jpg", "spaces  .jpg"])
def test_names_with_marks_stay_as_they_are(tmp_path, name):
    path = zipped(tmp_path / "marks.zip", {f"deep/{name}": jpg()})
    assert [n for n, _ in collect([path])[0]] == [f"marks.zip/deep/{name}"]
    assert read_by_map(path).names == [name]


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_the_map_refuses_a_huge_list_of_members_before_it_is_read(tmp_path):
    listing = b"PK\5\6" + bytes(8) + struct.pack("<II", 2**30, 0) + bytes(2)
    (tmp_path / "many.zip").write_bytes(b"PK\3\4" + bytes(50) + listing)
    with pytest.raises(LatentMapError, match="lists too many files, over 4 MB of names"):
        read_by_map(tmp_path / "many.zip")
    long = zipped(tmp_path / "long.zip", {f"{i:05d}{'x' * 4000}.txt": b"" for i in range(MOST_LIST // 4000)})
    with pytest.raises(ArchiveError, match="lists too many files"):
        Archive(long, MOST_LIST)
    assert len(Archive(long).pictures()) == 0  # one's own data may be larger


def test_what_is_left_out_is_counted_by_reason_and_bounded(tmp_path):
    members = {f"bad{i:04d}.jpg": b"no picture" for i in range(MOST_FAILURES + 50)}
    members |= {f"a{i}.jpg": jpg(i) for i in range(3)} | {f"c{i}.txt": b"" for i in range(1000)}
    members["a9.jpg"] = jpg()[:200]
    path = zipped(tmp_path / "mixed.zip", members)
    pictures, problems = collect([path], 60)
    assert len(pictures) == 3
    assert [name for name, _ in problems] == [
        "mixed.zip",
        "mixed.zip/a9.jpg",
        f"mixed.zip/bad0000.jpg and {MOST_FAILURES - 2} more",
        f"mixed.zip/bad{MOST_FAILURES - 1:04d}.jpg and 50 more",
    ]
    assert problems[0][1] == "1,000 files in it are no pictures." and f"{MOST_FAILURES} others" in problems[3][1]
    reader = read_by_map(path)
    assert len(reader.names) == 3 and len(reader.notes) == 4 and "1,000 files" in reader.notes[0]


def test_reasons_are_bounded_whatever_comes():
    left_out = LeftOut()
    for number in range(100_000):
        left_out.add(f"{number}.jpg", f"A reason of its own: {number}.")
    problems = left_out.problems()
    assert len(problems) == LeftOut.MOST_REASONS + 1 and "99,975 more" in problems[-1][0]
