"""The running app under what a hostile visitor sends: it tells nothing, reads nothing, fetches nothing and goes on."""

from __future__ import annotations

import json
import random
import socket
import sys
from pathlib import Path
from urllib.parse import quote, urlparse

import httpx
import pytest
from hostile import FILES, LEAK, file_data, value, values

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from _page_client import App, Page, RefusedError, fingerprint

FACE = {"kind": "draw", "request_id": 1, "recipe": {"version": 2, "seed": 3, "steps": 2, "model": "faces"}}
KINDS = ["draw", "sweep", "edit", "read", "whole", "locate", "open", "wall", "grid", "photo", "add", "remove", "fetch"]
KINDS += ["train", "check", "status", "cancel", "atlas", "points", "sheet", "near", "decode", "path", "page", "samples"]
SLOW = [("header", "listen")]  # it computes nothing, for twenty seconds


@pytest.fixture(scope="module")
def server(faces_url):
    return App.open(faces_url, patience=60)


@pytest.fixture(scope="module")
def face(server) -> str:
    return fingerprint(Page(server).request("faces-controls", "request", FACE))


@pytest.fixture
def goes_on(server, face):
    """After the test the app draws what it drew before."""
    yield
    assert fingerprint(Page(server).request("faces-controls", "request", FACE)) == face


def words_of(call, *arguments) -> str:
    """All that a client gets to see, whether it was answered or refused."""
    try:
        return json.dumps(call(*arguments))
    except RefusedError as refused:
        return str(refused)


def tells_nothing(words: str, sent) -> None:
    found = LEAK.search(words)
    assert not found or found.group(0) in json.dumps(sent), (words[:600], sent)


def test_every_event_of_the_page_answers_with_a_sentence(server, goes_on):
    """Those that wait in the queue and those that do not, also where the session is somebody's else or none."""
    for number, (name, event) in enumerate(sorted(server.events)):
        if (name, event) in SLOW:
            continue
        page = Page(server)
        call = page.request if server.events[name, event]["queue"] else page.at_once
        for sent in values(number, 6, KINDS):
            tells_nothing(words_of(call, name, event, encodable(sent)), sent)


def encodable(sent):
    """The value as a browser could send it: half a letter goes as an escape, a number that is too long as text."""
    return json.loads(json.dumps(sent, default=str).replace("1" + "0" * 400, '"1e400"'))


def test_every_public_endpoint_answers_with_a_sentence(server, goes_on):
    chance = random.Random(4)
    info = server.http.get(f"{server.url}/gradio_api/info").json()["named_endpoints"]
    assert len(info) >= 8
    for name, known in info.items():
        count = len(known["parameters"])
        files = [file_data(path) for path in FILES[:3]]
        for sent in (
            [value(chance) for _ in range(count)],
            [chance.choice(files) for _ in range(count)],
            [],
            "x",
            None,
        ):
            response = server.http.post(f"{server.url}/gradio_api/call{name}", content=json.dumps({"data": sent}))
            tells_nothing(response.text, sent)
            if response.status_code == 200:
                address = f"{server.url}/gradio_api/call{name}/{response.json()['event_id']}"
                tells_nothing(server.http.get(address).text, sent)


def test_forged_events_are_refused(server, goes_on):
    known = server.events["faces-controls", "request"]
    good = {"data": [FACE, None], "fn_index": known["id"], "session_hash": "a", "trigger_id": known["targets"][0][0]}
    forged = [
        *({**good, "fn_index": index} for index in (-1, 10**9, "0", None, [1])),
        *({**good, "session_hash": page} for page in ("", "x" * 10_000, "../../etc", {"a": 1}, 7, None)),
        *({**good, "trigger_id": trigger} for trigger in (-1, 10**9, "x", None)),
        *({**good, "data": data} for data in ([], [FACE], [FACE, {"stopped": -1}], [FACE] * 50, {"0": FACE}, "x")),
        *({**good, "event_data": data} for data in ({"__class__": "x"}, [1], "x")),
        {"data": [FACE, None], "api_name": "/../predict", "session_hash": "a"},
    ]
    for sent in forged:
        for path in ("queue/join", "run/predict", "api/predict", "cancel", "reset", "component_server"):
            response = server.http.post(f"{server.url}/gradio_api/{path}", json=sent)
            tells_nothing(response.text, sent)
    for text in (b"", b"{", b"[" * 5000, b"\xff\xfe", b"null"):
        response = server.http.post(f"{server.url}/gradio_api/queue/join", content=text)
        assert response.status_code in (422, 500)  # what is nested too deeply is no JSON that Python reads
        tells_nothing(response.text, "")


def test_functions_that_are_none_of_the_page_cannot_be_called(server, goes_on):
    page = Page(server)
    for name in ("__init__", "postprocess", "move_resource_to_block_cache", "get_config", "_is_server_fn", "", "../x"):
        with pytest.raises(RefusedError, match=r"404|500"):
            page.function("models-canvas", name, "faces")
    for number, sent in enumerate(values(9, 12, ["point", "decode", "sheet"])):
        where = ("models-canvas", "network") if number % 2 else ("latent-map-controls", "quick")
        tells_nothing(words_of(page.function, *where, encodable(sent)), sent)


@pytest.mark.parametrize("path", [*FILES, *(f"/{'../' * 8}etc/passwd", "page/../../app.py", "\0", "a" * 5000)])
def test_no_file_outside_is_readable(server, path):
    for address in (
        f"file={path}",
        f"file={quote(path, safe='')}",
        f"file/{path}",
        f"proxy={path}",
        f"stream/{path}/0",
    ):
        try:
            response = server.http.get(f"{server.url}/gradio_api/{address}", follow_redirects=True)
        except httpx.InvalidURL:
            continue
        assert response.status_code >= 400, address
        tells_nothing(response.text.replace(path, ""), "")
    for place in ("static", "assets", "svelte", "download", "theme.css"):
        response = server.http.get(f"{server.url}/{place}/{quote(path)}", follow_redirects=True)
        assert response.status_code >= 400 and not LEAK.search(response.text.replace(path, ""))


@pytest.mark.parametrize("address", ["http://huggingface.co/x", "https://example.com/a.png", "http://127.0.0.1:1/"])
def test_no_address_is_fetched(server, address):
    """Not even its name is looked up: what cannot be fetched here anyway would fail with other words."""
    assert server.http.get(f"{server.url}/gradio_api/file={address}").status_code == 403
    sent = {"data": [file_data(address), False, 0]}
    response = server.http.post(f"{server.url}/gradio_api/call/read_photo", json=sent).json()
    said = server.http.get(f"{server.url}/gradio_api/call/read_photo/{response['event_id']}").text
    assert "This server fetches no addresses. Send the file itself." in said


def test_many_idle_and_slow_connections_hold_nobody_up(server, goes_on):
    where = urlparse(server.url)
    opened = [socket.create_connection((where.hostname, where.port), timeout=20) for _ in range(300)]
    begin = b"POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    for one in opened[:100]:
        one.sendall(begin + b"Content-Length: 1000000\r\n\r\n--b\r\n")
    answer = Page(server).request("faces-controls", "request", FACE)
    for one in opened:
        one.close()
    assert answer["drawn"]
