"""Variations in the Classify tab on tiny weights: what the page requests, and the endpoint on a real server."""

from __future__ import annotations

import io

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from tiny_generators import all_generators

import app
from core import attributes
from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from ui.classify.handlers import ClassifyHandlers
from ui.classify.variations import BORROWED
from ui.components.pictures import decode_uri, exact_uri
from ui.session import SessionState


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    return all_generators(tiny_checkpoints, tmp_path_factory.mktemp("varied"))


def messages(root, state=None, **content):
    handlers = ClassifyHandlers(ClassifyPipeline(root), CheckpointIndex(root), VariationsPipeline(root))
    return list(handlers.respond({"request_id": 3, **content}, state or SessionState()))


@pytest.fixture(scope="module")
def noise():
    return [exact_uri(Image.effect_noise((70, 70), sigma).convert("RGB")) for sigma in (60, 90)]


def test_new_pictures_come_with_what_they_keep(root, noise):
    *steps, last = messages(root, kind="vary", photo=noise[0], seed=7, count=2, strength="subtle")
    assert steps and all(step["progress"]["step"] <= step["progress"]["steps"] for step in steps) and last["last"]
    assert [one["seed"] for one in last["variations"]] == [7, 8]
    for one in last["variations"]:
        assert Image.open(io.BytesIO(decode_uri(one["picture"]))).size == (64, 64) and 0 <= one["kept"] <= one["of"]


def test_two_pictures_are_mixed_walked_and_borrowed_from(root, noise):
    both = {"kind": "vary", "photo": noise[0], "other": noise[1], "seed": 7, "count": 3}

    def pictures(**content):
        return [one["picture"] for one in messages(root, **both, **content)[-1]["variations"]]

    walked = pictures(walk=True)
    assert len(set(walked)) == 3
    assert len({pictures()[0], pictures(share=0.5)[0], pictures(borrowed=list(BORROWED["Hair"]))[0]}) == 3
    assert {name for group in BORROWED.values() for name in group} <= set(attributes.NAMES)


def test_stopping_ends_it_without_pictures(root, noise):
    state = SessionState()
    state.stopped = 3
    (last,) = messages(root, state, kind="vary", photo=noise[0], count=1)
    assert last["last"] and "variations" not in last and "error" not in last


def test_missing_weights_are_said_and_nothing_else_breaks(tiny_checkpoints, noise):
    (opened,) = messages(tiny_checkpoints, kind="open")
    assert "train_variations.py" in opened["variations"] and opened["models"] and "missing" not in opened
    (said,) = messages(tiny_checkpoints, kind="vary", photo=noise[0])
    assert said["missing"] == opened["variations"]
    assert messages(tiny_checkpoints, kind="read", photo=noise[0])[-1]["classified"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"count": 0}, "from 1 to 16"),
        ({"seed": -1}, "seed"),
        ({"strength": "wild"}, "subtle or strong"),
        ({"share": 0.5}, "second photo"),
        ({"walk": True}, "second photo"),
        ({"borrowed": ["Tall"]}, "second photo"),
        ({"photo": None}, "no picture"),
        ({"other": "data:,x"}, "picture"),
    ],
)
def test_what_does_not_fit_is_a_sentence(root, noise, content, words):
    assert words in messages(root, **{"kind": "vary", "photo": noise[0], **content})[-1]["error"]


def test_the_endpoint_draws_them(root, tmp_path):
    for number, sigma in enumerate((60, 90)):
        Image.effect_noise((70, 70), sigma).convert("RGB").save(tmp_path / f"{number}.png")
    first, second = (handle_file(str(tmp_path / f"{number}.png")) for number in range(2))
    page = app.build(root=str(root))
    _, url, _ = app.start(page, quiet=True)
    try:
        client = Client(url, verbose=False)
        pictures, details = client.predict(photo=first, other=second, share=0.5, count=2, api_name="/vary")
        assert len(pictures) == len(details["variations"]) == 2
        assert set(details["photo"]) == set(details["variations"][0]["achieved"]) == set(attributes.NAMES)
        with pytest.raises(AppError, match="second photo"):
            client.predict(photo=first, walk=True, api_name="/vary")
    finally:
        page.close()
