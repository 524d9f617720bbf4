"""The files of the page: where they are, how long a browser keeps them, and that a path prefix changes nothing."""

from __future__ import annotations

import mimetypes
import re
import socket
import threading
import time

import fastapi
import gradio as gr
import pytest
import uvicorn
from browser import IN_BROWSER
from fastapi.testclient import TestClient

from ui.components.component import component
from ui.shell import launch_settings
from ui.theme import ASSETS, page_head, version


def small_page() -> gr.Blocks:
    with gr.Blocks() as page:
        component("header", config={"title": "A name"})
    return page


@pytest.fixture(scope="module")
def mounted() -> fastapi.FastAPI:
    """The page below a path of another application, as behind a proxy that serves several."""
    outer = fastapi.FastAPI()
    for path in ("/manifest.json", "/favicon.ico"):  # the page asks for them at the root, whatever its own path
        outer.get(path)(lambda: {})
    settings = launch_settings()
    kept = {name: settings[name] for name in ("theme", "head", "app_kwargs")}
    return gr.mount_gradio_app(outer, small_page(), "/some/where", **kept)


def test_every_file_of_the_page_is_linked_and_served_for_ever(mounted, monkeypatch):
    table = mimetypes.MimeTypes()
    table.add_type("text/plain", ".js")  # as some machines have it; a browser runs no module of that type
    monkeypatch.setattr(mimetypes, "_db", table)
    client = TestClient(mounted)
    linked = re.findall(r'(?:href|src)="([^"]+)"', page_head())
    modules = {path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js")} - {"boot.js"}
    assert {address.removeprefix(f"page/{version()}/") for address in linked if address.endswith(".js")} == modules
    for address in linked:
        assert address.startswith(f"page/{version()}/")  # relative: it works behind any prefix
        answer = client.get(f"/some/where/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        kind = "text/css" if address.endswith(".css") else "text/javascript"
        assert answer.headers["content-type"].startswith(kind)


def test_nothing_else_is_served_and_an_old_version_is_gone(mounted):
    client = TestClient(mounted)
    base = f"/some/where/page/{version()}"
    for address in (f"{base}/../theme.py", f"{base}/%2e%2e/theme.py", f"{base}/", "/some/where/page/older/main.js"):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "immutable" not in answer.headers.get("cache-control", "")


def test_the_version_changes_with_any_file(tmp_path, monkeypatch):
    import ui.theme

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.js").write_text("1")
    monkeypatch.setattr(ui.theme, "ASSETS", tmp_path)
    first = version.__wrapped__()
    (tmp_path / "a" / "one.js").write_text("2")
    second = version.__wrapped__()
    (tmp_path / "a" / "one.js").rename(tmp_path / "a" / "two.js")
    assert len({first, second, version.__wrapped__()}) == 3


@pytest.fixture()
def address(mounted):
    """``mounted``, while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(mounted, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/some/where"
    server.should_exit = True
    thread.join()


class TestInBrowser:
    pytestmark = IN_BROWSER

    @pytest.mark.parametrize("slash", ["/", ""])
    def test_below_a_path_of_another_application(self, address, opened, slash):
        page = opened(f"{address}{slash}")
        page.wait_for_selector("#header h1")
        assert page.locator("#header h1").inner_text() == "A name"
        assert page.locator("#header").evaluate("(node) => getComputedStyle(node).position") == "absolute"
