"""The Styles tab's server side: what a page may send, what comes back, and trainings that are one session's own."""

from __future__ import annotations

import base64
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gradio.utils import get_upload_folder
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tiny_styles import noise_photos, styled_faces

from core.models.adapter_files import WEIGHTS
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe, from_link, from_png, to_dict, to_png
from ui.components.pictures import data_uri, decode_uri
from ui.downloads import DOWNLOADS, Downloads
from ui.messages import USER_ERRORS, RequestError, parse
from ui.session import SessionState
from ui.styles.handlers import StylesHandlers
from ui.styles.responses import MOST_CURVE, thinned
from ui.styles.visits import Visits

RECIPE = Recipe(seed=11, attributes={"Smiling": 1.0}, steps=2)
NAMES = ["comic", "oil"]


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory) -> Path:
    return styled_faces(tiny_checkpoints, tmp_path_factory.mktemp("styled-requests"), NAMES)


@pytest.fixture(scope="module")
def handlers(root):
    return StylesHandlers(StylesPipeline(FacesPipeline(root)))


@pytest.fixture()
def uploads():
    """Files in the place where the page's uploads go."""
    folder = Path(get_upload_folder()) / "styles-test"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def messages(handlers, session="anna", state=None, **request):
    request = {"kind": "draw", "recipe": to_dict(RECIPE), "request_id": 4, **request}
    return list(handlers.respond(request, state or SessionState(), session))


def send(handlers, session="anna", state=None, **request):
    *_, last = messages(handlers, session, state, **request)
    assert last["request_id"] == 4 and last["last"]
    return last


def parsed(value):
    return parse(StylesHandlers(StylesPipeline(FacesPipeline())).routes, value)[1]


def parsed_job(value):
    return parse(StylesHandlers(StylesPipeline(FacesPipeline())).job_routes, value)[1]


def pixels(picture):
    data = base64.b64decode(picture["picture"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def active(mode="sum", parts=(1, 1, 1), **weights):
    return {"weights": weights, "mode": mode, "parts": list(parts)}


def photo():
    file = io.BytesIO()
    Image.effect_noise((90, 70), 60).convert("RGB").save(file, "JPEG")
    return data_uri(file.getvalue(), "image/jpeg")


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


def test_the_wall_comes_one_by_one_and_names_what_cannot_be_applied(handlers):
    many = messages(handlers, kind="wall", names=["", *NAMES, "fresco"])
    assert [len(one["wall"]["tiles"]) for one in many] == [1, 2, 3, 3, 3]
    wall = many[-1]["wall"]
    assert [tile["style"] for tile in wall["tiles"]] == ["", *NAMES]
    assert wall["problems"][0]["style"] == "fresco" and "no style" in wall["problems"][0]["reason"]
    first, comic, oil = (pixels(tile) for tile in wall["tiles"])
    assert (first != comic).any() and (comic != oil).any()
    assert from_link(wall["tiles"][2]["link"]).styles == {"oil": 1.0}
    one = send(handlers, active=active(oil=1), plain=True)
    assert (pixels(one["drawn"]["after"]) == oil).all() and (pixels(one["before"]) == first).all()


def test_a_blend_is_in_the_recipe_of_its_picture(handlers):
    response = send(handlers, active=active("normalised", (1, 0.5, 1), oil=1.5, comic=0.5))
    assert "before" not in response
    after = response["drawn"]["after"]
    kept = from_png(base64.b64decode(after["picture"].partition(",")[2]))
    assert kept.styles == {"comic": 0.25, "oil": 0.75} and kept.style_parts == (1.0, 0.5, 1.0)
    again = send(handlers, png=after["picture"], plain=True)
    assert again["restored"]["active"]["weights"] == kept.styles and again["restored"]["recipe"]["styles"] == {}
    assert (pixels(again["drawn"]["after"]) == pixels(after)).all()


def test_a_picture_from_a_prompt_is_refused_with_a_sentence(handlers):
    png = to_png(Image.new("RGB", (8, 8)), Recipe(model="text", prompt="ramen"))
    assert "from a prompt of another model" in send(handlers, png=data_uri(png, "image/png"))["error"]


def test_a_recipe_is_checked_once(handlers, checked_recipes):
    """One check per distinct recipe: the request's without styles, and each styled one's."""
    assert "drawn" in send(handlers, active=active(oil=1), plain=True)
    assert len(checked_recipes) == len(set(checked_recipes)) == 2
    checked_recipes.clear()
    assert "wall" in send(handlers, kind="wall", names=["", *NAMES])
    assert len(checked_recipes) == len(set(checked_recipes)) == 3


def test_the_grid_is_styles_by_strengths(handlers):
    response = send(handlers, kind="grid", names=NAMES, weights=[0, 1])
    grid = response["grid"]
    assert grid["styles"] == NAMES and [[one["weight"] for one in row] for row in grid["rows"]] == [[0, 1], [0, 1]]
    assert (pixels(grid["rows"][0][0]) == pixels(grid["rows"][1][0])).all()


def test_a_photo_gets_a_style(handlers):
    response = send(handlers, kind="photo", photo=photo(), active=active(oil=1), faithfulness=0.5)
    assert (pixels(response["before"]) != pixels(response["drawn"]["after"])).any()


def test_a_style_is_put_back_into_the_whole_photo(handlers):
    square, plain = {"x": 45, "y": 40, "side": 50, "degrees": 10}, photo()
    whole = send(handlers, kind="whole", photo=plain, active=active(oil=1.5), placement=square)["whole"]
    file = decode_uri(whole["file"])
    with Image.open(io.BytesIO(file)) as picture:
        changed = np.asarray(picture.convert("RGB")).astype(int) != pixels({"picture": plain})
    assert (whole["width"], whole["height"]) == changed.shape[1::-1] == (90, 70)
    assert changed[20:60, 25:65].any() and not changed[:, 82:].any() and not changed[:, :8].any()
    assert from_png(file).styles == {"oil": 1.5}
    assert "which face" in send(handlers, kind="whole", photo=plain, active=active(oil=1))["error"]


def test_the_faces_of_a_photo_are_looked_for_without_a_style(handlers):
    located = send(handlers, kind="locate", photo=photo())["located"]
    assert located["start"] == {"x": 45.0, "y": 35.0, "side": 70.0, "degrees": 0.0}
    assert "import_detector" in located["note"], "the tiny models have no detector"


def test_what_is_stopped_says_nothing_more(handlers):
    state = SessionState()
    state.stopped = 4
    assert "wall" not in send(handlers, state=state, kind="wall", names=NAMES)
    assert "drawn" not in send(handlers, state=state, active=active(oil=1))


def test_a_styled_face_is_no_baseline_for_faces_without_a_style(handlers, root):
    faces, styled = handlers.pipeline.faces, replace(RECIPE, styles={"oil": 1.5})
    alone = FacesPipeline(root).baseline(RECIPE)
    assert faces.baseline(styled) != faces.baseline(RECIPE) == alone
    assert faces.baseline(replace(styled, style_parts=(0.0, 0.0, 0.0))) == alone
    assert faces.baseline(replace(RECIPE, attributes={}, guidance=9.0, count=3)) == alone


def test_a_baseline_that_is_forgotten_at_once_is_still_answered(handlers, monkeypatch):
    monkeypatch.setattr("core.pipelines.faces.pipeline.MOST_BASELINES", 0)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: handlers.pipeline.faces.baseline(replace(RECIPE, seed=seed)), [1, 2, 1, 2]))
    assert found[:2] == found[2:] and found[0] != found[1]


# --- styles of one's own ------------------------------------------------------------------------------------------


def test_a_file_is_loaded_applied_downloaded_and_removed(handlers, root, uploads):
    (uploads / "My oil.safetensors").write_bytes((root / "styles" / "oil" / WEIGHTS).read_bytes())
    added = send(handlers, "cleo", kind="add", path=str(uploads / "My oil.safetensors"))
    name = added["added"]
    assert {"name": name, "title": "Oil", "own": True, "rank": 2, "trigger": "", "thumbnail": None} in added["styles"]
    assert name not in {one["name"] for one in send(handlers, "dora", kind="open")["styles"]}
    assert "not here" in send(handlers, "dora", kind="fetch", names=[name])["error"]
    file = send(handlers, "cleo", kind="fetch", names=[name])["file"]
    answer = TestClient(Starlette(routes=[DOWNLOADS.route()])).get(f"/{file['address']}")
    assert answer.content == (uploads / "My oil.safetensors").read_bytes()
    assert file["name"].endswith(".safetensors") and f'"{file["name"]}"' in answer.headers["content-disposition"]
    mine, shipped = (send(handlers, "cleo", active=active(**{key: 1}))["drawn"]["after"] for key in (name, "oil"))
    assert (pixels(mine) == pixels(shipped)).all()
    assert len(send(handlers, "dora", kind="remove", names=[name, "oil"])["styles"]) == 2
    assert len(send(handlers, "cleo", kind="remove", names=[name])["styles"]) == 2


def test_a_large_file_is_downloaded_and_one_that_is_gone_is_not_found(tmp_path):
    large = tmp_path / "large.safetensors"
    with open(large, "wb") as file:
        file.truncate(40 * 2**20)
    downloads = Downloads()
    address = downloads.offer(large, "Ölbild.safetensors")
    client = TestClient(Starlette(routes=[downloads.route()]))
    assert len(client.get(f"/{address}").content) == 40 * 2**20
    large.unlink()
    assert [client.get(f"/{path}").status_code for path in (address, "download/" + "0" * 32)] == [404, 404]


def timers_end() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()


def test_what_a_visitor_brought_outlives_a_reload_and_goes_after_the_last_page(handlers, root, uploads):
    (uploads / "mine.safetensors").write_bytes((root / "styles" / "oil" / WEIGHTS).read_bytes())
    visits, eve = Visits(handlers.pipeline.close_session, grace=0), "e" * 32
    own = lambda: len(send(handlers, eve, kind="open")["styles"]) - 2  # noqa: E731
    assert visits.visitor({"visitor": eve}, "first page") == eve
    name = send(handlers, eve, kind="add", path=str(uploads / "mine.safetensors"))["added"]
    visits.visitor({"visitor": eve}, "page after the reload")
    visits.leave("first page")
    timers_end()
    assert own() == 1
    visits.leave("page after the reload")
    timers_end()
    assert own() == 0
    assert "no style" in send(handlers, eve, active=active(**{name: 0.9}))["error"]


@pytest.mark.parametrize("value", [{}, {"visitor": "../etc"}, {"visitor": "E" * 32}, {"visitor": 7}, None])
def test_a_page_without_a_visitor_is_one_by_itself(value):
    closed = []
    visits = Visits(closed.append)
    assert visits.visitor(value, "a page") == "a page"
    visits.leave("a page")
    assert closed == ["a page"]


@pytest.mark.parametrize(("data", "words"), [(b"\x80\x04 a pickle", "pickle"), (b"", ""), (b"\xff" * 64, "")])
def test_a_file_that_is_no_style_is_refused_with_a_sentence(handlers, uploads, data, words):
    (uploads / "x.safetensors").write_bytes(data)
    response = send(handlers, "cleo", kind="add", path=str(uploads / "x.safetensors"))
    assert (
        words in response["error"]
        and response["error"].endswith(".")
        and "failed on the server" not in response["error"]
    )


# --- trainings ----------------------------------------------------------------------------------------------------


def style_photos(uploads, count=6):
    paths = [uploads / f"{number}.png" for number in range(count)]
    for path, picture in zip(paths, noise_photos(count), strict=True):
        picture.save(path)
    return [str(path) for path in paths]


def test_pictures_are_checked_before_training(handlers, uploads):
    paths = style_photos(uploads)
    (uploads / "notes.txt").write_text("not a picture")
    response = handlers.job(
        {"kind": "check", "paths": [*paths, paths[0], str(uploads / "notes.txt")], "request_id": 3}, "anna"
    )
    checked = response["checked"]
    assert response["request_id"] == 3 and len(checked["crops"]) == 6
    assert checked["same"] == 1 and not checked["refused"]
    assert [one["name"] for one in checked["problems"]] == ["notes.txt"]
    few = handlers.job({"kind": "check", "paths": paths[:2]}, "anna")["checked"]
    assert "at least 5" in few["refused"] and len(few["crops"]) == 2


def test_a_style_in_training_is_seen_by_its_session_alone_and_cancelled(root, uploads):
    pipeline = StylesPipeline(FacesPipeline(root))
    trainer = pipeline.trainer
    trainer.preset = "smoke"
    handlers = StylesHandlers(pipeline)
    settings = {"title": "Summer", "steps": 1000, "rank": 2, "rate": 0.002}
    request = {"kind": "train", "paths": style_photos(uploads), **settings}
    assert "Steps lie between" in handlers.job({**request, "steps": 5}, "anna")["error"]
    assert "needs a name" in handlers.job({**request, "title": " "}, "anna")["error"]
    status = handlers.job(request, "anna")["status"]
    assert status["state"] in ("waiting", "preparing") and not status["over"]
    seen = {"kind": "status", "job": status["job"]}
    again = {"kind": "status"}  # of a page that was loaded again and knows no name
    assert handlers.job(again, "anna")["status"]["job"] == status["job"]
    assert "status" not in handlers.job(again, "ben")
    assert "no such training" in handlers.job(seen, "ben")["error"]
    assert "no such training" in handlers.job({**seen, "kind": "cancel"}, "ben")["error"]
    ended = handlers.job({**seen, "kind": "cancel"}, "anna")
    assert ended["status"]["state"] == "cancelled" and [one["name"] for one in ended["styles"]] == NAMES
    assert not (trainer.work / status["job"]).exists()
    assert "status" not in handlers.job(again, "anna")
    trainer.close()


def test_a_long_curve_is_thinned_and_keeps_its_end():
    curve = tuple((step, 1.0) for step in range(1, 1001))
    steps, losses = thinned(curve)
    assert len(steps) == len(losses) <= MOST_CURVE and steps[-1] == 1000 and thinned(()) == ([], [])
