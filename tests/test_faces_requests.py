"""What a page may send: everything but a well-formed request ends as one sentence."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from core import attributes
from core.images import PictureError
from core.photo_edit import PhotoEdit
from core.photos.alignment import Placement
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe, from_link, from_png, to_dict, to_link, to_png
from ui.components.pictures import MAX_UPLOAD, data_uri, decode_uri, exact_uri
from ui.faces.handlers import FacesHandlers
from ui.messages import USER_ERRORS, parse
from ui.session import SessionState

DRAW = {"kind": "draw", "request_id": 3, "recipe": to_dict(Recipe(seed=5))}


def parsed(value):
    """What a page sent -> the request that the handlers are given."""
    return parse(FacesHandlers(NoModels()).routes, value)[1]


def responses(pipeline, value):
    return list(FacesHandlers(pipeline).respond(value, SessionState()))


class NoModels:
    """A pipeline whose checkpoints are not there."""

    def missing(self) -> str:
        return "The face model is missing. Make it with: python scripts/train_faces.py"


def test_a_recipe_survives_the_way_through_the_page():
    wanted = Recipe(
        seed=2**32 - 1, attributes={"Smiling": -0.5}, count=16, guidance_interval=(0.1, 0.9), solver="unipc"
    )
    assert parsed({**DRAW, "recipe": to_dict(wanted)}).recipe == wanted


def test_a_link_and_a_png_bring_their_recipe():
    wanted = Recipe(seed=9, attributes={"Bangs": 1.0})
    picture = data_uri(to_png(Image.new("RGB", (64, 64)), wanted), "image/png")
    for source in ({"link": to_link(wanted)}, {"png": picture}):
        sent = parsed({"kind": "draw", "request_id": 1, **source})
        assert sent.restored and sent.recipe == wanted


class Ready:
    """A pipeline that draws nothing."""

    def missing(self) -> str:
        return ""


def test_a_recipe_of_a_prompt_says_where_it_belongs():
    link = to_link(Recipe(seed=9, model="text", prompt="an old man"))
    (response,) = responses(Ready(), {"kind": "draw", "request_id": 1, "link": link})
    assert response["last"] and response["belongs"] == "prompts" and "Text prompts" in response["error"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "draw",
        {},
        {"kind": "delete"},
        {"kind": "draw"},
        {"kind": "draw", "recipe": "x"},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "seed": "seven"}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "seed": -1}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "count": 0}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "count": 1000}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "steps": 10**9}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "attributes": {"Wings": 1}}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "attributes": {"Smiling": 2}}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "attributes": {"Smiling": float("nan")}}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "model": "../../etc"}},
        {"kind": "draw", "recipe": {**DRAW["recipe"], "extra": 1}},
        {"kind": "draw", "link": "%%%"},
        {"kind": "draw", "link": 7},
        {"kind": "draw", "png": "data:image/png;base64,AAAA"},
        {"kind": "draw", "png": "/etc/passwd"},
        {"kind": "draw", "png": exact_uri(Image.new("RGB", (8, 8)))},
        {"kind": "sweep", "recipe": DRAW["recipe"], "attribute": "Wings"},
        {"kind": "sweep", "recipe": DRAW["recipe"], "attribute": ["Smiling"]},
        {"kind": "read", "photo": None},
        {"kind": "read", "photo": "/etc/passwd"},
        {"kind": "read", "photo": "data:image/png;base64,not base64"},
        {"kind": "read", "photo": data_uri(b"no picture at all", "image/png")},
        {"kind": "edit", "recipe": DRAW["recipe"], "photo": exact_uri(Image.new("RGB", (8, 8))), "method": "magic"},
        {"kind": "edit", "recipe": DRAW["recipe"], "photo": exact_uri(Image.new("RGB", (8, 8))), "faithfulness": 2},
        {"kind": "edit", "recipe": DRAW["recipe"], "photo": exact_uri(Image.new("RGB", (8, 8))), "base": {"Wings": 1}},
        {"kind": "edit", "recipe": DRAW["recipe"], "photo": exact_uri(Image.new("RGB", (8, 8))), "base": [1, 2]},
    ],
)
def test_anything_else_is_refused_with_a_sentence(value):
    with pytest.raises(USER_ERRORS) as caught:
        parsed(value)
    assert 10 < len(str(caught.value)) < 300


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(PictureError, match="too large"):
        decode_uri("data:image/png;base64," + "A" * (MAX_UPLOAD * 4 // 3 + 400))


@pytest.mark.parametrize(("count", "settle", "distinct"), [(1, False, 1), (1, True, 2), (4, False, 5)])
def test_a_recipe_is_checked_once(tiny_checkpoints, checked_recipes, monkeypatch, count, settle, distinct):
    """One check per distinct recipe: the request's, each picture's of several, the baseline's without attributes."""
    pipeline = FacesPipeline(tiny_checkpoints)
    sent = to_dict(Recipe(seed=5, steps=2, attributes={"Smiling": 1.0}, count=count))
    checked_recipes.clear()
    monkeypatch.setattr(attributes, "strength", lambda *_: pytest.fail("an attribute of a recipe is checked again"))
    *_, last = responses(pipeline, {**DRAW, "recipe": sent, "settle": settle})
    assert len(last["drawn"]["faces"]) == count and ("changes" in last) == settle
    assert len(checked_recipes) == len(set(checked_recipes)) == distinct


def test_a_missing_model_is_named_with_its_command():
    messages = responses(NoModels(), DRAW)
    assert len(messages) == 1 and messages[0]["last"] and "train_faces.py" in messages[0]["missing"]
    assert messages[0]["request_id"] == 3


def test_any_failure_ends_the_request_with_words_and_without_details():
    class Broken(NoModels):
        def missing(self):
            return None

        def draw(self, *_, **__):
            raise RuntimeError("secret path /home/somebody")

    messages = responses(Broken(), DRAW)
    assert messages[-1]["last"] and "secret" not in messages[-1]["error"]


def test_only_what_the_classifier_is_sure_of_becomes_the_base():
    base = attributes.confident({"Smiling": 0.97, "Male": 0.02, "Young": 0.6, "Bald": 0.9, "Bangs": 0.95})
    assert base == {"Smiling": 1.0, "Male": -1.0, "Bald": 1.0}


def test_exact_pictures_lose_nothing():
    image = Image.effect_noise((64, 64), 80).convert("RGB")
    data = base64.b64decode(exact_uri(image).partition(",")[2])
    assert Image.open(io.BytesIO(data)).tobytes() == image.tobytes()


PHOTO = {"photo": exact_uri(Image.new("RGB", (120, 90), "teal"))}
SQUARE = {"x": 60, "y": 45, "side": 50, "degrees": 3.5}


def test_a_whole_photo_comes_with_the_square_of_its_face():
    read = parsed({"kind": "read", **PHOTO, "placement": SQUARE})
    assert read.placement == Placement(60, 45, 50, 3.5)
    assert parsed({"kind": "read", **PHOTO}).placement is None
    whole = parsed({**DRAW, **PHOTO, "kind": "whole", "placement": SQUARE, "base": {"Male": 1}})
    assert whole.edit.placement == read.placement and whole.edit.base == {"Male": 1.0}


@pytest.mark.parametrize(
    "square",
    [None, "middle", [60, 45, 50, 0], {}, {**SQUARE, "x": "60"}, {**SQUARE, "y": None}, {**SQUARE, "side": -4},
     {**SQUARE, "x": 121}, {**SQUARE, "side": float("inf")}, {**SQUARE, "degrees": float("nan")},
     {**SQUARE, "side": True}],
)  # fmt: skip
def test_a_square_that_is_none_ends_as_a_sentence(square):
    with pytest.raises(USER_ERRORS, match=r"crop|face"):
        parsed({**DRAW, **PHOTO, "kind": "whole", "placement": square})


def test_without_a_detector_a_crop_by_hand_begins_in_the_middle(tiny_checkpoints):
    (response,) = responses(FacesPipeline(tiny_checkpoints), {"kind": "locate", "request_id": 4, **PHOTO})
    assert response["last"] and response["located"]["faces"] == []
    assert response["located"]["start"] == {"x": 60.0, "y": 45.0, "side": 90.0, "degrees": 0.0}
    assert "import_detector" in response["located"]["note"]


def test_the_whole_photo_comes_back_at_its_own_size(tiny_checkpoints):
    value = {**DRAW, **PHOTO, "kind": "whole", "placement": SQUARE, "base": {"Male": 1}}
    value["recipe"] = to_dict(Recipe(steps=3, attributes={"Male": -1.0}))
    *_, response = responses(FacesPipeline(tiny_checkpoints), value)
    whole = response["whole"]
    assert response["last"] and (whole["width"], whole["height"]) == (120, 90)
    file = decode_uri(whole["file"])
    assert Image.open(io.BytesIO(file)).size == (120, 90)
    assert from_png(file).attributes == {"Male": -1.0}


def test_an_edit_keeps_its_settings_and_is_never_drawn_as_another_face(tiny_checkpoints):
    pipeline = FacesPipeline(tiny_checkpoints)
    how = {"method": "ddim", "faithfulness": 0.4, "crop": [0.5, 0.5, 1, 3.5]}
    wanted = {**to_dict(Recipe(seed=8, attributes={"Male": -1.0}))}
    *_, response = responses(pipeline, {**DRAW, **PHOTO, **how, "kind": "edit", "base": {"Male": 1}, "recipe": wanted})
    edited = response["edited"]
    kept = from_png(decode_uri(edited["after"]))
    assert kept == from_link(edited["link"]) and kept.seed == 8 and kept.attributes == {"Male": -1.0}
    assert kept.edit == PhotoEdit({"Male": 1.0}, "ddim", 0.4, (0.5, 0.5, 1.0, 3.5))
    assert edited["filename"] == "latentscape-edited-photo-seed8.png"
    *_, restored = responses(pipeline, {"kind": "draw", "request_id": 1, "link": edited["link"]})
    assert restored["last"] and restored["restored"]["edit"]["base"] == {"Male": 1.0} and "drawn" not in restored
    *_, refused = responses(pipeline, {**DRAW, "recipe": to_dict(kept)})
    assert "photo" in refused["error"] and "drawn" not in refused
