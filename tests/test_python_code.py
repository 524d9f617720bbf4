"""The lines of Python that the page gives: executed, they make what is seen, bit for bit."""

from __future__ import annotations

import ast
import base64
import csv
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import tiny_text
from PIL import Image
from tiny_map import COUNT, FIRST, noise_atlas, send
from tiny_pictures import photo
from tiny_prompts import RECIPE

from core.images import open_picture
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.requests import PathRequest, Stop
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest
from core.recipe import Recipe, filename, from_png, single, to_dict, to_link, to_png
from ui import python_code
from ui.latent_map.handlers import LatentMapHandlers
from ui.latent_map.views import packed
from ui.messages import reply
from ui.reconstruction.handlers import ReconstructionHandlers
from ui.reconstruction.table import Examples, Table

ROUTES = {
    "drawing": (python_code.RecipeRequest, python_code.drawing_code),
    "reconstruction": (python_code.ReconstructionRequest, python_code.reconstruction_code),
    "map": (python_code.MapCodeRequest, python_code.map_code),
}


def code_of(**sent) -> str:
    answer = reply(ROUTES, sent)
    assert "error" not in answer, answer
    return answer["code"]


@pytest.fixture()
def run(tmp_path, monkeypatch):
    """Runs code in a folder whose ``checkpoints`` are these; returns the folder."""

    def executed(code, root):
        (tmp_path / "checkpoints").symlink_to(root)
        monkeypatch.chdir(tmp_path)
        exec(compile(code, "copied", "exec"), {"__name__": "copied"})
        return tmp_path

    return executed


def test_faces_in_a_style_are_drawn_again(run, styled_root):
    wanted = Recipe(seed=11, attributes={"Smiling": 1.0, "Male": -0.5}, steps=3, count=2, styles={"oil": 0.7})
    folder = run(code_of(kind="drawing", link=to_link(wanted)), styled_root)
    *_, drawn = FacesPipeline(styled_root).draw(wanted)
    for index, face in enumerate(drawn.faces):
        one = single(wanted, index)
        assert (folder / filename(one)).read_bytes() == to_png(face.image, one)


def test_a_prompt_is_drawn_again_with_quotes_in_it(run, tmp_path_factory):
    root = tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))
    wanted = replace(RECIPE, prompt='a "smiling" woman\'s \\ hat', negative_prompt="(old:1.3)")
    folder = run(code_of(kind="drawing", recipe=to_dict(wanted)), root)
    *_, drawn = PromptsPipeline(root).draw(PromptRequest(wanted))
    found = (folder / filename(wanted)).read_bytes()
    assert from_png(found) == drawn.drawings[0].recipe
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(found))), np.asarray(drawn.drawings[0].image))


def test_a_reconstruction_is_made_again(run, tmp_path, tiny_checkpoints):
    photo(3).save(tmp_path / "me.png")
    folder = run(code_of(kind="reconstruction", model="kl", name="me.png"), tiny_checkpoints)
    table = Table()
    _, kept = table[table.add("me.png", open_picture(tmp_path / "me.png"))]  # as the page keeps it
    shown = ReconstructionPipeline(tiny_checkpoints).reconstruct(ReconstructionRequest(kept, "kl"))
    assert Image.open(folder / "reconstruction-kl.png").tobytes() == shown.after.tobytes()


@pytest.fixture(scope="module")
def mapped_root(tiny_checkpoints, tmp_path_factory):
    root = tmp_path_factory.mktemp("mapped")
    for folder in tiny_checkpoints.iterdir():
        (root / folder.name).symlink_to(folder, target_is_directory=True)
    noise_atlas(root, root / "atlases")
    return root


def test_a_map_its_picked_place_and_its_path_are_made_again(run, mapped_root, monkeypatch, capsys):
    latent_map = LatentMapPipeline(mapped_root, mapped_root / "atlases")
    place = [0.25, -0.5]
    monkeypatch.delenv("LATENTSCAPE_ATLASES", raising=False)
    monkeypatch.setenv("LATENTSCAPE_CHECKPOINTS", str(mapped_root))
    folder = run(code_of(kind="map", **FIRST, stops=[{"place": place}]), mapped_root)
    assert f"({COUNT}, 2)" in capsys.readouterr().out
    decoded = latent_map.decode_at("faces", "vae", "pca2", place).picture
    assert Image.open(folder / "decoded.png").tobytes() == decoded.tobytes()
    stops = [{"row": 1}, {"place": place}]
    exec(code_of(kind="map", **FIRST, stops=stops, frames=3), {})
    wanted = PathRequest("faces", "vae", "pca2", (Stop(row=1), Stop(place=tuple(place))), "linear", 3)
    found = [Image.open(folder / f"path-0{number}.png").tobytes() for number in range(3)]
    assert found == [picture.tobytes() for picture in latent_map.path(wanted).pictures]


def test_names_stay_text_and_edits_say_why_there_is_no_code():
    name = "x\"); import os  # \n'''.png"
    tree = ast.parse(code_of(kind="reconstruction", model="kl", name=name))
    assert name in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
    ast.parse(code_of(kind="map", atlas='photos-"x', space="v'ae", projection="pca2", stops=[{"row": 2}]))
    edited = {**to_dict(Recipe()), "edit": {"base": {}}}
    assert "photo" in reply(ROUTES, {"kind": "drawing", "recipe": edited})["error"]
    for bad in ({"kind": "drawing"}, {"kind": "map", "stops": "x"}, {"kind": "reconstruction", "model": 3}, None):
        assert reply(ROUTES, bad)["error"]


def test_the_table_of_reconstructions_as_a_zip_has_every_picture_and_figure(tiny_checkpoints):
    pipeline, examples = ReconstructionPipeline(tiny_checkpoints), Examples(FacesPipeline(tiny_checkpoints))
    handlers = ReconstructionHandlers(pipeline, examples)
    table = Table()
    keys = [table.add(name, photo(seed)) for seed, name in enumerate(("=1+1/../me.jpg", "me.jpg"))]
    sent = {"kind": "archive", "request_id": 7, "pictures": keys, "models": ["kl", "vae", "sd"]}
    *_, answer = handlers.respond(sent, table)
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(answer["archive"].partition(",")[2])))
    rows = list(csv.DictReader(io.StringIO(archive.read("metrics.csv").decode())))
    assert len(rows) == 6 and rows[0]["picture"] == "'=1+1/../me.jpg"
    assert all(len(name.split("/")) == 2 and ".." not in name for name in archive.namelist() if name != "metrics.csv")
    shown = pipeline.reconstruct(ReconstructionRequest(table[keys[1]][1], "vae"))
    (row,) = (one for one in rows if one["picture"] == "me.jpg" and one["model"] == "vae")
    assert float(row["psnr"]) == pytest.approx(shown.psnr, abs=1e-4)
    assert Image.open(io.BytesIO(archive.read(row["file"]))).tobytes() == shown.after.tobytes()
    assert all(one["problem"] and not one["file"] for one in rows if one["model"] == "sd")
    *_, nothing = handlers.respond({**sent, "pictures": []}, table)
    assert "Add a picture" in nothing["error"]


def test_the_map_as_a_table_has_every_place_the_selection_and_the_colours(mapped_root):
    latent_map = LatentMapPipeline(mapped_root, mapped_root / "atlases")
    values = np.where(np.arange(COUNT) % 3 == 0, -1, np.arange(COUNT) % 2).astype(np.float32)
    colours = {"title": "=Kind", "scale": "category", "values": packed(values), "names": ["dark", "+light"]}
    colours["colours"] = ["#000000", "#ffffff"]
    answer = send(LatentMapHandlers(latent_map), kind="table", colours=colours, rows=[1, 4], **FIRST)
    head, *rows = csv.reader(io.StringIO(answer["table"]))
    assert head == ["picture", "name", "x", "y", "selected", "'=Kind"] and len(rows) == COUNT
    places = np.array([[float(x) for x in row[2:4]] for row in rows], np.float32)
    assert np.array_equal(places, latent_map.points("faces", "vae", "pca2").places)
    assert [row[4] for row in rows[:5]] == ["0", "1", "0", "0", "1"]
    assert [row[5] for row in rows[:6]] == ["", "'+light", "dark", "", "dark", "'+light"]
    assert (
        "other pictures"
        in send(LatentMapHandlers(latent_map), kind="table", colours={**colours, "values": ""}, **FIRST)["error"]
    )
