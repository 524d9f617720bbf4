"""Drawings as vectors and as pixels, and the charts that are files."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from core.reports.charts import Series, bar_chart, heat_map, line_chart, picture_grid
from core.reports.drawing import PAGE, PAPER, Drawing, fitted, text_width

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"


def texts(drawing: Drawing) -> list[str]:
    return [node.text for node in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}text")]


def everything() -> Drawing:
    drawing = Drawing(200, 120, "All <commands> & more")
    drawing.rect(10, 10, 60, 40, fill="accent", stroke="ink", radius=4)
    drawing.line([(0, 100), (200, 100)], stroke="ink", width=2)
    drawing.line([(0, 110), (200, 110)], stroke="ink", dash=(4, 4))
    drawing.circle(100, 30, 8, fill="second")
    drawing.text(20, 90, "a < b & c", size=12, bold=True)
    drawing.text(150, 90, "turned", turn=-90, anchor="middle")
    drawing.picture(120, 10, 40, 40, Image.new("RGB", (4, 4), "#ff0000"), smooth=False)
    return drawing


def test_svg_is_well_formed_and_complete():
    root = ElementTree.fromstring(everything().svg())
    assert root.get("viewBox") == "0 0 200 120"
    assert root.find(f"{SVG}title").text == "All <commands> & more"
    assert texts(everything()) == ["a < b & c", "turned"]
    assert sum("stroke-dasharray" in path.get("style") for path in root.iter(f"{SVG}path")) == 1
    assert next(root.iter(f"{SVG}image")).get(f"{XLINK}href").startswith("data:image/png;base64,")
    assert not list(root.iter(f"{SVG}style"))  # it would hold for the whole page


def test_raster_agrees_with_the_commands():
    pixels = np.asarray(everything().raster(96))
    assert pixels.shape == (120, 200, 3)
    assert tuple(pixels[30, 40]) == (0x3B, 0x6F, 0xD4)  # inside the rectangle
    assert tuple(pixels[30, 140]) == (255, 0, 0)  # inside the picture
    assert tuple(pixels[5, 5]) == (255, 255, 255)
    assert pixels[100, 100].mean() < 80  # the line
    assert pixels[78:92, 18:60].min() < 120  # the text
    row = pixels[109:111, :, 0].min(axis=0) < 128  # the dashes
    assert 0.3 < row.mean() < 0.7


@pytest.mark.parametrize("dpi", [48, 96, 600])
def test_raster_has_the_size_of_its_resolution(dpi):
    assert everything().raster(dpi).size == (round(200 * dpi / 96), round(120 * dpi / 96))


def test_saved_files_name_their_resolution(tmp_path):
    vector, bitmap = everything().save(tmp_path / "new", "figure", dpi=600)
    assert vector.read_text().startswith("<svg")
    with Image.open(bitmap) as image:
        assert round(image.info["dpi"][0]) == 600


def test_page_palette_follows_the_page():
    assert set(PAGE) == set(PAPER)
    svg = everything().svg(PAGE)
    assert "currentColor" in svg and "var(--accent" in svg
    assert not re.findall(r"https?://(?!www\.w3\.org/)", svg)
    for role in ("ink", "accent", "second"):  # no colour of paper is left in the page
        assert PAPER[role] not in svg or PAPER[role] == PAGE[role]


def test_text_is_measured_and_fitted():
    assert text_width("wide", 20) == pytest.approx(2 * text_width("wide", 10))
    short_text = fitted("a rather long line of words", 12, 60)
    assert short_text.endswith("…") and text_width(short_text, 12) <= 60
    assert fitted("ok", 12, 60) == "ok"


def test_a_drawing_is_the_same_file_every_time():
    assert everything().svg() == everything().svg()


def test_line_chart_leaves_out_what_is_not_a_number():
    line = Series([1, 2, 3, 4], [0.5, float("nan"), float("inf"), 0.1])
    (drawn,) = line_chart({"loss": line}, title="Loss", legend=False).figure.axes[-1].get_lines()
    assert drawn.get_xydata().tolist() == [[1, 0.5], [4, 0.1]]


@pytest.mark.parametrize(
    "series", [{}, {"empty": Series([], [])}, {"one": Series([3], [7])}, {"flat": Series([1, 2], [5, 5])}]
)
def test_line_chart_of_little_still_draws(series):
    drawing = line_chart(series, title="Little")
    assert "Little" in texts(drawing)
    assert ("No values yet" in texts(drawing)) == (not any(len(line.x) for line in series.values()))
    assert np.asarray(drawing.raster(48)).min() < 128


def test_bars_carry_their_values_and_stay_on_the_sheet():
    rows = [("A rather long name of an attribute", 0.4), ("none", 0.0)]
    drawing = bar_chart(rows, title="Bars", percent=True, maximum=1, reference=(0.5, "half"))
    assert {"40 %", "0 %", "half", "none", rows[0][0]} <= set(texts(drawing))
    left = drawing.figure.axes[-1].get_position().x0 * drawing.width
    assert left > text_width(rows[0][0], 11.5)


def test_a_heat_map_writes_its_strong_cells():
    matrix = np.array([[1, 0.9, -0.9], [0.9, 1, 0], [-0.9, 0, 1]])
    found = texts(heat_map(["a", "b", "c"], matrix, title="Map"))
    assert found.count(".9") == found.count("–.9") == 2 and found.count("a") == 2


def test_a_grid_holds_every_picture_and_caption():
    tiles = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    drawing = picture_grid(tiles, [["red"], ["blue", "second line"], []], title="Grid", columns=2)
    assert {"red", "blue", "second line"} <= set(texts(drawing))
    pixels = np.asarray(drawing.raster(96))
    for place, colour in (((140, 96), (255, 0, 0)), ((140, 240), (0, 0, 255)), ((340, 96), (0, 255, 0))):
        assert tuple(pixels[place]) == colour
