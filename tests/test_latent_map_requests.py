"""The Latent map's server side: what a page may send, and what comes back."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from tiny_map import COUNT, FIRST, floats, noise_atlas, send

from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.requests import Stop
from ui.components.pictures import data_uri, decode_uri
from ui.latent_map.handlers import LatentMapHandlers, MapState
from ui.latent_map.requests import MOST_STOPS, QUICK, PhotosRequest
from ui.messages import USER_ERRORS, parse


@pytest.fixture(scope="module")
def handlers(tiny_checkpoints, tmp_path_factory) -> LatentMapHandlers:
    folder = tmp_path_factory.mktemp("atlases")
    noise_atlas(tiny_checkpoints, folder)
    return LatentMapHandlers(LatentMapPipeline(tiny_checkpoints, folder))


def parsed(value):
    return parse(LatentMapHandlers(LatentMapPipeline()).routes, value)[1]


def test_a_request_arrives_as_it_was_meant():
    stops = [{"row": 4}, {"place": [0.5, -1]}]
    wanted = parsed({"kind": "path", "request_id": 2, **FIRST, "stops": stops, "frames": 8})
    assert wanted.stops == (Stop(row=4), Stop(place=(0.5, -1.0))) and wanted.frames == 8
    assert (wanted.atlas, wanted.space, wanted.projection, wanted.way) == ("faces", "vae", "pca2", "linear")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "_path"},
        {"kind": "path", "atlas": ["faces"]},
        {"kind": "path", "atlas": "x" * 200},
        {"kind": "path", "stops": [{}]},
        {"kind": "path", "stops": [{"row": True}]},
        {"kind": "path", "stops": [{"row": -1}]},
        {"kind": "path", "stops": [{"row": 1}] * (MOST_STOPS + 1)},
        {"kind": "path", "frames": 10**6},
        {"kind": "decode", "place": [float("nan"), 0]},
        {"kind": "decode", "place": [1e300, 0]},
        {"kind": "decode", "place": ["1", 0]},
        {"kind": "decode", "place": [0, 0, 0, 0]},
        {"kind": "selection", "rows": [1.5]},
        {"kind": "selection", "rows": "all"},
        {"kind": "selection", "rows": list(range(50_001))},
        {"kind": "sheet", "number": -1},
        {"kind": "clusters", "count": 0},
    ],
)
def test_forged_requests_end_as_one_sentence(value):
    with pytest.raises(USER_ERRORS, match=r"\.$"):
        parsed(value)


def test_only_uploaded_files_are_photos(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    for value in ({}, {"paths": None}, {"paths": []}, {"paths": [str(secret)]}, {"paths": [3]}):
        with pytest.raises(ValueError, match=r"\.$"):
            PhotosRequest.from_json(value)


def test_what_takes_long_waits_in_the_queue(handlers):
    assert set(QUICK) < set(handlers.routes)
    response = handlers.respond_quickly({"kind": "clusters", "request_id": 3})
    assert response["request_id"] == 3 and "queue" in response["error"]


def test_points_arrive_as_they_are(handlers):
    opened = send(handlers, kind="open")
    assert [one["name"] for one in opened["atlases"]] == ["faces"] and opened["missing"] == ""
    points = send(handlers, kind="points", **FIRST)
    places = handlers.latent_map.points("faces", "vae", "pca2").places
    np.testing.assert_array_equal(floats(points["places"]).reshape(-1, points["dimensions"]), places)
    assert 0 < sum(points["explained"]) <= 1 and ["density", "Density"] in [list(one) for one in points["colourings"]]
    colour = send(handlers, kind="colour", **FIRST, by="requested:Smiling")
    assert colour["scale"] == "sign" and set(floats(colour["values"])) == {-1.0, 1.0}
    assert Image.open(io.BytesIO(decode_uri(send(handlers, kind="sheet", **FIRST)["sheet"]))).format == "WEBP"


def test_a_picture_comes_before_what_the_spaces_make_of_it(handlers):
    card, more = (send(handlers, kind=kind, row=6, **FIRST) for kind in ("point", "near"))
    assert (
        card["picture"].startswith("data:image/png") and card["requested"] == {"Smiling": -1.0} and "near" not in card
    )
    assert len(more["near"]["vae"]) == 8 and all(6 not in rows for rows in more["near"].values())
    assert set(more["near"]) == {space.key for space in handlers.latent_map.open("faces").spaces}
    large, through = (Image.open(io.BytesIO(decode_uri(uri))) for uri in (card["picture"], more["through"]))
    assert large.size == through.size == (64, 64) and card["picture"] != more["through"]


def test_a_picture_from_another_tab_finds_its_place(handlers):
    own = decode_uri(send(handlers, kind="point", row=6, **FIRST)["picture"])
    sent = send(handlers, kind="locate", **FIRST, uri=data_uri(own, "image/png"))["spaces"]
    assert set(sent) == {"cae", "vae", "kl", "kl-pooled", "classifier"}
    assert all(
        len(one["places"]["pca2"]) == 2 and len(one["rows"]) == 8 and not one["problem"] for one in sent.values()
    )
    located = handlers.latent_map.locate("faces", Image.open(io.BytesIO(own)))
    assert [one.rows for one in located] == [tuple(one["rows"]) for one in sent.values()]
    for value in (None, 3, "data:image/png;base64,AAAA"):
        assert send(handlers, kind="locate", **FIRST, uri=value)["error"].endswith(".")


def test_outliers_are_listed(handlers):
    odd = send(handlers, kind="outliers", **FIRST)
    assert len(odd["outliers"]) == 24 == len(set(odd["outliers"])) and odd["factors"] == sorted(odd["factors"])[::-1]
    assert all(0 <= row < COUNT for pair in odd["duplicates"] for row in pair)


def test_places_paths_and_walks_are_decoded(handlers):
    decoded = send(handlers, kind="decode", **FIRST, place=[0.0, 0.0])
    assert decoded["decoded"] and 0 <= decoded["uncertainty"] <= 1
    other = send(handlers, kind="decode", **FIRST, place=[50.0, -50.0])
    assert other["picture"] != decoded["picture"]
    path = send(handlers, kind="path", **FIRST, stops=[{"row": 1}, {"place": [0.2, 0.1]}], frames=5)
    assert len(path["frames"]) == len(path["trail"]) == 5 and len(set(path["frames"])) == 5
    walk = send(handlers, kind="walk", **FIRST, stops=[{"row": 1}], attribute="Smiling", frames=5)
    assert walk["probabilities"] == sorted(walk["probabilities"]) and len(walk["strengths"]) == 5
    assert "click it first" in send(handlers, kind="walk", **FIRST, attribute="Smiling")["error"]


def test_a_path_is_kept_as_a_gif_that_returns(handlers):
    stops = [{"row": 1}, {"row": 2}]
    gif = Image.open(io.BytesIO(decode_uri(send(handlers, kind="gif", **FIRST, stops=stops, frames=5)["gif"])))
    assert gif.format == "GIF" and gif.size == (256, 256) and gif.n_frames == 8


def test_selections_and_clusters_are_described(handlers):
    bright = list(range(1, COUNT, 2))
    selection = send(handlers, kind="selection", **FIRST, rows=bright)
    assert (
        selection["size"] == COUNT // 2
        and selection["traits"][0]["name"] == "Smiling"
        and selection["traits"][0]["lift"] == 2
    )
    clusters = send(handlers, kind="clusters", **FIRST, method="kmeans", count=2)
    assert sum(card["size"] for card in clusters["cards"]) == COUNT and len(floats(clusters["labels"])) == COUNT
    found = send(handlers, kind="search", **FIRST, expression="smiling")
    assert found["rows"] == bright and found["understood"] == "smiling"


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "points", **FIRST, "atlas": "../../etc"},
        {"kind": "points", **FIRST, "atlas": "photos-guessed"},
        {"kind": "points", **FIRST, "space": "sd"},
        {"kind": "point", **FIRST, "row": COUNT},
        {"kind": "selection", **FIRST, "rows": [0, COUNT]},
        {"kind": "decode", **FIRST, "place": [0.0]},
        {"kind": "colour", **FIRST, "by": "measured:Nobody"},
        {"kind": "search", **FIRST, "expression": "xyzzy"},
        {"kind": "path", **FIRST, "stops": [{"row": 1}]},
    ],
)
def test_what_cannot_be_answered_is_said(handlers, request_):
    error = send(handlers, **request_)["error"]
    assert error.endswith((".", "young", "checkpoints/clip")) and "failed on the server" not in error


def test_an_empty_folder_names_the_command(tiny_checkpoints, tmp_path):
    opened = send(LatentMapHandlers(LatentMapPipeline(tiny_checkpoints, tmp_path)), kind="open")
    assert opened["atlases"] == [] and "python scripts/build_atlas.py" in opened["missing"]


def test_photos_are_the_visitors_own_and_go_with_them(handlers, tmp_path, monkeypatch):
    monkeypatch.setattr("ui.checks.get_upload_folder", lambda: str(tmp_path))
    random = np.random.default_rng(2)
    paths = []
    for number in range(12):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.fromarray(random.integers(0, 255, (32, 40, 3), np.uint8)).save(paths[-1])
    state = MapState()
    *_, last = handlers.photos({"request_id": 1, "paths": paths}, state)
    assert last["last"] and last["atlas"]["count"] == 12 and state.photos == last["atlas"]["name"]
    assert state.photos not in [one["name"] for one in send(handlers, kind="open")["atlases"]]
    assert send(handlers, kind="points", atlas=state.photos, space="vae", projection="pca2")["places"]
    handlers.forget(state)
    assert (
        "no longer here" in send(handlers, kind="points", atlas=state.photos, space="vae", projection="pca2")["error"]
    )


def test_a_map_becomes_one_web_page_with_what_was_coloured_and_selected(handlers):
    colours = {"title": "<b>", "scale": "category", "names": ["</script>", "b"], "colours": ["#4e79d8", "#e88536"]}
    colours["values"] = base64.b64encode((np.arange(COUNT) % 2).astype("<f4").tobytes()).decode()
    page = send(handlers, kind="page", **FIRST, colours=colours, rows=[1])["page"]
    assert "coloured by &lt;b&gt;" in page and "coloured by <b>" not in page
    metadata = json.loads(page.partition("const metadata = ")[2].partition(";\n")[0])
    assert len(metadata["names"]) == COUNT and metadata["sheets"][0].startswith("data:image/webp;base64,")
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="?https?:', page)
    for bad in ({**colours, "values": "AAAA"}, None, {**colours, "colours": ["url(x)"]}):
        assert send(handlers, kind="page", **FIRST, colours=bad)["error"].endswith(".")


def test_spaces_and_numbers_of_clusters_come_as_charts(handlers):
    variance, silhouette = send(handlers, kind="spaces", atlas="faces")["charts"]
    assert len(variance["data"]) == 5 and 0 < variance["data"][0]["y"][-1] <= 1
    assert all(-1 <= value <= 1 for value in silhouette["data"][0]["x"])
    found = send(handlers, kind="counts", **FIRST, method="kmeans")
    assert [chart["data"][0]["x"] for chart in found["charts"]] == 2 * [list(found["counts"])]
