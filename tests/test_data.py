"""Data sets in their official and Kaggle layouts, broken ones included."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from core import data
from core.attributes import NAMES
from core.data.dialect import TableError
from core.data.picture_set import PictureSet, seeded_split
from core.data.sets import join
from core.data.tables import read_table
from core.images import face_crop


def jpeg(shade: int, size=(89, 109)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade, 128, 255 - shade)).save(buffer, "JPEG")
    return buffer.getvalue()


def celeba(folder, *, kaggle: bool, zipped: bool, count=12, partition=True, identities=True):
    """Pictures whose shade is their number, in one of the published layouts."""
    folder.mkdir(parents=True)
    files = [f"{i + 1:06d}.jpg" for i in range(count)]
    if zipped:
        with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
            for i, name in enumerate(files):
                archive.writestr(f"img_align_celeba/{name}", jpeg(i * 20))
    else:
        inner = folder / "img_align_celeba" / "img_align_celeba" if kaggle else folder / "img_align_celeba"
        inner.mkdir(parents=True)
        for i, name in enumerate(files):
            (inner / name).write_bytes(jpeg(i * 20))

    def table(stem, columns, rows, headed):
        if kaggle:
            lines = [
                ",".join(["image_id", *columns]),
                *(",".join(map(str, (n, *r))) for n, r in zip(files, rows, strict=True)),
            ]
            (folder / f"{stem}.csv").write_text("\n".join(lines))
        else:
            lines = [str(count), " ".join(columns)] if headed else []
            lines += [" ".join(map(str, (n, *r))) for n, r in zip(files, rows, strict=True)]
            (folder / f"{stem}.txt").write_text("\n".join(lines))

    table("list_attr_celeba", NAMES, [[1 if (i + k) % 3 == 0 else -1 for k in range(40)] for i in range(count)], True)
    if partition:
        table("list_eval_partition", ["partition"], [[min(2, i // 5)] for i in range(count)], False)
    if identities:
        table("identity_CelebA", ["identity"], [[i // 3] for i in range(count)], False)
    return folder


@pytest.mark.parametrize("kaggle", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_celeba_in_all_its_forms(tmp_path, kaggle, zipped):
    loaded = data.load("celeba", celeba(tmp_path / "d", kaggle=kaggle, zipped=zipped), 16, tmp_path / "cache")
    assert len(loaded) == 12 and loaded.pixels.shape == (12, 16, 16, 3)
    assert loaded.attributes[1].tolist() == [1 if (1 + k) % 3 == 0 else -1 for k in range(40)]
    assert [len(loaded.indices(part)) for part in ("train", "val", "test")] == [5, 5, 2]
    assert abs(int(loaded.pixels[7, 8, 8, 0]) - 140) < 6  # rows and pictures belong together


def test_without_a_partition_no_person_is_in_two_parts(tmp_path):
    loaded = data.load(
        "celeba", celeba(tmp_path / "d", kaggle=False, zipped=True, count=60, partition=False), 8, tmp_path
    )
    for person in np.unique(loaded.identities):
        assert len(np.unique(loaded.split[loaded.identities == person])) == 1


def test_seeded_splits_repeat_and_differ_by_seed():
    keys = list(range(5000))
    split = seeded_split(keys, seed=1)
    assert (split == seeded_split(keys, seed=1)).all() and (split != seeded_split(keys, seed=2)).any()
    assert 0.04 < (split == 2).mean() < 0.08 and 0.03 < (split == 1).mean() < 0.07


def test_pixels_are_decoded_once_per_content(tmp_path):
    folder, cache = celeba(tmp_path / "d", kaggle=False, zipped=False), tmp_path / "cache"
    data.load("celeba", folder, 8, cache)
    (first,) = cache.glob("*.npy")
    stamp = first.stat().st_mtime_ns
    data.load("celeba", folder, 8, cache)
    assert first.stat().st_mtime_ns == stamp
    (folder / "img_align_celeba" / "000001.jpg").write_bytes(jpeg(250))
    again = data.load("celeba", folder, 8, cache)
    assert len(list(cache.glob("*.npy"))) == 2 and again.pixels[0, 4, 4, 0] > 200


def test_unreadable_pictures_are_left_out_with_their_labels(tmp_path, caplog):
    folder = celeba(tmp_path / "d", kaggle=False, zipped=False)
    (folder / "img_align_celeba" / "000002.jpg").write_bytes(b"not a picture")
    loaded = data.load("celeba", folder, 8, tmp_path / "cache")
    assert len(loaded) == 11 and "000002.jpg" not in loaded.names and "000002.jpg left out" in caplog.text
    assert loaded.attributes[1].tolist() == [1 if (2 + k) % 3 == 0 else -1 for k in range(40)]


def test_food101(tmp_path):
    with zipfile.ZipFile(tmp_path / "food-101.zip", "w") as archive:
        for kind in ("pizza", "sushi"):
            for i in range(4):
                archive.writestr(f"food-101/images/{kind}/{i}.jpg", jpeg(i * 40, (64, 48)))
        archive.writestr("food-101/meta/test.txt", "pizza/3\nsushi/3\n")
    loaded = data.load("food101", tmp_path, 8, tmp_path / "cache")
    assert loaded.class_names == ("pizza", "sushi") and loaded.classes.tolist() == [0] * 4 + [1] * 4
    assert {loaded.names[i] for i in loaded.indices("test")} == {"pizza/3.jpg", "sushi/3.jpg"}


def test_any_folder_of_photos(tmp_path):
    for name in ("a/1.jpg", "a/2.JPG", "b/3.png", "b/notes.txt", "__MACOSX/b/3.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), "red").save(path, "PNG") if path.suffix != ".txt" else path.write_text("hello")
    loaded = data.load("folder", tmp_path / "photos", 8, tmp_path / "cache")
    assert loaded.names == ("a/1.jpg", "a/2.JPG", "b/3.png") and loaded.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("2\nSmiling Male\n1.jpg 1\n", "line 3: 1 values where 2"),
        ("1\nSmiling Male\n1.jpg x 1\n", "line 3: expected a file name and integers"),
        ("0\nSmiling Male\n", "holds no rows"),
    ],
)
def test_broken_tables_name_the_line(text, message):
    with pytest.raises(TableError, match=message):
        read_table(text.encode(), "t", ["Smiling", "Male"])


def test_the_boxes_table_with_its_named_first_column():
    table = read_table(b"1\nimage_id x_1 y_1 width height\n000001.jpg 95 71 226 313\n", "t")
    assert table.columns == ("x_1", "y_1", "width", "height") and table.values.tolist() == [[95, 71, 226, 313]]


def test_missing_tables_and_layouts_are_explained(tmp_path):
    with pytest.raises(data.DataError, match="list_attr_celeba"):
        data.load("celeba", tmp_path, 8, tmp_path)
    with pytest.raises(data.DataError, match="no readable pictures"):
        data.load("folder", tmp_path, 8, tmp_path / "cache")
    (tmp_path / "x.zip").write_bytes(b"not a zip")
    with pytest.raises(data.DataError, match="neither a folder nor a zip"):
        data.load("folder", tmp_path / "x.zip", 8, tmp_path)


def test_a_killed_decode_leaves_no_cache(tmp_path, monkeypatch):
    folder = celeba(tmp_path / "d", kaggle=False, zipped=True)

    def killed(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("core.data.cache.to_pixels", killed)
    with pytest.raises(KeyboardInterrupt):
        data.load("celeba", folder, 8, tmp_path / "cache")
    monkeypatch.undo()
    assert not list((tmp_path / "cache").iterdir())
    assert len(data.load("celeba", folder, 8, tmp_path / "cache")) == 12
    assert json.loads(next((tmp_path / "cache").glob("*.json")).read_text())["names"][0].endswith("000001.jpg")


def small_set(names, split, *, shade=0, detail=None, identities=None) -> PictureSet:
    pixels = (
        np.full((len(names), 4, 4, 3), shade, dtype=np.uint8)
        + np.arange(len(names), dtype=np.uint8)[:, None, None, None]
    )
    return PictureSet(
        "celeba",
        pixels,
        tuple(names),
        np.array(split, dtype=np.int8),
        identities=None if identities is None else np.array(identities),
        detail=None if detail is None else np.array(detail, dtype=np.int16),
    )


def test_sets_of_one_kind_are_joined_and_the_sharper_copy_is_kept():
    soft = small_set(["1.jpg", "2.jpg", "3.jpg"], [0, 0, 1], shade=10, detail=[2, 2, 2], identities=[7, 7, 8])
    sharp = small_set(["3.jpg", "4.jpg"], [1, 2], shade=100, detail=[4, 4], identities=[8, 9])
    joined = join([soft, sharp])
    assert joined.names == ("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    assert joined.pixels[np.array([2, 0, 3])][:, 0, 0, 0].tolist() == [100, 10, 101]
    assert joined.pixels[1:3].shape == (2, 4, 4, 3) and joined.pixels[3][0, 0, 0] == 101
    assert joined.split.tolist() == [0, 0, 1, 2] and joined.identities.tolist() == [7, 7, 8, 9]
    assert joined.sharp("train").tolist() == [] and joined.sharp("val").tolist() == [2]


def test_a_person_in_two_parts_is_refused():
    with pytest.raises(data.DataError, match="7 is in two parts"):
        join([small_set(["1.jpg"], [0], identities=[7]), small_set(["2.jpg"], [2], identities=[7])])


def test_a_repeated_kind_keeps_both_paths(tmp_path):
    first = celeba(tmp_path / "a", kaggle=False, zipped=True, identities=False)
    second = celeba(tmp_path / "b", kaggle=True, zipped=False, identities=False)
    given = data.parse_data_options([f"celeba={first}", f"celeba={second}"])
    assert given == {"celeba": [first, second]}
    assert len(data.load("celeba", given["celeba"], 8, tmp_path / "cache")) == 12  # the same twelve names twice


@pytest.mark.parametrize("size", [(178, 218), (89, 109), (356, 436)])
def test_the_face_crop_puts_the_eyes_where_the_contract_says(size):
    unit = size[0] / 178
    picture = Image.new("RGB", size)
    left = (15 + 0.368 * 148, 47 + 0.436 * 148)
    box = [(left[0] - 3) * unit, (left[1] - 3) * unit, (left[0] + 3) * unit, (left[1] + 3) * unit]
    picture.paste((255, 255, 255), tuple(round(v) for v in box))
    square = np.asarray(face_crop(picture).resize((148, 148), Image.Resampling.BOX))[..., 0]
    ys, xs = np.nonzero(square > 127)
    assert abs(xs.mean() + 0.5 - 0.368 * 148) < 2 and abs(ys.mean() + 0.5 - 0.436 * 148) < 2


def test_a_square_picture_is_the_face_crop_already():
    square = Image.new("RGB", (148, 148))
    assert face_crop(square) is square
