"""What happens inside one drawing: its steps are those of the drawing, and what is shown of them adds up."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
import tiny_text
import torch
from PIL import Image
from tiny_prompts import RECIPE, handlers_of, last

from core.diffusion.objective import Objective
from core.diffusion.sampling import Plan, noise_for, sample_steps
from core.photo_edit import PhotoEdit
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.inside import GREY, MOST_SHOWN, Inside, difference, shown_steps
from core.pipelines.progress import Progress
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe, RecipeError, to_dict
from ui.faces.handlers import FacesHandlers
from ui.session import SessionState

FACE = Recipe(seed=11, attributes={"Smiling": 1.0, "Male": -1.0}, steps=6, guidance=4.0, guidance_interval=(0.0, 0.6))


@pytest.fixture(scope="module")
def faces(tiny_checkpoints):
    return FacesPipeline(tiny_checkpoints)


@pytest.fixture(scope="module")
def text_root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


def pixels(picture):
    return np.asarray(picture, np.int16)


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.mark.parametrize("solver", ["dpm++", "unipc", "ddim", "ddpm"])
def test_the_last_prediction_is_the_drawn_face_and_every_clean_picture_its_preview(faces, solver):
    wanted = replace(FACE, solver=solver, count=2)
    *progress, drawn = faces.draw(replace(wanted, count=1))
    *steps, inside = faces.inside(wanted)
    assert isinstance(inside, Inside) and [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert inside.steps[-1].clean.tobytes() == drawn.faces[0].image.tobytes()
    previews = {event.step: event.preview.tobytes() for event in progress if event.preview}
    assert previews and all(inside.steps[number - 1].clean.tobytes() == shown for number, shown in previews.items())
    assert pixels(drawn.faces[0].image).std() > 3  # a picture, not a surface


@pytest.mark.parametrize("start", ["noise", "prior"])
def test_the_last_prediction_is_the_picture_of_a_prompt(text_root, start):
    pipeline = PromptsPipeline(text_root)
    request = PromptRequest(replace(RECIPE, steps=8, start=start, guidance=5.0, negative_prompt="an old man"))
    drawing = last(pipeline.draw(request)).drawings[0]
    inside = last(pipeline.inside(request))
    assert inside.steps[-1].clean.tobytes() == drawing.image.tobytes()
    assert inside.count == len(inside.steps) == (8 if start == "noise" else 5)
    assert [s.number for s in inside.steps] == list(range(1, inside.count + 1))


def test_pictures_add_up_and_guidance_is_off_outside_of_its_interval(faces):
    inside = last(faces.inside(FACE))
    guided = [step.guidance > 1 for step in inside.steps]
    assert guided == [True, True, True, True, False, False]  # positions 0, .2, .4, .6 and .8, 1
    for step, on in zip(inside.steps, guided, strict=True):
        assert (step.unconditional is not None) == (step.change is not None) == on
        if not on:
            assert step.conditional.tobytes() == step.clean.tobytes()
            continue
        change, clean = pixels(step.change), pixels(step.clean)
        whole = (change > 0) & (change < 255)  # not clipped
        assert whole.mean() > 0.5
        assert ((pixels(step.unconditional) + change - GREY)[whole] == clean[whole]).all()
        assert step.conditional.tobytes() != step.unconditional.tobytes()
    assert inside.steps[0].guidance == pytest.approx(1 + 3 / 1.5)  # two attributes lessen what guidance adds
    noise = [step.noise for step in inside.steps]
    assert noise == sorted(noise, reverse=True) and noise[0] > 0.9 > 0.6 > noise[-1]


def test_nothing_requested_asks_the_network_once(faces):
    inside = last(faces.inside(replace(FACE, attributes={})))
    assert all(step.guidance == 1 and step.unconditional is None for step in inside.steps)


def test_keeping_the_parts_computes_nothing_more():
    """The steps hold what they were made of: the network is called as often as before."""
    calls = []

    def network(x, timesteps, attributes):
        calls.append(len(x))
        return x * 0.5 + attributes.mean()

    plan, noise = Plan("ddim", 5, 3.0, (0.0, 0.5)), noise_for(3, (4, 8, 8))[0]
    steps = list(sample_steps(network, Objective(), plan, noise, torch.ones(1, 40)))
    assert calls == [2, 2, 2, 1, 1]
    said = steps[0].before.prediction
    assert torch.equal(said.output, said.unconditional + said.scale * (said.conditional - said.unconditional))
    assert all(torch.equal(after.before.latents, step.latents) for step, after in pairwise(steps))


def test_many_steps_show_some_and_end_with_the_last():
    assert shown_steps(3) == {1, 2, 3}
    many = shown_steps(250)
    assert len(many) == MOST_SHOWN and {1, 250} <= many


def test_a_difference_is_about_grey_and_clipped():
    light, dark = Image.new("RGB", (2, 2), (250, 100, 0)), Image.new("RGB", (2, 2), (10, 100, 20))
    assert difference(light, dark).getpixel((0, 0)) == (255, 128, 108)


def test_it_stops_where_it_is_told_to_and_refuses_edits(faces):
    events = list(faces.inside(FACE, cancel=lambda: True))
    assert events == []
    after_two = iter([False, False, True])
    assert [type(event) for event in faces.inside(FACE, cancel=lambda: next(after_two))] == [Progress] * 2
    with pytest.raises(RecipeError, match="photo"):
        list(faces.inside(replace(FACE, edit=PhotoEdit({}))))


def test_the_page_gets_every_step_with_a_schedule_that_plotly_takes(tiny_checkpoints, text_root):
    sent = {"kind": "inside", "request_id": 5, "recipe": to_dict(FACE)}
    answer = last(FacesHandlers(FacesPipeline(tiny_checkpoints)).respond(sent, SessionState()))
    inside = answer["inside"]
    assert answer["last"] and answer["request_id"] == 5 and inside["count"] == 6 and inside["guidance"] == 4
    assert [step["change"] is None for step in inside["steps"]] == [False] * 4 + [True] * 2
    side = decoded(inside["steps"][0]["noisy"]).size
    assert {decoded(step[part]).size for step in inside["steps"] for part in ("conditional", "clean")} == {side}
    text = json.dumps(inside["chart"], allow_nan=False)
    go.Figure(json.loads(text))
    assert inside["chart"]["data"][2]["x"] == [step["timestep"] for step in inside["steps"]]
    prompt = {**sent, "recipe": to_dict(replace(RECIPE, negative_prompt="a hat"))}
    answer = last(handlers_of(text_root).respond(prompt, SessionState()))
    assert answer["inside"]["negative"] and len(answer["inside"]["steps"]) == RECIPE.steps
    other = last(FacesHandlers(FacesPipeline(tiny_checkpoints)).respond(prompt, SessionState()))
    assert "Text prompts" in other["error"]


def test_a_trajectory_begins_in_noise_and_ends_with_the_drawing(faces):
    inside, way = last(faces.inside(FACE)), faces.trajectory(FACE)
    assert way.latents.shape == (7, *faces.engine.latent_shape) and way.numbers == (1, 2, 3, 4, 5, 6)
    assert [one.tobytes() for one in way.pictures] == [step.clean.tobytes() for step in inside.steps]
    assert np.array_equal(way.latents[0], noise_for(11, faces.engine.latent_shape)[0][0].numpy())
