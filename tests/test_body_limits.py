"""What a request may bring: neither the memory nor the disk is anybody's to fill."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import ui.body_limits
from ui.body_limits import FULL, LEAST_FILE, BodyLimits, uploads_limit


async def take(request: Request) -> PlainTextResponse:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except ClientDisconnect:
        return PlainTextResponse("cut off", 400)


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(ui.body_limits, "MOST_CONTENT", 1000)
    monkeypatch.setattr(ui.body_limits, "COUNT_EVERY", 0.0)
    application = Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST"])])
    return TestClient(BodyLimits(application, most_uploaded=3 * LEAST_FILE))


def pieces(size, step=500):
    """Content whose length is not said beforehand."""
    yield from (b"x" * step for _ in range(size // step))


def test_content_that_is_too_large_is_refused_before_it_is_read(client):
    assert client.post("/gradio_api/queue/join", content=b"x" * 1000).text == "1000"
    refused = client.post("/gradio_api/queue/join", content=b"x" * 1001)
    assert refused.status_code == 413 and refused.text.startswith("This request is too large")
    assert client.post("/gradio_api/queue/join", content=pieces(1000)).text == "1000"
    assert client.post("/gradio_api/queue/join", content=pieces(1500)).text == "cut off"
    assert client.get("/gradio_api/upload").status_code == 200


def test_files_have_a_room_that_they_share(client, tmp_path):
    assert client.post("/gradio_api/upload", content=b"x" * 2 * LEAST_FILE).status_code == 200
    (tmp_path / "a").write_bytes(b"x" * 2 * LEAST_FILE)
    assert client.post("/gradio_api/upload", content=pieces(LEAST_FILE, 1024)).text == str(LEAST_FILE)
    assert client.post("/gradio_api/upload", content=pieces(2 * LEAST_FILE, 1024)).text == "cut off"
    for number in range(2):
        (tmp_path / str(number)).write_bytes(b"")  # a small file takes a place, too
    refused = client.post("/gradio_api/upload", content=b"x")
    assert refused.status_code == 413 and refused.text == FULL
    assert client.post("/gradio_api/component_server/", content=b"x").status_code == 413
    for file in tmp_path.iterdir():
        file.unlink()
    assert client.post("/gradio_api/upload", content=b"x").status_code == 200


@pytest.mark.parametrize("text", ["-1", "1.5", "much", "9" * 10])
def test_a_limit_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("LATENTSCAPE_UPLOADS_MB", text)
    with pytest.raises(SystemExit, match="LATENTSCAPE_UPLOADS_MB is"):
        uploads_limit()
    monkeypatch.setenv("LATENTSCAPE_UPLOADS_MB", "7")
    assert uploads_limit() == 7 * 10**6
