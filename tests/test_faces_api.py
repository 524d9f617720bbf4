"""The public endpoints, called as a program would: through ``gradio_client`` and a real server."""

from __future__ import annotations

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import from_dict, from_png

CALL = {"seed": 11, "count": 1, "steps": 4, "guidance": 2.0, "solver": "dpm++"}


@pytest.fixture(scope="module")
def client(detector_checkpoints):
    page = app.build(root=str(detector_checkpoints))
    _, url, _ = app.start(page, quiet=True)
    yield Client(url, verbose=False)
    page.close()


@pytest.fixture()
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.effect_noise((178, 218), 60).convert("RGB").save(path)
    return handle_file(str(path))


def draw(client, attributes, **changes):
    return client.predict(attributes=attributes, **{**CALL, **changes}, api_name="/draw_face")


def pixels(item):
    with Image.open(item["image"]) as picture:
        return picture.convert("RGB").tobytes()


def test_only_the_documented_endpoints_are_public(client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert sorted(named) == [
        "/classify",
        "/compare_generators",
        "/draw_face",
        "/draw_prompt",
        "/draw_style",
        "/edit_photo",
        "/read_photo",
        "/reconstruct",
        "/style_photo",
        "/sweep",
        "/vary",
    ]


def test_a_face_comes_with_its_recipe_and_its_probabilities(client):
    pictures, details = draw(client, {"Smiling": 1})
    assert len(pictures) == 1
    with Image.open(pictures[0]["image"]) as picture:
        assert picture.size == (64, 64)
    face = details["faces"][0]
    assert face["recipe"]["seed"] == 11 and face["recipe"]["attributes"] == {"Smiling": 1}
    assert len(face["achieved"]) == 40 and all(0 <= p <= 1 for p in face["achieved"].values())
    with open(pictures[0]["image"], "rb") as file:
        assert from_png(file.read()).seed == 11


def test_the_same_recipe_gives_the_same_picture_alone_and_among_others(client):
    alone, _ = draw(client, {"Male": 1}, seed=13)
    several, details = draw(client, {"Male": 1}, count=3)
    assert [face["recipe"]["seed"] for face in details["faces"]] == [11, 12, 13]
    assert pixels(alone[0]) == pixels(several[2])


def test_a_sweep_has_seven_pictures_of_one_seed(client):
    pictures, details = client.predict(
        attribute="Young", attributes={}, seed=3, steps=4, guidance=2.0, solver="dpm++", api_name="/sweep"
    )
    strengths = [face["recipe"]["attributes"].get("Young", 0) for face in details["faces"]]
    assert len(pictures) == 7 and strengths == sorted(strengths) and (strengths[0], strengths[-1]) == (-1, 1)
    assert {face["recipe"]["seed"] for face in details["faces"]} == {3}


def test_a_photo_is_read_and_edited(client, photo):
    crop, read = client.predict(photo=photo, api_name="/read_photo")
    assert len(crop) == 1 and len(read["probabilities"]) == 40
    pictures, edited = client.predict(
        photo=photo,
        attributes={"Eyeglasses": 1},
        seed=0,
        steps=4,
        guidance=2.0,
        method="ddpm",
        faithfulness=0.5,
        api_name="/edit_photo",
    )
    assert len(pictures) == 2 and edited["recipe"]["attributes"]["Eyeglasses"] == 1
    assert len(edited["achieved_after"]) == 40


def test_a_face_is_edited_in_the_whole_photo(client, portrait, photo, tmp_path):
    """Far from the face every pixel stays; what has no such face is refused with a sentence."""
    portrait.save(tmp_path / "portrait.png")
    whole = handle_file(str(tmp_path / "portrait.png"))
    changes = {"attributes": {"Eyeglasses": 1}, "steps": 4, "align": True}
    (before, after, result), details = client.predict(photo=whole, api_name="/edit_photo", **changes)
    x, y, side, degrees = details["recipe"]["edit"]["crop"]
    assert 0.4 < x < 0.48 and 0.18 < y < 0.3 and 0.25 < side < 0.45 and abs(degrees) < 10
    with Image.open(result["image"]) as picture:
        edited = np.asarray(picture.convert("RGB")).astype(int)
    assert edited.shape == (512, 512, 3) and pixels(before) != pixels(after)
    assert np.abs(edited[300:] - np.asarray(portrait)[300:]).max() == 0
    assert (edited[60:150, 160:290] != np.asarray(portrait)[60:150, 160:290]).any()
    crop, _ = client.predict(photo=whole, align=True, api_name="/read_photo")
    assert pixels(crop[0]) == pixels(before)
    with pytest.raises(AppError, match="No face was found"):
        client.predict(photo=photo, api_name="/edit_photo", **changes)
    with pytest.raises(AppError, match="no face 3"):
        client.predict(photo=whole, face=3, api_name="/edit_photo", **changes)
    (square, _, result), _ = client.predict(photo=whole, styles={}, align=True, api_name="/style_photo")
    assert pixels(square) == pixels(before)
    with Image.open(result["image"]) as picture:  # without a style nothing of the photo changes
        assert (np.asarray(picture.convert("RGB")) == np.asarray(portrait)).all()


@pytest.mark.parametrize("seed", [0, 7.0, 2**32 - 1])
def test_the_recipe_in_the_png_is_what_was_drawn(client, tiny_checkpoints, seed):
    pictures, details = draw(client, {"Smiling": 1}, seed=seed, count=2)
    for number, (picture, face) in enumerate(zip(pictures, details["faces"], strict=True)):
        with open(picture["image"], "rb") as file:
            kept = from_png(file.read())
        assert kept.seed == (seed + number) % 2**32 and kept == from_dict(face["recipe"])
        *_, again = FacesPipeline(tiny_checkpoints).draw(kept, previews=False)
        assert again.faces[0].image.tobytes() == pixels(picture)


@pytest.mark.parametrize("seed", [-1, 1.5, "7", 2**32, 6687881544318117707])
@pytest.mark.parametrize("name", ["/draw_face", "/draw_style", "/sweep"])
def test_seeds_that_are_none_are_refused_alike(client, name, seed):
    with pytest.raises(AppError, match="The seed must be a whole number from 0 to 4294967295"):
        client.predict(seed=seed, api_name=name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attributes": {"Wings": 1}}, "Wings"),
        ({"attributes": {"Smiling": 3}}, "Smiling"),
        ({"attributes": [1, 2]}, "attributes"),
        ({"count": 0}, "pictures"),
        ({"count": 1000}, "pictures"),
        ({"seed": -1}, "seed"),
        ({"seed": "seven"}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"solver": "magic"}, "olver"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(client, changes, words):
    with pytest.raises(AppError, match=words):
        client.predict(**{"attributes": {}, **CALL, **changes}, api_name="/draw_face")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attributes": ["Smiling"]}, "attributes"),
        ({"faithfulness": None}, "faithfulness"),
        ({"faithfulness": 2}, "faithfulness"),
        ({"method": "magic"}, "method"),
    ],
)
def test_bad_edits_are_answered_with_a_sentence(client, photo, changes, words):
    with pytest.raises(AppError, match=words):
        client.predict(photo=photo, api_name="/edit_photo", **{"attributes": {}, **changes})


def test_a_file_that_is_no_picture_is_refused(client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a picture")
    with pytest.raises(AppError):
        client.predict(photo=handle_file(str(path)), api_name="/read_photo")
    assert draw(client, {})[0], "the app goes on after a bad request"
