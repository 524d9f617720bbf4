"""The Text prompts tab's server side: what a page may send, and what comes back."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import tiny_text
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from tiny_prompts import PROMPT, RECIPE, handlers_of, typed

import app
from core.recipe import (
    MAX_PROMPT,
    Recipe,
    from_json,
    from_link,
    from_png,
    to_dict,
    to_json,
    to_link,
    to_png,
)
from ui.components.pictures import data_uri
from ui.messages import USER_ERRORS, parse
from ui.session import SessionState


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def handlers(root):
    return handlers_of(root)


def send(handlers, state=None, **request):
    request = {"kind": "draw", "recipe": to_dict(RECIPE), "request_id": 4, **request}
    *_, last = handlers.respond(request, state or SessionState())
    assert last["request_id"] == 4 and last["last"]
    return last


def parsed(value):
    return parse(handlers_of(None).routes, value)[1]


def pixels(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB"))


# --- what a page may send -----------------------------------------------------------------------------------------


def test_prompts_of_any_kind_are_cleaned_and_cut_never_refused():
    sent = {**to_dict(RECIPE), "prompt": "woman " * 10_000, "negative_prompt": "a\x00b\x1b[0m\ud800"}
    wanted = parsed({"kind": "morph", "recipe": sent, "other": "<b>{{7*7}}</b>\n😀", "request_id": 2})
    assert len(wanted.recipe.prompt) <= MAX_PROMPT and "The prompt was cut after" in wanted.notes[0]
    assert wanted.recipe.negative_prompt == "a b [0m" and wanted.other == "<b>{{7*7}}</b> 😀"
    for prompt in ("", "  \n", None, 7, ["a"]):
        assert parsed({"kind": "draw", "recipe": {**to_dict(RECIPE), "prompt": prompt}}).recipe.prompt == ""


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "train"},
        {"kind": "draw"},
        {"kind": "draw", "recipe": []},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "steps": 9999}},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "start": "photo"}},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "level": 0}},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "model": "faces"}},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "model": "../../etc"}},
        {"kind": "draw", "link": "###"},
        {"kind": "morph", "recipe": to_dict(RECIPE), "frames": 10**6},
        {"kind": "morph", "recipe": to_dict(RECIPE), "frames": True},
    ],
)
def test_what_does_not_fit_is_one_sentence(value):
    with pytest.raises(USER_ERRORS, match=r"^[A-Z'].*\.$"):
        parsed(value)


def test_recipes_name_a_draft_and_a_solver_and_old_ones_are_read():
    recipe = Recipe(
        seed=3, model="text", prompt="ramen", negative_prompt="a plate", solver="lcm", start="prior", level=0.3
    )
    assert from_json(to_json(recipe)) == from_link(to_link(recipe)) == recipe
    assert from_png(to_png(Image.new("RGB", (8, 8)), recipe)) == recipe
    old = from_json('{"model":"text","prompt":"ramen","seed":3,"version":1}')
    assert (old.start, old.solver, old.level) == ("noise", "dpm++", 0.6)


# --- answers ------------------------------------------------------------------------------------------------------


def test_pictures_come_with_their_recipes_and_what_was_read_back(handlers):
    response = send(handlers, recipe=to_dict(replace(RECIPE, count=2)))
    drawn, readback = response["drawn"], response["readback"]
    assert [picture["seed"] for picture in drawn["pictures"]] == [11, 12] and len(readback) == 2
    again = from_png(base64.b64decode(drawn["pictures"][1]["picture"].partition(",")[2]))
    assert again.prompt == PROMPT and again.seed == 12 and again.count == 1
    assert np.array_equal(
        pixels(send(handlers, recipe=to_dict(again))["drawn"]["pictures"][0]["picture"]),
        pixels(drawn["pictures"][1]["picture"]),
    )
    image = Image.fromarray(pixels(drawn["pictures"][0]["picture"]))
    read = handlers.built_in.readback(image, PROMPT)
    assert readback[0]["score"] == round(read.score, 4)
    assert {one["words"] for one in readback[0]["requested"]} == {"Smiling", "Woman", "Eyeglasses"}
    assert drawn["solvers"][-1] == "lcm" and from_link(drawn["link"]).count == 2


def test_a_recipe_is_checked_once(handlers, checked_recipes):
    assert "readback" in send(handlers)
    assert checked_recipes == [RECIPE]


def test_a_picture_brings_its_recipe_back(handlers):
    png = data_uri(to_png(Image.new("RGB", (8, 8)), Recipe(seed=5, model="text", prompt="sushi", steps=2)), "image/png")
    response = send(handlers, png=png)
    assert response["restored"]["prompt"] == "sushi" and response["drawn"]["pictures"][0]["seed"] == 5
    assert "not drawn from a prompt" in send(handlers, link=to_link(Recipe(seed=1)))["error"]


def test_two_prompts_share_one_seed(handlers):
    compared = send(handlers, kind="compare", other="sushi")
    pictures = compared["drawn"]["pictures"]
    assert [one["prompt"] for one in pictures] == [PROMPT, "sushi"] and {one["seed"] for one in pictures} == {11}
    alone = send(handlers, recipe={**to_dict(RECIPE), "prompt": "sushi"})["drawn"]["pictures"][0]
    assert alone["picture"] == pictures[1]["picture"]
    assert [one["words"] for one in compared["readback"][1]["requested"]] == ["Sushi"]


def test_words_and_steps_of_a_picture(handlers):
    explained = send(handlers, kind="explain")["explained"]
    assert [one["word"] for one in explained["maps"]] == PROMPT.split() and len(explained["film"]) == 3
    assert (
        pixels(explained["maps"][0]["heat"]).shape == (16, 16, 3) and pixels(explained["maps"][0]["heat"]).max() == 255
    )
    assert explained["link"] == send(handlers)["drawn"]["pictures"][0]["link"]


def test_a_morph_and_its_film(handlers):
    morphed = send(handlers, kind="morph", other="sushi", frames=3)["morphed"]
    assert np.array_equal(pixels(morphed["frames"][0]), pixels(send(handlers)["drawn"]["pictures"][0]["picture"]))
    film = send(handlers, kind="gif", other="sushi", frames=3)["gif"]
    with Image.open(io.BytesIO(base64.b64decode(film.partition(",")[2]))) as opened:
        assert opened.n_frames == 4 and opened.size == (256, 256)
    assert "second prompt" in send(handlers, kind="morph", other=" ")["error"]


def test_a_draft_is_shown_beside_its_picture(handlers):
    recipe = {**to_dict(RECIPE), "start": "prior", "level": 0.5, "steps": 4}
    picture = send(handlers, recipe=recipe)["drawn"]["pictures"][0]
    assert pixels(picture["draft"]).shape == (64, 64, 3) and picture["recipe"]["start"] == "prior"


def test_stopping_keeps_what_is_there_and_skips_the_rest(handlers):
    state = SessionState()
    state.stopped = 4
    response = send(handlers, state, recipe={**to_dict(RECIPE), "count": 3})
    assert response["drawn"]["cancelled"] and len(response["drawn"]["pictures"]) == 1 and "readback" not in response
    assert "explained" not in send(handlers, state, kind="explain")


def test_what_is_missing_says_what_to_do(root, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_SD", str(tmp_path / "nothing"))
    (tmp_path / "classifier").symlink_to(root / "classifier")
    bare = handlers_of(tmp_path)
    opened = send(bare, kind="open")
    assert [bool(model["missing"]) for model in opened["models"]] == [True, True]
    assert "train_clip.py" in opened["clip"] and not opened["prior"]
    assert "train_text.py" in send(bare)["missing"]
    assert "LATENTSCAPE_SD" in send(bare, recipe={**to_dict(RECIPE), "model": "stable-diffusion"})["missing"]
    assert typed(bare, "a woman")["requested"] == ["Woman"]


def test_stable_diffusion_draws_through_the_same_tab(handlers, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_SD", str(tiny_text.stable_diffusion(tmp_path)))
    recipe = {**to_dict(RECIPE), "model": "stable-diffusion", "prompt": "a dragon"}
    drawn = send(handlers, recipe=recipe)["drawn"]
    assert pixels(drawn["pictures"][0]["picture"]).shape == (320, 320, 3) and drawn["notes"] == []
    assert "no draft" in send(handlers, recipe={**recipe, "start": "prior"})["error"]


def test_the_endpoint_draws_for_programs(root, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_SD", str(tiny_text.stable_diffusion(tmp_path / "sd-turbo")))
    page = app.build(root=str(root))
    _, url, _ = app.start(page, quiet=True)
    try:
        client = Client(url, verbose=False)
        call = {"prompt": "a smiling purple man", "seed": 7, "count": 2, "steps": 2, "api_name": "/draw_prompt"}
        pictures, details = client.predict(**call)
        assert len(pictures) == len(details["drawings"]) == 2 and details["unknown"] == ["purple"]
        with open(pictures[1]["image"], "rb") as file:
            recipe = from_png(file.read())
        assert (recipe.seed, recipe.start) == (8, "prior")  # where nothing is said, what suits the model
        assert {one["words"] for one in details["drawings"][0]["requested"]} == {"Smiling", "Man"}
        for call_turbo in (
            {"prompt": "a hat", "model": "stable-diffusion", "api_name": "/draw_prompt"},
            {"prompt": "a hat", "api_name": "/draw_style"},
        ):
            pictures, _ = client.predict(**call_turbo)
            with open(pictures[0]["image"], "rb") as file:
                recipe = from_png(file.read())
            own = (recipe.checkpoint, recipe.steps, recipe.guidance, recipe.solver, recipe.guidance_interval)
            assert own == ("sd-turbo", 2, 1.0, "ddim", (0.0, 1.0))
        for changed, words in (
            ({"checkpoint": "x", "model": "stable-diffusion"}, "not on this machine"),
            ({"steps": -1}, "steps"),
            ({"seed": "x"}, "seed"),
            ({"start": "x"}, "start"),
            ({"model": "x"}, "Faces"),
            *(({"seed": seed}, "The seed must be") for seed in (-1, 1.5, "7", 2**32, 6687881544318117707)),
        ):
            with pytest.raises(AppError, match=words):
                client.predict(**{**call, **changed})
    finally:
        page.close()
