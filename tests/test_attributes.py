"""Vectors of attributes, contradictions, tables from users."""

import numpy as np
import pytest

from core import attributes
from core.attributes import NAMES, AttributeValueError, check, label, named, resolve, vector
from core.data.attribute_rows import read_attribute_rows


def test_every_attribute_is_in_one_place_of_the_page():
    placed = [*attributes.MAIN, *(name for group in attributes.GROUPS.values() for name in group)]
    assert sorted(placed) == sorted(NAMES) and len(NAMES) == 40
    assert all(name in NAMES for preset in attributes.PRESETS.values() for name in preset)
    assert all(name in NAMES for group in attributes.EXCLUSIVE for name in group)


def test_no_preset_contradicts_itself():
    assert all(resolve(vector(preset)).notes == () for preset in attributes.PRESETS.values())


def test_vector_and_back():
    values = {"Smiling": 1.0, "Young": -0.25}
    assert named(vector(values)) == {"Smiling": 1.0, "Young": -0.25}
    assert vector(values).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"Smile": 1}, "Unknown attribute 'Smile'"),
        ({"Smiling": 1.5}, "outside -1 to 1"),
        ({"Smiling": float("nan")}, "outside -1 to 1"),
        ({"Smiling": "much"}, "not a number"),
        ({"Smiling": None}, "not a number"),
    ],
)
def test_bad_values_are_named(values, message):
    with pytest.raises(AttributeValueError, match=message):
        vector(values)


def test_rows_of_another_length():
    with pytest.raises(AttributeValueError, match="has 39"):
        check([0.0] * 39)


def test_the_stronger_of_two_contradicting_stays():
    resolved = resolve(vector({"Blond_Hair": 0.4, "Black_Hair": 0.9, "Smiling": 1.0}))
    assert named(resolved.values) == {"Black_Hair": 0.9, "Smiling": 1.0} or named(resolved.values)["Black_Hair"] > 0.8
    assert resolved.notes == ("Blond hair was left unspecified: it contradicts Black hair.",)
    assert resolve(vector({"Bald": -1, "Bangs": 1})).notes == ()


def test_labels_read_well():
    assert label("5_o_Clock_Shadow") == "5 o'clock shadow"
    assert label("Bags_Under_Eyes") == "Bags under eyes"


def write(path, header, *rows):
    path.write_text("\n".join(",".join(map(str, line)) for line in (header, *rows)))
    return path


def test_tables_in_any_column_order(tmp_path):
    shuffled = [*NAMES[20:], *NAMES[:20]]
    table = read_attribute_rows(
        write(tmp_path / "t.csv", shuffled, [1 if name == "Smiling" else 0 for name in shuffled])
    )
    assert table.shape == (1, 40) and named(table[0]) == {"Smiling": 1.0}


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (NAMES[:39], [0] * 39, "missing Young"),
        ([*NAMES[:39], "Handsome"], [0] * 40, "unknown Handsome"),
        ([*NAMES, "Smiling"], [0] * 41, "once"),
        (NAMES, [0] * 39, "line 2: 39 values"),
        (NAMES, [*[0] * 39, 2], "line 2, Young: 2 is outside"),
        (NAMES, [*[0] * 39, "x"], "not a number"),
    ],
)
def test_malformed_tables(tmp_path, header, row, message):
    with pytest.raises(AttributeValueError, match=message):
        read_attribute_rows(write(tmp_path / "t.csv", header, row))


def test_a_file_that_is_no_table(tmp_path):
    (tmp_path / "t.csv").write_text("x" * 200_000)
    with pytest.raises(AttributeValueError, match="no line of a table"):
        read_attribute_rows(tmp_path / "t.csv")


def test_an_empty_table(tmp_path):
    (tmp_path / "t.csv").write_text("\n\n")
    with pytest.raises(AttributeValueError, match="empty"):
        read_attribute_rows(tmp_path / "t.csv")
