"""The files of the page: where they are, how long a browser keeps them, and that a path prefix changes nothing."""

from __future__ import annotations

import asyncio
import mimetypes
import re

import fastapi
import gradio as gr
import pytest
from browser import IN_BROWSER, running
from fastapi.testclient import TestClient

import app
from core import __version__
from ui.components.component import component
from ui.page_files import ASSETS, CompressedPage, modules_of, version
from ui.shell import launch_settings
from ui.theme import page_head

LATER = (
    "classify",
    "compare",
    "latent_map",
    "models",
    "prompts",
    "reconstruction",
    "styles",
)  # folders of the tabs that are not seen first


def small_page() -> gr.Blocks:
    models = [{"name": "one", "title": "One model", "detail": "", "status": ""}]
    with gr.Blocks() as page:
        component("header", config={"title": "A name"}, events=("listen", "place"))
        with gr.Tabs(elem_id="tabs"):
            gr.Tab("Faces", id="faces")
            with gr.Tab("Models", id="models"):
                component("models-list", value={"models": models, "chosen": "one"}, events=("pick",))
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


LINK = re.compile(r'<(?:link|script)( [^>]*?)(?:href|src)="([^"]+)"')


def linked() -> dict[str, str]:
    """Name of a file -> what its link in the head says of it."""
    links = {address: says for says, address in LINK.findall(page_head())}
    assert all(address.startswith(f"page/{version()}/") for address in links)  # relative: it works behind any prefix
    return {address.removeprefix(f"page/{version()}/"): says for address, says in links.items()}


def test_every_file_of_the_page_is_linked_and_served_for_ever(mounted, monkeypatch):
    table = mimetypes.MimeTypes()
    table.add_type("text/plain", ".js")  # as some machines have it; a browser runs no module of that type
    monkeypatch.setattr(mimetypes, "_db", table)
    client = TestClient(mounted)
    modules = {path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*.js")} - {"boot.js"}
    assert {name for name in linked() if name.endswith(".js")} == modules
    for name in linked():
        for encoding in ("gzip", "identity"):
            headers = {"Accept-Encoding": encoding}
            answer = client.get(f"/some/where/page/{version()}/{name}", headers=headers)
            assert answer.status_code == 200 and (name == "main.css" or answer.content == (ASSETS / name).read_bytes())
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers.get("content-encoding", "identity") == encoding
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            assert answer.headers["content-type"].startswith(kind)


def test_only_the_first_view_is_fetched_at_the_start():
    """The rest waits in links that fetch nothing; no module of the first view imports one of another tab's ``main``."""
    first = modules_of("main.js")
    assert {"main.js", "faces/main.js", "faces/canvas.js", "shared/request_queue.js"} <= first
    assert not {f"{folder}/main.js" for folder in LATER} & first
    for name, says in linked().items():
        own = name == "main.css" or name in first
        assert ("data-tab" in says) != own, name
        assert own or "modulepreload" not in says
    assert sum((ASSETS / name).stat().st_size for name in first) < 170_500


def test_one_file_has_the_styles_of_all_folders(mounted):
    styles = TestClient(mounted).get(f"/some/where/page/{version()}/main.css").text
    sheets = [path.read_text() for path in ASSETS.glob("*/main.css")]
    assert len(sheets) == 12 and all(sheet in styles for sheet in sheets)


def test_the_page_is_compressed_and_its_stream_of_events_is_not(mounted):
    client = TestClient(mounted)
    page = client.get("/some/where/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip" and "gradio_config" in page.text
    assert "content-encoding" not in client.get("/some/where/", headers={"Accept-Encoding": "identity"}).headers


def test_events_reach_the_page_one_by_one():
    event = {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True}
    begin = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
    sent = []

    async def send(message):
        sent.append(message)

    async def stream(scope, receive, send):
        await send(begin)
        await send(event)
        assert sent == [begin, event]  # and not when the stream ends
        await send(event | {"more_body": False})

    scope = {"type": "http", "root_path": "/a", "headers": [(b"accept-encoding", b"gzip, br")]}
    asyncio.run(CompressedPage(stream)(scope | {"path": "/a/gradio_api/queue/data"}, None, send))
    assert len(sent) == 3


def test_nothing_else_is_served_and_an_old_version_is_gone(mounted):
    client = TestClient(mounted)
    base = f"/some/where/page/{version()}"
    for address in (f"{base}/../theme.py", f"{base}/%2e%2e/theme.py", f"{base}/", "/some/where/page/older/main.js"):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "immutable" not in answer.headers.get("cache-control", "")


def test_the_version_changes_with_any_file(tmp_path, monkeypatch):
    import ui.page_files

    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.js").write_text("1")
    monkeypatch.setattr(ui.page_files, "ASSETS", tmp_path)
    first = version.__wrapped__()
    (tmp_path / "a" / "one.js").write_text("2")
    second = version.__wrapped__()
    (tmp_path / "a" / "one.js").rename(tmp_path / "a" / "two.js")
    assert len({first, second, version.__wrapped__()}) == 3


@pytest.fixture()
def address(mounted):
    """``mounted``, while it runs."""
    with running(mounted) as address:
        yield f"{address}/some/where"


class TestInBrowser:
    pytestmark = IN_BROWSER

    @pytest.mark.parametrize("slash", ["/", ""])
    def test_below_a_path_of_another_application(self, address, opened, slash):
        page = opened(f"{address}{slash}")
        page.wait_for_selector("#header h1")
        assert page.locator("#header h1").inner_text() == "A name"
        assert page.locator("#header").evaluate("(node) => getComputedStyle(node).position") == "absolute"

    def test_a_tab_opened_before_its_modules_are_there(self, address, browser):
        """It fills as they come; where they do not come it says so, and a button tries again."""
        context = browser.new_context()
        page = context.new_page()
        requested = []
        page.on("request", lambda request: requested.append(request.url.partition(version())[2]))
        page.goto(f"{address}/")
        page.wait_for_selector("#header h1")
        assert {f"/{name}" for name in modules_of("main.js")} <= set(requested)
        assert not [name for name in requested if name.startswith("/models/")]
        page.route("**/models/main.js", lambda route: route.abort())
        page.get_by_role("tab", name="Models").click()
        page.get_by_text("did not arrive").wait_for()
        held = []
        page.unroute("**/models/main.js")
        page.route("**/models/main.js", lambda route: held.append(route))
        page.get_by_role("button", name="Try again").click()
        page.wait_for_function("() => !document.querySelector('#models-list button')")
        assert len(held) == 1
        held[0].continue_()
        page.get_by_role("button", name="One model").wait_for()
        assert page.locator("#models-list nav").evaluate("(node) => getComputedStyle(node).display") == "flex"
        context.close()


def test_the_version_is_the_same_wherever_it_is_told(mounted):
    root = ASSETS.parent.parent
    assert f"\nversion: {__version__}\n" in (root / "CITATION.cff").read_text()
    newest = next(line for line in (root / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert newest.startswith(f"## {__version__}, ")
    help_of_page = TestClient(mounted).get(f"/some/where/page/{version()}/learn/help.json").json()
    assert help_of_page["version"] == __version__ and "Faces" in help_of_page["tabs"]


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "file" / "uploads"))
    with pytest.raises(SystemExit, match=r"file/uploads cannot be written .*Set GRADIO_TEMP_DIR"):
        app.main()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    assert app.no_room() is None and (tmp_path / "uploads").is_dir()

    def none():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.delenv("GRADIO_TEMP_DIR")
    monkeypatch.setattr("tempfile.gettempdir", none)
    assert app.no_room().startswith("There is no temporary folder that can be written (No usable")
