"""One drawing, two back ends, and the charts made of it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from core.reports.charts import Series, bar_chart, heat_map, line_chart, picture_grid, short, ticks
from core.reports.drawing import PAGE, PAPER, Drawing, fitted, text_width

SVG = "{http://www.w3.org/2000/svg}"


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
    assert [child.text for child in root.iter(f"{SVG}text")] == ["a < b & c", "turned"]
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert next(root.iter(f"{SVG}image")).get("href").startswith("data:image/png;base64,")


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
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_text_is_measured_and_fitted():
    assert text_width("wide", 20) == pytest.approx(2 * text_width("wide", 10))
    short_text = fitted("a rather long line of words", 12, 60)
    assert short_text.endswith("…") and text_width(short_text, 12) <= 60
    assert fitted("ok", 12, 60) == "ok"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 7), (0, 12345), (0.001, 0.0042), (5, 5)])
def test_ticks_are_round_and_inside(low, high):
    found = ticks(low, high)
    assert found and all(low - 1e-9 <= tick <= high + 1e-9 for tick in found) and len(found) <= 12


def test_short_numbers():
    assert [short(value) for value in (0.25, 12000, 1.5e6, 3e9)] == ["0.25", "12k", "1.5M", "3G"]


def test_line_chart_leaves_out_what_is_not_a_number():
    line = Series([1, 2, 3, 4], [0.5, float("nan"), float("inf"), 0.1])
    svg = line_chart({"loss": line}, title="Loss").svg()
    assert "nan" not in svg and "inf" not in svg
    assert len(next(ElementTree.fromstring(svg).iter(f"{SVG}polyline")).get("points").split()) == 2


@pytest.mark.parametrize(
    "series", [{}, {"empty": Series([], [])}, {"one": Series([3], [7])}, {"flat": Series([1, 2], [5, 5])}]
)
def test_line_chart_of_little_still_draws(series):
    drawing = line_chart(series, header=False)
    ElementTree.fromstring(drawing.svg())
    drawing.raster(48)


def test_charts_draw():
    bar_chart([("one", 0.4), ("two", 0.0)], title="Bars", percent=True, maximum=1, reference=(0.5, "half")).raster(48)
    names = ["a", "b", "c"]
    matrix = np.array([[1, 0.9, -0.9], [0.9, 1, 0], [-0.9, 0, 1]])
    texts = [
        node.text for node in ElementTree.fromstring(heat_map(names, matrix, title="Map").svg()).iter(f"{SVG}text")
    ]
    assert ".9" in texts and texts.count("a") == 2
    tiles = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "green")]
    picture_grid(tiles, [["red"], ["blue", "second line"], []], title="Grid", columns=2).raster(48)
