"""Styles for programs: the public endpoint through ``gradio_client`` and a real server, and the command line."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from tiny_styles import styled_faces

import app
from core.attributes import NAMES
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe, from_png

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
CALL = {"attributes": {"Smiling": 1}, "seed": 11, "steps": 3, "guidance": 2.0, "solver": "dpm++", "mode": "sum"}
CALL |= {"parts": [1, 1, 1]}


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory) -> Path:
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled-api"), ("comic", "oil"))


@pytest.fixture(scope="module")
def client(root):
    page = app.build(root=str(root))
    _, url, _ = app.start(page, quiet=True)
    yield Client(url, verbose=False)
    page.close()


def draw(client, styles, **changes):
    (picture,), details = client.predict(styles=styles, **{**CALL, **changes}, api_name="/draw_style")
    return Path(picture["image"]), details


def pixels(path):
    with Image.open(path) as picture:
        return picture.convert("RGB").tobytes()


def test_a_blend_is_drawn_and_travels_in_its_png(client, root):
    plain, details = draw(client, {})
    assert details["available"] == ["comic", "oil"] and len(details["achieved"]) == 40
    blend, details = draw(client, {"oil": 1.5, "comic": 0.5}, mode="normalised", parts=[1, 0.5, 1])
    kept = from_png(blend.read_bytes())
    assert kept.styles == {"comic": 0.25, "oil": 0.75} and kept.style_parts == (1.0, 0.5, 1.0) and kept.seed == 11
    assert details["recipe"]["styles"] == kept.styles and pixels(blend) != pixels(plain)
    *_, again = FacesPipeline(root).draw(kept, previews=False)
    assert again.faces[0].image.tobytes() == pixels(blend), "the recipe in the PNG draws it again"
    assert pixels(draw(client, {"oil": 0})[0]) == pixels(plain)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"styles": {"fresco": 1}}, "no style 'fresco'"),
        ({"styles": {"oil": 7}}, "strength of a style"),
        ({"styles": ["oil"]}, "no styles"),
        ({"styles": {}, "mode": "average"}, "blended as"),
        ({"styles": {}, "parts": [1, 1]}, "three numbers"),
        ({"styles": {}, "attributes": {"Wings": 1}}, "Wings"),
        ({"styles": {}, "seed": 1.5}, "seed"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(client, changes, words):
    with pytest.raises(AppError, match=words):
        draw(client, **changes)


def sample(monkeypatch, root, folder, *options):
    """Runs the command in this process -> its status."""
    rows = np.zeros((1, 40), dtype=int)
    folder.mkdir(exist_ok=True)
    table = folder / "rows.csv"
    table.write_text("\n".join([",".join(NAMES), ",".join(map(str, rows[0]))]) + "\n")
    arguments = ["faces", "--attributes", table, "--out", folder, "--steps", 2, "--checkpoints", root, *options]
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(sys, "argv", ["sample.py", *map(str, arguments)])
    try:
        runpy.run_path(str(SCRIPTS / "sample.py"), run_name="__main__")
    except SystemExit as end:
        return end.code
    return 0


def test_the_command_applies_styles_with_their_weights(monkeypatch, root, tmp_path):
    assert sample(monkeypatch, root, tmp_path / "one", "--style", "oil:0.5", "--style", "comic") == 0
    drawn = tmp_path / "one" / "00000.png"
    assert from_png(drawn.read_bytes()).styles == {"comic": 1.0, "oil": 0.5}
    assert sample(monkeypatch, root, tmp_path / "two", "--style", "oil", "--style-weight", "0") == 0
    assert from_png((tmp_path / "two" / "00000.png").read_bytes()) == Recipe(steps=2)
    assert pixels(tmp_path / "two" / "00000.png") != pixels(drawn)
    assert "is a number" in str(sample(monkeypatch, root, tmp_path / "three", "--style", "oil:much"))
    assert "no style 'fresco'" in str(sample(monkeypatch, root, tmp_path / "three", "--style", "fresco"))
