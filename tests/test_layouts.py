"""CelebA as people have it: archives, folders and tables of every form load, or one sentence says what is wrong."""

import io
import logging
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import data
from core.attributes import NAMES
from core.data.attribute_rows import read_attribute_rows
from core.data.dialect import TableError
from core.data.tables import read_table

COUNT = 12
FILES = [f"{i + 1:06d}.jpg" for i in range(COUNT)]
PARTS = [0] * 6 + [1] * 3 + [2] * 3


def label(i: int, k: int) -> int:
    return 1 if (i + k) % 3 == 0 else -1


def picture(i: int, kind="JPEG") -> bytes:
    """Its shade is its number, so that a picture beside another's labels is noticed."""
    file = io.BytesIO()
    Image.new("RGB", (22, 27), (i * 20, 128, 255 - i * 20)).save(file, kind)
    return file.getvalue()


def official(count=True) -> str:
    lines = [str(COUNT)] * count + [" ".join(NAMES) + " "]
    lines += [f"{name}  " + " ".join(f"{label(i, k):2d}" for k in range(40)) for i, name in enumerate(FILES)]
    return "\n".join(lines) + "\n"


def kaggle(sep=",", absent=-1, quote="", index=False, name=lambda n: n, end="\n", header=True) -> str:
    def quoted(cell) -> str:
        return f"{quote}{cell}{quote}"

    rows = [["image_id", *NAMES]] if header else []
    rows += [[name(n), *(label(i, k) if label(i, k) > 0 else absent for k in range(40))] for i, n in enumerate(FILES)]
    rows = [["" if header and not i else i, *row] for i, row in enumerate(rows)] if index else rows
    return end.join(sep.join(map(quoted, row)) for row in rows) + end


def partition(without=(), sep=",") -> str:
    rows = [sep.join(["image_id", "partition"])]
    rows += [f"{n}{sep}{part}" for n, part in zip(FILES, PARTS, strict=True) if n not in without]
    return "\n".join(rows) + "\n"


def write(root: Path, name: str, content: bytes | str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def zipped(members: dict[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def pictures(folder: str) -> dict[str, bytes]:
    return {f"{folder}{name}": picture(i) for i, name in enumerate(FILES)}


def loaded(path: Path, tmp_path: Path) -> data.PictureSet:
    """Load, and check that every picture has its own labels."""
    found = data.load("celeba", path, 8, tmp_path / "cache")
    for row, name in enumerate(found.names):
        number = int(Path(name).stem) - 1
        assert abs(int(found.pixels[row, 4, 4, 0]) - number * 20) < 8
        assert found.attributes[row].tolist() == [label(number, k) for k in range(40)]
    return found


def split(found: data.PictureSet) -> list[int]:
    return [len(found.indices(part)) for part in ("train", "val", "test")]


TABLES = {"list_attr_celeba.csv": kaggle(), "list_eval_partition.csv": partition()}
LAYOUTS = {  # file -> content; and the path that is given
    "kaggle": ({"archive.zip": zipped({**TABLES, **pictures("img_align_celeba/img_align_celeba/")})}, ""),
    "kaggle's zip": (
        {"archive.zip": zipped({**TABLES, **pictures("img_align_celeba/img_align_celeba/")})},
        "archive.zip",
    ),
    "kaggle unpacked": ({**TABLES, **pictures("img_align_celeba/img_align_celeba/")}, ""),
    "one folder more": ({f"celeba-dataset/{n}": c for n, c in {**TABLES, **pictures("img_align_celeba/")}.items()}, ""),
    "official": (
        {
            "Anno/list_attr_celeba.txt": official(),
            "Eval/list_eval_partition.txt": partition(sep=" ").split("\n", 1)[1],
            "Img/img_align_celeba.zip": zipped(pictures("img_align_celeba/")),
        },
        "",
    ),
    "the pictures' folder": (
        {
            "Anno/list_attr_celeba.txt": official(),
            "Eval/list_eval_partition.txt": partition(sep=" "),
            **pictures("Img/img_align_celeba/"),
        },
        "Img/img_align_celeba",
    ),
    "tables beside the zip": ({**TABLES, "img_align_celeba.zip": zipped(pictures("img/"))}, "img_align_celeba.zip"),
    "every table in a zip of its own": (
        {
            "list_attr_celeba.csv.zip": zipped({"list_attr_celeba.csv": kaggle()}),
            "list_eval_partition.csv.zip": zipped({"list_eval_partition.csv": partition()}),
            **pictures("img_align_celeba/"),
        },
        "",
    ),
    "pictures in two places": (
        {
            **TABLES,
            "first.zip": zipped({n: c for n, c in pictures("").items() if n < "000007"}),
            **{n: c for n, c in pictures("rest/").items() if n >= "rest/000007"},
        },
        "",
    ),
    "pictures twice": (
        {**TABLES, **pictures("img_align_celeba/"), "img_align_celeba.zip": zipped(pictures("img_align_celeba/"))},
        "",
    ),
    "downloaded again": (
        {"list_attr_celeba (1).csv": kaggle(), "List_Eval_Partition.CSV": partition(), **pictures("img/")},
        "",
    ),
    "whole photos of the same names beside": (
        {**TABLES, **pictures("img_align_celeba/"), **{f"img_celeba/{n}": picture(12) for n in FILES}},
        "",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_loads_with_its_own_split(tmp_path, layout):
    files, given = LAYOUTS[layout]
    for name, content in files.items():
        write(tmp_path / "d", name, content)
    found = loaded(tmp_path / "d" / given, tmp_path)
    assert len(found) == COUNT and split(found) == [6, 3, 3]


FORMS = {
    "commas": kaggle(),
    "semicolons": kaggle(sep=";"),
    "tabs": kaggle(sep="\t"),
    "commas and spaces": kaggle(sep=", "),
    "spaces": official(),
    "spaces without a count": official(count=False),
    "spaces with a wrong count": official().replace("12\n", "202599\n", 1),
    "quotes": kaggle(quote='"'),
    "single quotes": kaggle(quote="'"),
    "quotes and tabs": kaggle(sep="\t", quote='"'),
    "an index": kaggle(index=True),
    "a mark and carriage returns": "\ufeff" + kaggle(end="\r\n"),
    "old Macs' lines": kaggle(end="\r"),
    "a stated separator": "sep=;\r\n" + kaggle(sep=";", end="\r\n"),
    "commas at the ends": kaggle(end=",\n"),
    "a count before commas": f"{COUNT}{',' * 40}\n" + kaggle(),
    "decimals": kaggle(absent="-1.0"),
    "no suffixes": kaggle(name=lambda n: n[:-4]),
    "no leading zeros": kaggle(name=lambda n: str(int(n[:-4]))),
    "folders before the names": kaggle(name=lambda n: f"img_align_celeba\\{n}"),
    "other capitals and spaces": kaggle().replace("5_o_Clock_Shadow", "5 o clock shadow").replace("Smiling", "SMILING"),
    "lines between": kaggle().replace("\n", "\n\n", 3),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_label_table_loads(tmp_path, form):
    write(tmp_path / "d", "list_attr_celeba.csv", FORMS[form])
    write(tmp_path / "d", "img_align_celeba.zip", zipped(pictures("img_align_celeba/")))
    assert len(loaded(tmp_path / "d", tmp_path)) == COUNT


def test_sixteen_bits_per_letter(tmp_path):
    write(tmp_path / "d", "list_attr_celeba.txt", kaggle(sep="\t").encode("utf-16"))
    write(tmp_path / "d", "img.zip", zipped(pictures("")))
    assert len(loaded(tmp_path / "d", tmp_path)) == COUNT


def test_zero_and_one_are_absent_and_present_and_said_so(tmp_path, caplog):
    write(tmp_path / "d", "list_attr_celeba.csv", kaggle(absent=0))
    write(tmp_path / "d", "img.zip", zipped(pictures("")))
    found = loaded(tmp_path / "d", tmp_path)
    assert sorted(np.unique(found.attributes)) == [-1, 1]
    assert [r.levelno for r in caplog.records if "0 for absent" in r.message] == [logging.WARNING]


def test_pictures_of_another_suffix_have_the_labels_of_their_stem(tmp_path):
    write(tmp_path / "d", "list_attr_celeba.txt", official())
    write(tmp_path / "d", "list_eval_partition.csv", partition())
    for i, name in enumerate(FILES):
        write(tmp_path / "d", f"img_align_celeba_png/{name[:-4]}.png", picture(i, "PNG"))
    assert split(loaded(tmp_path / "d", tmp_path)) == [6, 3, 3]


def test_pictures_that_the_partition_lacks_are_left_out_and_counted(tmp_path, caplog):
    write(tmp_path / "d", "list_attr_celeba.csv", kaggle())
    write(tmp_path / "d", "list_eval_partition.csv", partition(without=(FILES[2], FILES[10])))
    write(tmp_path / "d", "img_align_celeba.zip", zipped(pictures("")))
    found = loaded(tmp_path / "d", tmp_path)
    assert split(found) == [5, 3, 2] and not {FILES[2], FILES[10]} & set(found.names)
    assert "left out: 2." in caplog.text and "list_eval_partition.csv" in caplog.text


def test_pictures_that_the_labels_name_and_nobody_brought_are_counted(tmp_path, caplog):
    write(tmp_path / "d", "list_attr_celeba.csv", kaggle())
    write(
        tmp_path / "d", "img.zip", zipped({name: data for name, data in pictures("").items() if name not in FILES[:3]})
    )
    assert len(loaded(tmp_path / "d", tmp_path)) == COUNT - 3
    assert "list_attr_celeba.csv names and that are not there: 3." in caplog.text


def test_pictures_that_no_label_names_are_left_out_and_counted(tmp_path, caplog):
    write(tmp_path / "d", "list_attr_celeba.csv", kaggle())
    write(tmp_path / "d", "img.zip", zipped({**pictures(""), "999999.jpg": picture(3)}))
    assert len(loaded(tmp_path / "d", tmp_path)) == COUNT and "left out: 1." in caplog.text


def test_words_for_the_parts(tmp_path):
    words = partition().replace(",0", ",train").replace(",1", ",val").replace(",2", ",Test")
    write(tmp_path / "d", "list_attr_celeba.csv", kaggle())
    write(tmp_path / "d", "list_eval_partition.csv", words)
    write(tmp_path / "d", "img.zip", zipped(pictures("")))
    assert split(loaded(tmp_path / "d", tmp_path)) == [6, 3, 3]


HTML = "<!DOCTYPE html><html><title>Quota exceeded</title></html>"
REFUSED = {  # changed files -> the sentence
    "a web page for the pictures": ({"img.zip": HTML}, r"img\.zip: This is a web page"),
    "a web page for the table": ({"list_attr_celeba.csv": HTML}, r"list_attr_celeba\.csv is a web page"),
    "a web page for the parts": ({"list_eval_partition.csv": HTML}, r"list_eval_partition\.csv is a web page"),
    "an unpacked archive is needed": (
        {"img.zip": None, "img.7z.001": b"7z"},
        r"img\.7z\.001 is an archive .* unpack it",
    ),
    "a zip in the zip": ({"img.zip": zipped({"img_align_celeba.zip": b"PK\3\4"})}, "other archives"),
    "no pictures": ({"img.zip": zipped({"a.txt": "a"})}, "holds no pictures"),
    "other pictures": ({"img.zip": zipped({"x.jpg": picture(0)})}, "None of the 1 pictures .* first row is 000001.jpg"),
    "a spreadsheet": (
        {"list_attr_celeba.csv": None, "list_attr_celeba.xlsx": b"PK"},
        "save it as list_attr_celeba.csv",
    ),
    "a mix of labels": (
        {"list_attr_celeba.csv": kaggle().replace("000003.jpg,-1", "000003.jpg,0")},
        "line 4: 5_o_Clock_Shadow is 0, but other lines say -1",
    ),
    "a label of two": ({"list_attr_celeba.csv": kaggle().replace("000003.jpg,-1", "000003.jpg,2")}, "line 4: .* is 2"),
    "no label": ({"list_attr_celeba.csv": kaggle().replace("000003.jpg,-1", "000003.jpg,")}, "line 4: .* is nothing"),
    "a word": ({"list_attr_celeba.csv": kaggle().replace("000003.jpg,-1", "000003.jpg,x")}, "line 4: .* is 'x'"),
    "a cut line": ({"list_attr_celeba.csv": kaggle()[:-10]}, "line 13: 3[0-9] values where 41"),
    "no header": ({"list_attr_celeba.csv": kaggle(header=False)}, "line 1: expected a header with 40 column names"),
    "an attribute less": (
        {"list_attr_celeba.csv": kaggle().replace("Smiling", "Laughing")},
        r"line 1: .* 1 are missing \(Smiling\)",
    ),
    "a row twice": (
        {"list_attr_celeba.csv": kaggle() + kaggle().split("\n")[1].replace("-1", "1") + "\n"},
        "line 14: 000001.jpg is also in line 2",
    ),
    "an open quote": ({"list_attr_celeba.csv": kaggle(quote='"').replace('"000003.jpg"', '"000003.jpg')}, "line 4"),
    "a fourth part": (
        {"list_eval_partition.csv": partition().replace("000004.jpg,0", "000004.jpg,3")},
        "line 5: .* not 3",
    ),
    "the parts of other pictures": ({"list_eval_partition.csv": "a.jpg 0\n"}, "names none of the pictures"),
    "no table": ({"list_attr_celeba.csv": None}, "no list_attr_celeba"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_one_sentence(tmp_path, case):
    changed, message = REFUSED[case]
    files = {**TABLES, "img.zip": zipped(pictures("")), **changed}
    for name, content in files.items():
        if content is not None:
            write(tmp_path / "d", name, content)
    with pytest.raises(data.DataError, match=message) as refused:
        data.load("celeba", tmp_path / "d", 8, tmp_path / "cache")
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_a_table_whose_names_are_in_the_last_column():
    table = read_table(b"partition,image_id\n0,b.jpg\n2,a.jpg\n", "t")
    assert table.columns == ("partition",) and table.match(["a.png", "b.jpg", "c.jpg"]).tolist() == [1, 0, -1]


def test_two_rows_of_one_stem_are_told_apart_by_their_suffix():
    table = read_table(b"a.jpg 0\na.png 2\n", "t")
    assert table.match(["a.png", "a.jpg", "a.webp"]).tolist() == [1, 0, -1]


@pytest.mark.parametrize("content", [b"PK\3\4xl/", b"\x1f\x8b\0", b'{"a": 1}', b"version https://git-lfs.github.com"])
def test_what_is_no_text_table_is_named(content):
    with pytest.raises(TableError, match=r"^t is "):
        read_table(content, "t")


@pytest.mark.parametrize("form", ["semicolons", "tabs", "an index", "spaces", "a mark and carriage returns"])
def test_rows_to_draw_come_in_the_same_forms(tmp_path, form):
    write(tmp_path, "rows.csv", FORMS[form])
    assert read_attribute_rows(tmp_path / "rows.csv")[1].tolist() == [label(1, k) for k in range(40)]


@pytest.mark.parametrize(("kind", "folder"), [("food101", "food-101/images/pizza/"), ("utkface", "UTKFace/")])
def test_the_one_zip_of_a_folder_is_opened(tmp_path, kind, folder):
    write(tmp_path / "d", "archive.zip", zipped(pictures(folder)))
    assert len(data.load(kind, tmp_path / "d", 8, tmp_path / "cache")) == COUNT


def test_pictures_of_neither_list_are_left_out(tmp_path, caplog):
    lists = {"food-101/meta/train.txt": "pizza/000001\npizza/000002\n", "food-101/meta/test.txt": "pizza/000003\n"}
    write(tmp_path, "food-101.zip", zipped({**pictures("food-101/images/pizza/"), **lists}))
    found = data.load("food101", tmp_path, 8, tmp_path / "cache")
    assert len(found) == 3 and found.names[found.indices("test")[0]] == "pizza/000003.jpg"
    assert "left out: 9." in caplog.text and "not there: " not in caplog.text
    lists["food-101/meta/test.txt"] += "pizza/999999\n"
    write(tmp_path / "more", "food-101.zip", zipped({**pictures("food-101/images/pizza/"), **lists}))
    assert len(data.load("food101", tmp_path / "more", 8, tmp_path / "cache")) == 3 and "not there: 1." in caplog.text
