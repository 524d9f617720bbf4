"""The Styles tab's server side: what a page may send, and the pictures that come back."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tiny_styles import NAMES, RECIPE, active, messages, photo, pixels, send

from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe, from_link, from_png, to_dict, to_png
from ui.components.pictures import data_uri, decode_uri
from ui.messages import USER_ERRORS, RequestError, parse
from ui.session import SessionState
from ui.styles.handlers import StylesHandlers


def parsed(value):
    return parse(StylesHandlers(StylesPipeline(FacesPipeline())).routes, value)[1]


def parsed_job(value):
    return parse(StylesHandlers(StylesPipeline(FacesPipeline())).job_routes, value)[1]


# --- what a page may send -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kind": "train"},
        {"kind": "draw"},
        {"kind": "draw", "recipe": []},
        {"kind": "draw", "recipe": {**to_dict(RECIPE), "model": "text"}},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(oil=1.6)},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(oil=float("nan"))},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(oil=True)},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active("average", oil=1)},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(parts=(1, 1), oil=1)},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(parts=(1, 1, 9), oil=1)},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": {"weights": ["oil"]}},
        {"kind": "draw", "recipe": to_dict(RECIPE), "active": active(a=1, b=1, c=1, d=1, e=1)},
        {"kind": "wall", "recipe": to_dict(RECIPE), "names": []},
        {"kind": "wall", "recipe": to_dict(RECIPE), "names": ["x"] * 65},
        {"kind": "wall", "recipe": to_dict(RECIPE), "names": [7]},
        {"kind": "grid", "recipe": to_dict(RECIPE), "names": NAMES, "weights": [0.1] * 10},
        {"kind": "photo", "recipe": to_dict(RECIPE), "photo": "no"},
        {"kind": "photo", "recipe": to_dict(RECIPE), "photo": photo(), "faithfulness": 2},
        {"kind": "add", "path": "/etc/passwd"},
        {"kind": "add", "path": ""},
    ],
)
def test_what_does_not_fit_is_one_sentence(value):
    with pytest.raises(USER_ERRORS, match=r"^[A-Z'1].*\.$"):
        parsed(value)


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "train", "paths": []},
        {"kind": "train", "paths": ["/etc/passwd"], "title": "x", "steps": 30, "rank": 2, "rate": 0.001},
        {"kind": "check", "paths": ["x"] * 201},
        {"kind": "check", "paths": None},
        {"kind": "start"},
    ],
)
def test_requests_for_training_are_complete(value):
    with pytest.raises(USER_ERRORS, match=r"\.$"):
        parsed_job(value)


def test_only_uploaded_files_are_opened(uploads, tmp_path):
    (uploads / "a.png").write_bytes(b"x")
    assert parsed_job({"kind": "check", "paths": [str(uploads / "a.png")]}).paths == ((uploads / "a.png").resolve(),)
    (tmp_path / "b.png").write_bytes(b"x")
    with pytest.raises(RequestError, match="not there any more"):
        parsed_job({"kind": "check", "paths": [str(uploads / ".." / ".." / tmp_path / "b.png")]})


# --- pictures -----------------------------------------------------------------------------------------------------


def test_the_wall_comes_one_by_one_and_names_what_cannot_be_applied(styles_handlers):
    many = messages(styles_handlers, kind="wall", names=["", *NAMES, "fresco"])
    assert [len(one["wall"]["tiles"]) for one in many] == [1, 2, 3, 3, 3]
    wall = many[-1]["wall"]
    assert [tile["style"] for tile in wall["tiles"]] == ["", *NAMES]
    assert wall["problems"][0]["style"] == "fresco" and "no style" in wall["problems"][0]["reason"]
    first, comic, oil = (pixels(tile) for tile in wall["tiles"])
    assert (first != comic).any() and (comic != oil).any()
    assert from_link(wall["tiles"][2]["link"]).styles == {"oil": 1.0}
    one = send(styles_handlers, active=active(oil=1), plain=True)
    assert (pixels(one["drawn"]["after"]) == oil).all() and (pixels(one["before"]) == first).all()


def test_a_blend_is_in_the_recipe_of_its_picture(styles_handlers):
    response = send(styles_handlers, active=active("normalised", (1, 0.5, 1), oil=1.5, comic=0.5))
    assert "before" not in response
    after = response["drawn"]["after"]
    kept = from_png(base64.b64decode(after["picture"].partition(",")[2]))
    assert kept.styles == {"comic": 0.25, "oil": 0.75} and kept.style_parts == (1.0, 0.5, 1.0)
    again = send(styles_handlers, png=after["picture"], plain=True)
    assert again["restored"]["active"]["weights"] == kept.styles and again["restored"]["recipe"]["styles"] == {}
    assert (pixels(again["drawn"]["after"]) == pixels(after)).all()


def test_a_picture_from_a_prompt_is_refused_with_a_sentence(styles_handlers):
    png = to_png(Image.new("RGB", (8, 8)), Recipe(model="text", prompt="ramen"))
    assert "from a prompt of another model" in send(styles_handlers, png=data_uri(png, "image/png"))["error"]


def test_a_recipe_is_checked_once(styles_handlers, checked_recipes):
    """One check per distinct recipe: the request's without styles, and each styled one's."""
    assert "drawn" in send(styles_handlers, active=active(oil=1), plain=True)
    assert len(checked_recipes) == len(set(checked_recipes)) == 2
    checked_recipes.clear()
    assert "wall" in send(styles_handlers, kind="wall", names=["", *NAMES])
    assert len(checked_recipes) == len(set(checked_recipes)) == 3


def test_the_grid_is_styles_by_strengths(styles_handlers):
    response = send(styles_handlers, kind="grid", names=NAMES, weights=[0, 1])
    grid = response["grid"]
    assert grid["styles"] == NAMES and [[one["weight"] for one in row] for row in grid["rows"]] == [[0, 1], [0, 1]]
    assert (pixels(grid["rows"][0][0]) == pixels(grid["rows"][1][0])).all()


def test_a_photo_gets_a_style(styles_handlers):
    response = send(styles_handlers, kind="photo", photo=photo(), active=active(oil=1), faithfulness=0.5)
    assert (pixels(response["before"]) != pixels(response["drawn"]["after"])).any()


def test_a_style_is_put_back_into_the_whole_photo(styles_handlers):
    square, plain = {"x": 45, "y": 40, "side": 50, "degrees": 10}, photo()
    whole = send(styles_handlers, kind="whole", photo=plain, active=active(oil=1.5), placement=square)["whole"]
    file = decode_uri(whole["file"])
    with Image.open(io.BytesIO(file)) as picture:
        changed = np.asarray(picture.convert("RGB")).astype(int) != pixels({"picture": plain})
    assert (whole["width"], whole["height"]) == changed.shape[1::-1] == (90, 70)
    assert changed[20:60, 25:65].any() and not changed[:, 82:].any() and not changed[:, :8].any()
    assert from_png(file).styles == {"oil": 1.5}
    assert "which face" in send(styles_handlers, kind="whole", photo=plain, active=active(oil=1))["error"]


def test_the_faces_of_a_photo_are_looked_for_without_a_style(styles_handlers):
    located = send(styles_handlers, kind="locate", photo=photo())["located"]
    assert located["start"] == {"x": 45.0, "y": 35.0, "side": 70.0, "degrees": 0.0}
    assert "import_detector" in located["note"], "the tiny models have no detector"


def test_what_is_stopped_says_nothing_more(styles_handlers):
    state = SessionState()
    state.stopped = 4
    assert "wall" not in send(styles_handlers, state=state, kind="wall", names=NAMES)
    assert "drawn" not in send(styles_handlers, state=state, active=active(oil=1))
