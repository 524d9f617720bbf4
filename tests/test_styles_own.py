"""Styles of a visitor's own in the Styles tab: loaded files, downloads, visits, and trainings."""

from __future__ import annotations

import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tiny_styles import NAMES, active, noise_photos, pixels, send

from core.models.adapter_files import WEIGHTS
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from ui.downloads import DOWNLOADS, Downloads
from ui.styles.handlers import StylesHandlers
from ui.styles.responses import MOST_CURVE, thinned
from ui.styles.visits import Visits

# --- styles of one's own ------------------------------------------------------------------------------------------


def test_a_file_is_loaded_applied_downloaded_and_removed(styles_handlers, styled_root, uploads):
    (uploads / "My oil.safetensors").write_bytes((styled_root / "styles" / "oil" / WEIGHTS).read_bytes())
    added = send(styles_handlers, "cleo", kind="add", path=str(uploads / "My oil.safetensors"))
    name = added["added"]
    assert {"name": name, "title": "Oil", "own": True, "rank": 2, "trigger": "", "thumbnail": None} in added["styles"]
    assert name not in {one["name"] for one in send(styles_handlers, "dora", kind="open")["styles"]}
    assert "not here" in send(styles_handlers, "dora", kind="fetch", names=[name])["error"]
    file = send(styles_handlers, "cleo", kind="fetch", names=[name])["file"]
    answer = TestClient(Starlette(routes=[DOWNLOADS.route()])).get(f"/{file['address']}")
    assert answer.content == (uploads / "My oil.safetensors").read_bytes()
    assert file["name"].endswith(".safetensors") and f'"{file["name"]}"' in answer.headers["content-disposition"]
    mine, shipped = (
        send(styles_handlers, "cleo", active=active(**{key: 1}))["drawn"]["after"] for key in (name, "oil")
    )
    assert (pixels(mine) == pixels(shipped)).all()
    assert len(send(styles_handlers, "dora", kind="remove", names=[name, "oil"])["styles"]) == 2
    assert len(send(styles_handlers, "cleo", kind="remove", names=[name])["styles"]) == 2


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


def test_what_a_visitor_brought_outlives_a_reload_and_goes_after_the_last_page(styles_handlers, styled_root, uploads):
    (uploads / "mine.safetensors").write_bytes((styled_root / "styles" / "oil" / WEIGHTS).read_bytes())
    visits, eve = Visits(styles_handlers.pipeline.close_session, grace=0), "e" * 32
    own = lambda: len(send(styles_handlers, eve, kind="open")["styles"]) - 2  # noqa: E731
    assert visits.visitor({"visitor": eve}, "first page") == eve
    name = send(styles_handlers, eve, kind="add", path=str(uploads / "mine.safetensors"))["added"]
    visits.visitor({"visitor": eve}, "page after the reload")
    visits.leave("first page")
    timers_end()
    assert own() == 1
    visits.leave("page after the reload")
    timers_end()
    assert own() == 0
    assert "no style" in send(styles_handlers, eve, active=active(**{name: 0.9}))["error"]


@pytest.mark.parametrize("value", [{}, {"visitor": "../etc"}, {"visitor": "E" * 32}, {"visitor": 7}, None])
def test_a_page_without_a_visitor_is_one_by_itself(value):
    closed = []
    visits = Visits(closed.append)
    assert visits.visitor(value, "a page") == "a page"
    visits.leave("a page")
    assert closed == ["a page"]


@pytest.mark.parametrize(("data", "words"), [(b"\x80\x04 a pickle", "pickle"), (b"", ""), (b"\xff" * 64, "")])
def test_a_file_that_is_no_style_is_refused_with_a_sentence(styles_handlers, uploads, data, words):
    (uploads / "x.safetensors").write_bytes(data)
    response = send(styles_handlers, "cleo", kind="add", path=str(uploads / "x.safetensors"))
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


def test_pictures_are_checked_before_training(styles_handlers, uploads):
    paths = style_photos(uploads)
    (uploads / "notes.txt").write_text("not a picture")
    response = styles_handlers.job(
        {"kind": "check", "paths": [*paths, paths[0], str(uploads / "notes.txt")], "request_id": 3}, "anna"
    )
    checked = response["checked"]
    assert response["request_id"] == 3 and len(checked["crops"]) == 6
    assert checked["same"] == 1 and not checked["refused"]
    assert [one["name"] for one in checked["problems"]] == ["notes.txt"]
    few = styles_handlers.job({"kind": "check", "paths": paths[:2]}, "anna")["checked"]
    assert "at least 5" in few["refused"] and len(few["crops"]) == 2


def test_a_style_in_training_is_seen_by_its_session_alone_and_cancelled(styled_root, uploads):
    pipeline = StylesPipeline(FacesPipeline(styled_root))
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
