"""The Reconstruction tab's server side: what a page may send, what a table holds, and what comes back."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from core.images import PictureError
from core.photos.squares import NO_FACE
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest
from ui.components.pictures import data_uri, exact_uri
from ui.messages import USER_ERRORS, RequestError, parse
from ui.reconstruction.handlers import ReconstructionHandlers
from ui.reconstruction.responses import ERROR_STEPS
from ui.reconstruction.table import KEPT_SIDE, MOST_PICTURES, PHOTOS, Examples, Table

SURGERY = {"swap": [1], "silence": [0, 0], "bits": 3, "noise": 0.5, "blur": 1, "seed": 7}


@pytest.fixture(scope="module")
def handlers(tiny_checkpoints):
    return ReconstructionHandlers(ReconstructionPipeline(tiny_checkpoints), Examples(FacesPipeline(tiny_checkpoints)))


@pytest.fixture()
def picture():
    return Image.effect_noise((90, 70), 80).convert("RGB")


def send(handlers, table, **request):
    *_, last = handlers.respond({"request_id": 4, **request}, table)
    assert last["request_id"] == 4 and last["last"]
    return last


def parsed(value):
    return parse(ReconstructionHandlers(ReconstructionPipeline(), Examples(FacesPipeline())).routes, value)[1]


def test_a_request_arrives_as_it_was_meant():
    where = {"picture": "a", "model": "kl", "other": "b"}
    wanted = parsed({"kind": "operate", "request_id": 2, "surgery": SURGERY, **where})
    assert wanted.surgery.swap == (1,) and wanted.surgery.silence == (0,) and wanted.surgery.bits == 3
    assert (wanted.picture, wanted.other, wanted.model, wanted.request_id) == ("a", "b", "kl", 2)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "delete"},
        {"kind": "grid", "pictures": "all"},
        {"kind": "grid", "pictures": ["a"] * 65},
        {"kind": "grid", "pictures": ["a"] * 60, "models": ["kl", "vae"]},
        {"kind": "operate", "model": 3},
        {"kind": "operate", "model": "x" * 400},
        {"kind": "operate", "surgery": []},
        {"kind": "operate", "surgery": {"bits": 0}},
        {"kind": "operate", "surgery": {"bits": True}},
        {"kind": "operate", "surgery": {"noise": float("nan")}},
        {"kind": "operate", "surgery": {"blur": 99}},
        {"kind": "operate", "surgery": {"silence": [-1]}},
        {"kind": "operate", "surgery": {"silence": ["0"]}},
        {"kind": "traverse", "values": [1e9]},
        {"kind": "traverse", "dimension": 1.5},
        {"kind": "sample", "count": 10**6},
        {"kind": "add", "paths": ["/etc/passwd"]},
        {"kind": "add", "paths": [get_upload_folder() + "/../../etc/passwd"]},
        {"kind": "add", "added": "data:image/png;base64,AAAA"},
    ],
)
def test_what_does_not_fit_is_one_sentence(value):
    with pytest.raises(USER_ERRORS, match=r"^[A-Z].*\.$"):
        parsed(value)


def test_a_photo_keeps_its_own_size_however_small_it_is_decoded(handlers):
    path = Path(get_upload_folder()) / "large.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (2000, 1200), "teal").save(path, exif=turned)
    added = send(handlers, Table(), kind="add", paths=[str(path)])["added"]
    assert [(one["name"], one["width"], one["height"]) for one in added] == [("large.jpg", 1200, 2000)]


def test_a_link_out_of_the_upload_folder_is_not_followed(tmp_path):
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8)).save(secret)
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "reconstruction-test-link.png"
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    try:
        with pytest.raises(RequestError, match="not there"):
            parsed({"kind": "add", "paths": [str(link)]})
    finally:
        link.unlink()


def test_a_picture_that_is_none_is_refused_as_such():
    text = data_uri(b"not a picture", "image/png")
    with pytest.raises(PictureError):
        parsed({"kind": "add", "added": {"uri": text, "name": "x"}})


def test_a_table_is_bounded_and_forgets_what_the_page_no_longer_shows(picture):
    table = Table()
    first = table.add("one", picture)
    assert table.add("again", picture) == first and table.room() == MOST_PICTURES - 1
    wide = table.add("wide", Image.new("RGB", (3000, 1500)))
    assert table[wide][1].size == (KEPT_SIDE, KEPT_SIDE)
    for level in range(MOST_PICTURES - 2):
        table.add(str(level), Image.new("RGB", (16, 16), (level, 9, 9)))
    with pytest.raises(RequestError, match="Remove some"):
        table.add("one too many", Image.new("RGB", (16, 16), "red"))
    table.keep((first,))
    assert table.room() == MOST_PICTURES - 1
    with pytest.raises(RequestError, match="no longer"):
        table[wide]


def test_one_visitors_pictures_are_not_anothers(handlers, picture):
    mine, theirs = Table(), Table()
    added = send(handlers, mine, kind="add", added={"uri": exact_uri(picture), "name": "mine"})["added"][0]
    assert "no longer" in send(handlers, theirs, kind="grid", pictures=[added["id"]], models=["kl"])["error"]


def test_the_grid_says_what_the_pipeline_measured(handlers, picture):
    table = Table()
    added = send(handlers, table, kind="add", added={"uri": exact_uri(picture), "name": "noise"})["added"][0]
    cell = send(handlers, table, kind="grid", pictures=[added["id"]], models=["kl"])["cells"][0]
    direct = handlers.reconstruction.reconstruct(ReconstructionRequest(picture, "kl"))
    assert cell["psnr"] == round(direct.psnr, 2) and cell["ssim"] == round(direct.ssim, 4)
    assert np.array_equal(_pixels(cell["after"]), np.asarray(direct.after))
    levels = _pixels(cell["error"]).astype(float) / ERROR_STEPS
    assert np.abs(levels[..., 0] - np.minimum(direct.error, 255 / ERROR_STEPS)).max() <= 0.5 / ERROR_STEPS + 1e-4


def test_surgery_changes_the_picture_and_its_absence_does_not(handlers, picture):
    table = Table()
    name = send(handlers, table, kind="add", added={"uri": exact_uri(picture), "name": "noise"})["added"][0]["id"]
    plain = send(handlers, table, kind="grid", pictures=[name], models=["kl"])["cells"][0]["after"]
    assert send(handlers, table, kind="operate", picture=name, model="kl", surgery={})["operated"]["after"] == plain
    changed = send(handlers, table, kind="operate", picture=name, model="kl", surgery={"silence": [0]})
    assert changed["operated"]["after"] != plain
    assert "error" in send(handlers, table, kind="operate", picture=name, model="kl", surgery={"silence": [4000]})
    latent = send(handlers, table, kind="latent", picture=name, model="kl")["latent"]
    assert len(latent["channels"]) == len(latent["chart"]["data"]) == len(latent["mean"]) == 4
    assert sum(latent["chart"]["data"][0]["y"]) == 256  # one channel's values, each in one bin


def test_a_stopped_grid_ends_early(handlers, picture):
    table = Table()
    name = send(handlers, table, kind="add", added={"uri": exact_uri(picture), "name": "noise"})["added"][0]["id"]
    table.stopped = 4
    assert "cells" not in send(handlers, table, kind="grid", pictures=[name], models=["kl"])


def test_examples_come_from_this_machine_alone(handlers):
    opened = send(handlers, Table(), kind="open")
    names = [example["name"] for example in opened["examples"]]
    assert set(PHOTOS) < set(names) and sum(example["first"] for example in opened["examples"]) == 3
    assert {model["key"] for model in opened["models"]} >= {"kl", "cae", "vae", "sd", "taesd"}
    assert "error" in send(handlers, Table(), kind="example", example="../../secret.png")


def test_the_endpoint_reconstructs_for_programs(detector_checkpoints, portrait, tmp_path):
    good, bad, face = tmp_path / "good.png", tmp_path / "bad.png", tmp_path / "face.png"
    portrait.save(face)
    Image.effect_noise((80, 80), 60).convert("RGB").save(good)
    bad.write_bytes(b"text")
    page = app.build(root=str(detector_checkpoints))
    _, url, _ = app.start(page, quiet=True)
    try:
        client = Client(url, verbose=False)
        request = {"pictures": [handle_file(str(good)), handle_file(str(face))], "models": ["kl"], "align": True}
        _, details = client.predict(**request, api_name="/reconstruct")
        assert [cell["name"] for cell in details["cells"]] == ["face.png"]
        assert details["problems"] == [{"name": "good.png", "reason": NO_FACE}]
        files = [handle_file(str(good)), handle_file(str(bad))]
        pictures, details = client.predict(pictures=files, models=["kl"], api_name="/reconstruct")
        assert len(pictures) == len(details["cells"]) == 1 and 0 < details["cells"][0]["psnr"] < 40
        assert details["problems"][0]["name"] == "bad.png"
        with pytest.raises(AppError, match="Unknown model"):
            client.predict(pictures=files, models=["/etc"], api_name="/reconstruct")
        with pytest.raises(AppError, match="Models come as a list"):
            client.predict(pictures=files, models=[["kl"]], api_name="/reconstruct")
    finally:
        page.close()


def test_faces_of_uploaded_photos_are_aligned(detector_checkpoints, portrait):
    """The page's switch: the square of the face, not the centre of the photo."""
    handlers = ReconstructionHandlers(
        ReconstructionPipeline(detector_checkpoints), Examples(FacesPipeline(detector_checkpoints))
    )
    folder = Path(get_upload_folder()) / "aligned"
    folder.mkdir(parents=True, exist_ok=True)
    portrait.save(folder / "face.png")
    Image.effect_noise((90, 70), 80).save(folder / "noise.png")
    table, paths = Table(), [str(folder / name) for name in ("face.png", "noise.png")]
    last = send(handlers, table, kind="add", paths=paths, align=True)
    assert [one["name"] for one in last["problems"]] == ["noise.png"]
    (added,) = last["added"]
    square = table[added["id"]][1]
    assert 64 <= square.width < 250, "about four times the distance of the eyes, 42 pixels"
    assert send(handlers, Table(), kind="add", paths=paths, align="yes")["problems"] == []


def _pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB"))
