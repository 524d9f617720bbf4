"""The Compare tab's server side: what a page may send, what it gets, its pages of figures, and the endpoint."""

from __future__ import annotations

import base64
import io
import json
import shutil

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import app
from core import checkpoints
from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.compare.figures import COMMAND, FILE, read_figures
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.recipe import from_png
from ui.compare.answer import answer_page
from ui.compare.figures import figures_page
from ui.compare.handlers import CompareHandlers
from ui.components.pictures import exact_uri
from ui.messages import USER_ERRORS, parse
from ui.session import SessionState

PHOTO = exact_uri(Image.effect_noise((90, 70), 80).convert("RGB"))
MEASURED = {
    "command": "python scripts/evaluate.py compare --data celeba=DIR",
    "pictures": 516,
    "machine": "2 CPU cores",
    "made_with": {},
    "missing": {"gan": "Make it with: python scripts/train_gan.py", "gan-of-photo": "the same"},
    "bounds": {"real_training_pictures": {"frechet": 0.76, "precision": 0.92}},
    "generators": {
        "vae": {"frechet": 17.95, "precision": 0.72, "recall": 0.62, "diversity": 0.82, "milliseconds": 6.4},
        "faces": {"frechet": 1.51, "precision": 0.94, "recall": 0.81, "diversity": 1.02, "milliseconds": 64},
    },
}


@pytest.fixture(scope="module")
def handlers(tiny_checkpoints, tmp_path_factory):
    faces, prompts = FacesPipeline(tiny_checkpoints), PromptsPipeline(tiny_checkpoints)
    latent_map = LatentMapPipeline(tiny_checkpoints, tmp_path_factory.mktemp("no-atlases"))
    pages = {"figures": lambda: {"html": "", "charts": []}}
    return CompareHandlers(ComparePipeline(faces, prompts, latent_map), pages)


def sent(handlers, state=None, **request):
    messages = list(handlers.respond({"request_id": 4, **request}, state or SessionState()))
    assert messages[-1]["last"] and {message["request_id"] for message in messages} == {4}
    return messages


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_the_tab_opens_with_what_there_is(handlers):
    (message,) = sent(handlers, kind="open")[:1]
    problems = {maker["name"]: maker["problem"] for maker in message["makers"]}
    assert list(problems) == ["map", "vae", "gan", "variations", "faces", "text"]
    assert "train_gan.py" in problems["gan"] and not problems["faces"]
    assert message["players"] == ["vae", "faces"]


def test_rows_arrive_as_they_grow_and_pictures_carry_their_recipe(handlers):
    messages = sent(handlers, kind="compare", count=2, seed=5, attributes={"Smiling": 1})
    counts = [sum(len(row["pictures"]) for row in message["rows"]) for message in messages]
    assert counts == sorted(counts) and counts[-1] == 4  # two of the prior, two faces
    faces = next(row for row in messages[-1]["rows"] if row["name"] == "faces")
    recipe = from_png(base64.b64decode(faces["pictures"][1]["uri"].partition(",")[2]))
    assert recipe.seed == 6 and recipe.attributes == {"Smiling": 1.0}
    assert faces["pictures"][1]["recipe"]["seed"] == 6 and faces["finished"]
    assert messages[-1]["seen"] is None and messages[-1]["cancelled"] is False


def test_a_photo_comes_back_as_the_models_see_it(handlers):
    message = sent(handlers, kind="compare", count=1, photo=PHOTO, rows=["vae"])[-1]
    assert opened(message["seen"]).size == (64, 64)


def test_a_stopped_comparison_ends_with_what_was_there(handlers):
    state = SessionState()
    state.stopped = 4
    message = sent(handlers, state, kind="compare")[-1]
    assert message["cancelled"] is True and message["rows"] == []


def test_a_game_arrives_picture_by_picture_without_recipes(handlers):
    messages = sent(handlers, kind="game", rounds=3, seed=1)
    assert [len(message["rounds"]) for message in messages] == [1, 2, 3, 3]
    assert {each["maker"] for each in messages[-1]["rounds"]} <= {"vae", "faces"}
    assert all(not opened(each["picture"]).info for each in messages[-1]["rounds"])


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "compare", "seed": -1},
        {"kind": "compare", "count": 9},
        {"kind": "compare", "count": 1.5},
        {"kind": "compare", "attributes": [1]},
        {"kind": "compare", "attributes": {"Tall": 1}},
        {"kind": "compare", "attributes": {"Male": "much"}},
        {"kind": "compare", "photo": "data:text/plain;base64,aaaa"},
        {"kind": "compare", "photo": 3},
        {"kind": "compare", "prompt": 7},
        {"kind": "compare", "rows": "vae"},
        {"kind": "game", "rounds": 0},
        {"kind": "anything"},
    ],
)
def test_what_does_not_fit_is_refused(handlers, value):
    with pytest.raises(USER_ERRORS):
        parse(handlers.routes, value)


@pytest.mark.parametrize("more", [{"prompt": "a man", "photo": PHOTO}, {"rows": ["dalle"]}])
def test_an_error_is_a_sentence(handlers, more):
    assert sent(handlers, kind="compare", **more)[-1]["error"].endswith(".")


# --- figures and the answer -------------------------------------------------------------------------------------------


def write(root, content):
    root.mkdir(exist_ok=True)
    (root / FILE).write_text(content if isinstance(content, str) else json.dumps(content))
    return read_figures(root)


def test_figures_are_sorted_charted_and_explained(tmp_path):
    found = write(tmp_path, MEASURED)
    assert [row.name for row in found.rows] == ["real_training_pictures", "faces", "vae"]
    assert [title for title, _ in found.missing] == ["GAN"]
    view = figures_page(found)
    assert "17.95" in view["html"] and "train_gan.py" in view["html"] and len(view["charts"]) == 2
    assert view["html"].count("data-term=") >= 6 and 'data-low="1"' in view["html"]


def test_the_answer_says_only_what_was_measured(tmp_path):
    html = answer_page(write(tmp_path, MEASURED))["html"]
    assert "Yes, on faces" in html and "1.51" in html and "17.95" in html and "10 times as long" in html
    assert "GAN was not measured" in html and COMMAND in html
    worse = MEASURED["generators"] | {"faces": {"frechet": 20.0}, "gan": {"frechet": 18.5}}
    html = answer_page(write(tmp_path, MEASURED | {"generators": worse}))["html"]
    assert "No, on faces" in html and "not between the two" in html
    for generators in ({}, {"vae": {"frechet": 3.0}}):
        html = answer_page(write(tmp_path, MEASURED | {"generators": generators}))["html"]
        assert "There is no answer yet" in html


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"generators": 3, "bounds": {}, "missing": {}}'])
def test_a_broken_file_is_named_and_a_missing_one_has_its_command(tmp_path, content):
    assert COMMAND in read_figures(tmp_path).notes[0] and "not compared yet" in read_figures(tmp_path).notes[0]
    found = write(tmp_path, content)
    assert not found.rows and "cannot be read" in found.notes[0]
    assert COMMAND in figures_page(found)["html"] and "no answer yet" in answer_page(found)["html"]


def test_names_in_a_file_are_escaped_and_values_that_are_none_left_out(tmp_path):
    strange = {"vae": {"frechet": 2.0, "recall": None, "kernel": "x"}, "<b>": {"frechet": 1.0}}
    found = write(tmp_path, MEASURED | {"generators": strange, "machine": "<script>"})
    assert found.of("vae", "frechet") == 2.0 and found.of("vae", "recall") is None
    assert "<b>" not in figures_page(found)["html"] and "<script>" not in figures_page(found)["html"]


def test_figures_of_other_weights_are_told(tiny_checkpoints, tmp_path):
    shutil.copytree(tiny_checkpoints / "faces", tmp_path / "faces")
    same = {"made_with": {"faces": checkpoints.fingerprint(tmp_path / "faces"), "gan": "gone"}}
    assert not write(tmp_path, MEASURED | same).notes
    assert "other weights of faces" in write(tmp_path, MEASURED | {"made_with": {"faces": "0" * 12}}).notes[0]


# --- for programs -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tiny_checkpoints):
    page = app.build(root=str(tiny_checkpoints))
    _, url, _ = app.start(page, quiet=True)
    yield Client(url, verbose=False)
    page.close()


def test_programs_compare_too(client, tmp_path):
    call = {"api_name": "/compare_generators", "rows": ["vae", "gan", "faces"]}
    pictures, details = client.predict(attributes={"Male": 1}, seed=7, count=2, **call)
    rows = {row["name"]: row for row in details["rows"]}
    assert len(pictures) == 4 and [each["picture"] for each in rows["faces"]["pictures"]] == [2, 3]
    assert rows["faces"]["pictures"][0]["recipe"]["seed"] == 7 and "train_gan.py" in rows["gan"]["problem"]
    Image.effect_noise((80, 80), 60).convert("RGB").save(tmp_path / "a.png")
    _, details = client.predict(photo=handle_file(str(tmp_path / "a.png")), count=1, **call)
    assert {row["name"]: row["given"] for row in details["rows"]}["faces"] == "The attributes read from the photo"
    with pytest.raises(AppError, match="1 to 8"):
        client.predict(count=20, **call)
