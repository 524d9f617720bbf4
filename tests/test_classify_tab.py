"""The Classify tab without a browser: what the page requests, and the endpoint for programs on a real server."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from core import attributes
from core.checkpoints import write_json
from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from ui.classify.handlers import ClassifyHandlers
from ui.components.pictures import decode_uri, exact_uri, preview_uri
from ui.session import SessionState


@pytest.fixture(scope="module")
def root(detector_checkpoints, tmp_path_factory):
    """The tiny checkpoints with the detector, and a classifier of own classes, one named like an attribute."""
    root = tmp_path_factory.mktemp("classify-tab")
    for folder in detector_checkpoints.iterdir():
        (root / folder.name).symlink_to(folder.resolve(), target_is_directory=True)
    shutil.copytree(root / "classifier", root / "my-classes")
    config = json.loads((root / "my-classes" / "config.json").read_text())
    write_json(root / "my-classes" / "config.json", {**config, "class_names": ["Smiling", "old_car", "tram"]})
    curves = {"loss": {"steps": [1, 2], "values": [2.0, 1.0]}, "val_loss": {"steps": [2], "values": [1.1]}}
    write_json(root / "my-classes" / "training.json", {"own_classes": True, "curves": curves})
    return root


def handlers_of(root):
    return ClassifyHandlers(ClassifyPipeline(root), CheckpointIndex(root), VariationsPipeline(root))


@pytest.fixture()
def respond(root):
    handlers = handlers_of(root)

    def respond(kind, **content):
        *_, last = handlers.respond({"kind": kind, "request_id": 3, **content}, SessionState())
        assert last["request_id"] == 3 and last["last"]
        return last

    return respond


@pytest.fixture(scope="module")
def noise():
    return exact_uri(Image.effect_noise((90, 70), 60))


def picture(uri):
    return Image.open(io.BytesIO(decode_uri(uri)))


def test_every_classifier_of_the_folder_is_offered(respond, root):
    (root / "damaged").mkdir(exist_ok=True)
    write_json(root / "damaged" / "config.json", {"_class_name": "PictureClassifier", "class_names": 3})
    models = {model["name"]: model for model in respond("open")["models"]}
    assert list(models) == ["classifier", "damaged", "my-classes"]
    assert models["classifier"]["title"] == "Faces and dishes" and not models["classifier"]["own"]
    assert models["my-classes"] == {"name": "my-classes", "title": "my-classes", "count": 3, "own": True, "problem": ""}
    assert "damaged" in models["damaged"]["problem"] and models["damaged"]["count"] == 0
    shutil.rmtree(root / "damaged")
    assert [model["name"] for model in respond("open")["models"]] == ["classifier", "my-classes"]


def test_without_a_classifier_the_page_says_how_to_get_one(tmp_path):
    handlers = handlers_of(tmp_path)
    (said,) = handlers.respond({"kind": "open"}, SessionState())
    assert "train_classifier.py" in said["missing"] and said["models"] == []
    (said,) = handlers.respond({"kind": "read", "photo": exact_uri(Image.new("RGB", (8, 8)))}, SessionState())
    assert "train_classifier.py" in said["error"]


def test_a_picture_is_read_with_everything_sorted(respond, noise, portrait):
    said = respond("read", photo=noise)["classified"]
    for key, count in (("attributes", 40), ("classes", 3)):
        shares = [row["probability"] for row in said[key]]
        assert len(shares) == count and shares == sorted(shares, reverse=True)
    assert {row["words"] for row in said["classes"]} == {"Apple pie", "Ramen", "Sushi"}
    assert picture(said["picture"]).size == (64, 64) and said["side"] == 64 and said["face"] is False
    assert respond("read", photo=preview_uri(portrait))["classified"]["face"] is True


def test_a_class_may_have_the_name_of_an_attribute(respond, noise):
    """Its heat map is its own."""
    of = {"photo": noise, "model": "my-classes", "name": "Smiling"}
    own, attribute = (respond("heat", **of, of_class=of_class)["heat"] for of_class in (True, False))
    assert own["of_class"] and not attribute["of_class"] and own["map"] != attribute["map"]
    said = respond("read", photo=noise, model="my-classes")["classified"]
    shares = {row["name"]: row["probability"] for row in said["classes"]}
    assert own["probability"] == pytest.approx(shares["Smiling"], abs=1e-3) and attribute["probability"] >= 0.5


def test_a_heat_map_is_as_large_as_the_picture_and_uses_its_whole_range(respond, noise):
    for name in ("Smiling", "Eyeglasses"):
        found = respond("heat", photo=noise, name=name)["heat"]
        grey = np.asarray(picture(found["map"]).convert("L"))
        assert grey.shape == (64, 64) and found["empty"] == (grey.max() == 0) and grey.max() in (0, 255)


def test_faces_are_found_in_the_frame_of_the_classifier(respond, portrait, noise):
    whole = preview_uri(portrait)
    located = respond("locate", photo=whole)["located"]
    (face,) = located["faces"]
    assert located["start"] == face["placement"] and located["note"] == "" and 90 < face["placement"]["side"] < 260
    none = respond("locate", photo=noise)["located"]
    assert none["faces"] == [] and none["note"] == "" and none["start"]["side"] == 70  # the centre square, no error
    centre, aligned = (respond("read", photo=whole, align=align)["classified"]["picture"] for align in (False, True))
    assert centre != aligned
    assert (
        respond("read", photo=noise, align=True)["classified"]["picture"]
        == respond("read", photo=noise)["classified"]["picture"]
    )


def test_the_figures_of_each_classifier(respond):
    own = respond("figures", model="my-classes")["figures"]
    assert len(own["charts"]) == 1 and "not been measured" in own["html"]
    assert {trace["name"] for trace in own["charts"][0]["data"]} == {"Training", "Validation"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"kind": "read"}, "no picture in this request"),
        ({"kind": "read", "photo": "data:image/png;base64,AAAA"}, "picture"),
        ({"kind": "read", "photo": True}, "no picture"),
        ({"kind": "heat", "name": "Tall"}, "no attribute or class 'Tall'"),
        ({"kind": "heat", "name": "Smiling", "of_class": True}, "no attribute or class 'Smiling'"),
        ({"kind": "read", "model": "../classifier"}, "There is no classifier"),
        ({"kind": "read", "model": "faces"}, "There is no classifier 'faces' here; there are classifier, my-classes"),
        ({"kind": "figures", "model": "nothing"}, "There is no classifier"),
        ({"kind": "read", "model": 3}, "Reload the page"),
        ({"kind": "nothing"}, "does not know"),
    ],
)
def test_bad_requests_get_a_sentence(respond, noise, content, words):
    has_photo = "photo" in content or words.startswith("no picture in")
    assert words in respond(**({} if has_photo else {"photo": noise}), **content)["error"]


@pytest.fixture(scope="module")
def client(root):
    page = app.build(root=str(root))
    _, url, _ = app.start(page, quiet=True)
    yield Client(url, verbose=False)
    page.close()


def test_the_endpoint_classifies_and_shows_where_it_looked(client, portrait, tmp_path):
    portrait.save(tmp_path / "me.png")
    photo = handle_file(str(tmp_path / "me.png"))
    call = {"photo": photo, "heat": ["Smiling", "sushi"], "api_name": "/classify"}
    pictures, details = client.predict(**call, align=True)
    assert len(pictures) == 3 and details["model"] == "classifier"
    assert set(details["attributes"]) == set(attributes.NAMES) and max(details["classes"].values()) >= 1 / 3
    assert [one["name"] for one in details["heat"]] == ["Smiling", "sushi"]
    for one in pictures:
        with Image.open(one["image"]) as opened:
            assert opened.size == (64, 64)
    _, centre = client.predict(**call)
    assert centre["attributes"] != details["attributes"]
    _, own = client.predict(photo=photo, model="my-classes", api_name="/classify")
    assert set(own["classes"]) == {"Smiling", "old_car", "tram"} and own["heat"] == []
    for wrong, words in (
        ({"photo": None}, "no photo"),
        ({"model": "kl"}, "no classifier"),
        ({"heat": ["Tall"]}, "no attribute or class"),
        ({"heat": "Smiling"}, "come as a list"),
        ({"align": True, "face": 4}, "no face 4"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(**{**call, **wrong})
