"""The charts of the page: plotly figures from plain numbers, what they say of odd values, and the map as a web page."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from core.pipelines.latent_map.types import CountChoice
from core.pipelines.latent_map.whole_map import SpaceStructure, WholeMap
from core.pipelines.models.measured import Matrix, Reliability, read_measured
from ui.components.chart_style import Slots, words
from ui.components.charts import Bar, Dot, Line, bar_chart, histogram_chart, line_chart, matrix_chart, scatter_chart
from ui.components.plotly_bundle import BUNDLE
from ui.latent_map.space_charts import count_charts, space_charts
from ui.latent_map.web_page import map_figure, read_colours
from ui.messages import RequestError
from ui.models.charts import measured_charts, training_charts

ROOT = Path(__file__).resolve().parent.parent
EVIL = '<a href="javascript:alert(1)">&</a>'
LINES = [Line(EVIL, [1, 2, 3], [1.0, float("nan"), float("inf")]), Line("b", [1], [2])]
CHARTS = {
    "lines": line_chart(LINES, title=EVIL, x=EVIL, y="loss"),
    "scatter": scatter_chart([Dot(EVIL, 10, 1), Dot("b", 1000, 2, True), Dot("none", 0, 3)], title="S", x="ms", y="dB"),
    "bars": bar_chart([Bar(EVIL, -1.0, 0.5, True, EVIL), Bar("b", 2.0)], title="B", x="dB", diverging=True),
    "matrix": matrix_chart([EVIL, "b"], ["c", "d"], [[0, 0.5], [1, -1]], title="M", what=EVIL, diverging=True),
    "histogram": histogram_chart([("one", [1, 2, 3])], [-1, 1], title="H", x="value"),
    "nothing": scatter_chart([], title="S", x="ms", y="dB"),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_every_chart_is_json_that_plotly_takes_and_shows_names_as_they_are(chart):
    text = json.dumps(chart, allow_nan=False)
    assert "<a" not in text  # escaped: plotly would make a link of it
    go.Figure(chart)  # raises for a key or a value that plotly does not know
    assert "template" not in chart["layout"] and chart["layout"]["height"] > 0


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_colours_are_those_of_the_page(chart):
    css = (ROOT / "ui" / "assets" / "shared" / "main.css").read_text(encoding="utf-8")
    text = json.dumps(chart)
    assert not re.findall(r"#[0-9a-f]{6}", text)
    for token in re.findall(r"var\((--[\w-]+)\)", text):
        assert f"{token}:" in css


def test_values_that_are_not_finite_are_gaps():
    (first, second) = CHARTS["lines"]["data"]
    assert first["y"] == [1.0, None, None] and second["mode"] == "lines+markers"


def test_a_point_without_a_place_on_the_axis_is_left_out():
    names = [name for trace in CHARTS["scatter"]["data"] for name in trace["text"]]
    assert names == [words(EVIL), "b"]
    assert CHARTS["nothing"]["data"] == [] and "Not measured" in json.dumps(CHARTS["nothing"])


def test_bars_below_zero_have_their_own_colour_and_doubtful_ones_are_faint():
    marker = CHARTS["bars"]["data"][0]["marker"]
    assert marker["color"][0] != marker["color"][1] and marker["opacity"][0] < marker["opacity"][1]


def test_places_in_a_view_name_their_chart():
    slots = Slots()
    html = slots.place(CHARTS["bars"]) + slots.place(CHARTS["matrix"], wide=True)
    view = slots.view(html)
    assert [view["charts"][int(number)] for number in re.findall(r'data-chart="(\d)"', view["html"])] == [
        CHARTS["bars"],
        CHARTS["matrix"],
    ]


def test_measured_figures_become_charts():
    metrics = {
        "attributes": {
            "Smiling": {"present": 0.5, "auc": 0.9, "precision": 0.5, "recall": 1.0},
            "Bald": {"present": 0.02, "auc": None, "precision": None, "recall": 0.0},
        },
        "classes": {"Smiling": {"recall": 0.8, "precision": 0.6}, "pie": {"recall": 0.75, "precision": 1.0}},
        "calibration": {"1": {"probability": 0.1, "present": 0.2}, "2": {"probability": 0.9, "present": 0.8}},
        "confusion": {"names": ["pie", "pizza"], "pictures": [[3, 1], [0, 4]]},
        "cooccurrence": {"names": ["Bald", "Smiling"], "correlation": [[1, -0.1], [-0.1, 1]]},
    }
    found = read_measured(metrics)
    assert found.auc == {"Smiling": 0.9} and found.balance["Bald"] == 0.02
    assert found.calibration == {"attributes": Reliability((0.1, 0.9), (0.2, 0.8))}
    charts = {chart["layout"]["title"]["text"]: chart for chart, _ in measured_charts(found)}
    assert charts["Confusion of the classes"]["data"][0]["z"] == [[0.75, 0.25], [0.0, 1.0]]
    assert charts["Balance of the attributes"]["data"][0]["y"] == ["Smiling", "Bald"]
    scores = {trace["name"]: trace for trace in charts["F1, precision and recall of each attribute"]["data"]}
    assert scores["F1"]["y"] == scores["Recall"]["y"] == ["Smiling"]  # nothing was decided to be bald
    assert [scores[name]["x"] for name in scores] == [pytest.approx([2 / 3], abs=1e-3), [0.5], [1.0]]
    pie, smiling = charts["F1, precision and recall of each class"]["data"][0]["y"], 2 * 0.8 * 0.6 / 1.4
    assert pie == ["Pie", "Smiling"]  # a class may be named like an attribute
    assert charts["F1, precision and recall of each class"]["data"][0]["x"] == pytest.approx([6 / 7, smiling], abs=1e-3)
    assert len(charts) == 7


@pytest.mark.parametrize(
    "bad", [None, 3, "x", [], {}, {"names": "ab"}, {"names": ["a"], "pictures": [[1, 2]]}, {"1": {"probability": "x"}}]
)
def test_odd_figures_draw_nothing(bad):
    keys = ("attributes", "classes", "calibration", "class_calibration", "confusion", "cooccurrence")
    found = read_measured(dict.fromkeys(keys, bad))
    assert not found and not list(measured_charts(found))


def test_a_matrix_has_as_many_rows_as_names():
    assert read_measured({"confusion": {"names": ["a"], "pictures": [[2]]}}).confusion == Matrix(("a",), ((2.0,),))


def test_spaces_and_numbers_of_clusters():
    variance, silhouette = space_charts(
        [SpaceStructure("A", (0.6, 0.4), 0.2, 8), SpaceStructure("B", (1.0,), np.nan, 0)]
    )
    assert [trace["y"] for trace in variance["data"]] == [[0.6, 1.0], [1.0]]
    assert silhouette["data"][0]["y"] == ["A"]
    first, second = count_charts(CountChoice((2, 3), (0.1, float("nan")), (9.0, 4.0), 2))
    assert first["data"][0]["y"] == [0.1, None] and second["data"][0]["y"] == [9.0, 4.0]


def test_training_curves_stand_beside_their_validation():
    from core.pipelines.models.pipeline import Curve

    (loss,) = training_charts({"val_loss": Curve([2], [1.0]), "loss": Curve([1, 2], [2.0, 1.0])})
    assert {trace["name"] for trace in loss["data"]} == {"Training", "Validation"}


# --- the map as a web page --------------------------------------------------------------------------------------------


def packed(*values: float) -> str:
    return base64.b64encode(np.array(values, "<f4").tobytes()).decode()


def colours(**changes) -> dict:
    given = {"title": "Cluster", "scale": "category", "names": [EVIL, "b"], "colours": ["#4e79d8", "#e88536"]}
    return {**given, "values": packed(0, 1, -1), **changes}


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        colours(scale="x"),
        colours(title=3),
        colours(names="ab"),
        colours(names=[1]),
        colours(colours=["red"]),
        colours(colours=["url(x)"]),
        colours(colours=[]),
        colours(values="?"),
        colours(values=packed(1, 2)),
        colours(values="A" * 10_000),
        colours(names=["x"] * 1000),
    ],
)
def test_colours_from_the_page_are_checked(bad):
    with pytest.raises(RequestError):
        read_colours(bad, 3, ())


def test_the_map_has_a_trace_for_each_category_and_what_is_not_selected_is_faint():
    places = np.array([[0, 0], [1, 1], [2, 2]], np.float32)
    found = WholeMap("A", "S", "P", places, ("a", "b", "c"), (), 48, 32)
    figure = map_figure(found, read_colours(colours(), 3, (1,)))
    rows = {trace.name: (list(trace.customdata), trace.marker.opacity) for trace in figure.data}
    assert rows[words(EVIL)][0] == [0] and rows["b"] == ([1], 1.0) and rows["In no cluster"][0] == [2]
    assert rows[words(EVIL)][1] < 1
    shares = colours(scale="share", names=[], values=packed(0.2, float("nan"), 1))
    known, unknown = map_figure(found, read_colours(shares, 3, ())).data
    assert known.marker.cmin == 0 and known.marker.cmax == 1 and list(unknown.customdata) == [1]
    with pytest.raises(RequestError):
        read_colours(colours(), 3, (3,))


def test_plotly_js_comes_with_its_package():
    assert len(BUNDLE.read_bytes()) > 1_000_000
