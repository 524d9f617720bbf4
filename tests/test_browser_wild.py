"""The page where people really meet it: behind a proxy at a sub-path, by plain http, on a phone."""

from __future__ import annotations

import shutil
import socket
import subprocess

import httpx
import pytest
from browser import IN_BROWSER, MODULES, enter, running, served
from PIL import Image
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from tiny_styles import styled_faces

import app
from core.recipe import from_png

pytestmark = IN_BROWSER
# A page that makes a frame as high as what is in it, as a Space's does; it notes when it last did so.
HOST = """<!doctype html><iframe id="app" src="ADDRESS" style="width: WIDTHpx; height: 600px; border: 0"></iframe>
<script>
const frame = document.getElementById("app");
let last = 0;
addEventListener("message", ({ data }) => {
  const [, height] = `${data}`.startsWith("[iFrameSizer]") ? data.split(":") : [];
  if (!(height > 0) || frame.style.height === `${height}px`) return;
  frame.style.height = `${height}px`;
  last = performance.now();
});
const begin = "[iFrameSizer]app:8:false:false:32:true:true:null:bodyOffset:null:null:0:false:parent:scroll:true";
frame.addEventListener("load", () => frame.contentWindow.postMessage(begin, "*"));
</script>"""
PREFIX = "/people/anna/app"
DRAWN = "#pictures canvas[data-seed][data-painted]"
IDLE = "() => latentscape.faces.requests.idle && latentscape.faces.state.shown"
PICTURE = "() => latentscape.faces.state.shown.faces[0].picture"
HOPS = {"connection", "transfer-encoding", "keep-alive"}  # headers of one connection alone


def proxy(upstream: str, *told: tuple[bytes, bytes]) -> Starlette:
    """What stands in front of the app: takes its path off, and passes all on as it comes, with the headers ``told``."""
    client = httpx.AsyncClient(base_url=upstream, timeout=None)

    async def forward(request: Request) -> StreamingResponse:
        headers = [*((name, value) for name, value in request.headers.raw if name.decode() not in HOPS), *told]
        url = httpx.URL(path=request.url.path.removeprefix(PREFIX) or "/", query=request.url.query.encode())
        sent = client.build_request(request.method, url, headers=headers, content=request.stream())
        answer = await client.send(sent, stream=True)
        kept = {name: value for name, value in answer.headers.items() if name not in HOPS}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept, background=BackgroundTask(answer.aclose))

    # A browser looks for these two at the root, whatever the page's own path.
    nothing = [Route(path, lambda _: JSONResponse({})) for path in ("/manifest.json", "/favicon.ico")]
    methods = ["GET", "POST", "HEAD", "DELETE"]
    return Starlette(routes=[*nothing, Route(PREFIX + "{rest:path}", forward, methods=methods)])


@pytest.fixture(scope="module")
def server(tiny_checkpoints):
    with served(app.build(root=str(tiny_checkpoints)), root_path=PREFIX, server_name="0.0.0.0") as address:
        yield address


@pytest.fixture(scope="module")
def url(server):
    with running(proxy(server)) as proxied:
        yield f"{proxied}{PREFIX}/"


@pytest.fixture()
def secure_url(server, tmp_path):
    """By https, as a proxy does that ends the encryption and says so."""
    files = {"ssl_keyfile": str(tmp_path / "key.pem"), "ssl_certfile": str(tmp_path / "certificate.pem")}
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run(
        [*made, "-keyout", files["ssl_keyfile"], "-out", files["ssl_certfile"]], check=True, capture_output=True
    )
    with running(proxy(server, (b"x-forwarded-proto", b"https")), **files) as proxied:
        yield f"{proxied}{PREFIX}/"


@pytest.fixture()
def plain_url(server):
    """By plain http from another host, where a browser keeps much of itself from the page."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but its own")
        own = probe.getsockname()[0]
    with running(proxy(server), host="0.0.0.0") as proxied:
        yield f"{proxied.replace('127.0.0.1', own)}{PREFIX}/"


def shown(opened, address, **settings):
    page = opened(address, **settings)
    page.wait_for_selector(DRAWN)
    page.wait_for_function(IDLE)
    return page


def test_everything_works_behind_a_proxy_at_a_path_of_its_own(opened, url, tmp_path):
    page = shown(opened, url)
    before = page.evaluate(PICTURE)
    page.locator('.attribute[data-attribute="Eyeglasses"] [data-state="present"]').click()
    page.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=before)
    page.wait_for_function(IDLE)
    with page.expect_download() as download:
        page.locator("#download").click()
    assert from_png(download.value.path().read_bytes()).attributes["Eyeglasses"] == 1
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy-link").click()
    page.get_by_text("Link copied").wait_for()
    link = page.evaluate("() => navigator.clipboard.readText()")
    assert link.startswith(f"{url}?") and "r=" in link
    other = shown(opened, link)
    assert other.evaluate(PICTURE) == page.evaluate(PICTURE)
    Image.effect_noise((90, 90), 60).convert("RGB").save(tmp_path / "me.png")
    examples = "latentscape.reconstruction.state.rows.length >= 3"
    enter(page, "Reconstruction", f"() => latentscape.reconstruction.requests.idle && {examples}")
    rows = page.evaluate("() => latentscape.reconstruction.state.rows.length")
    page.set_input_files("#reconstruction-file", str(tmp_path / "me.png"))
    page.wait_for_function(f"() => latentscape.reconstruction.state.rows.length === {rows} + 1")


def stop(page):
    """A drawing that takes long is stopped, and what is there stays."""
    page.evaluate("() => latentscape.faces.change({ steps: 250, count: 16 })")
    page.wait_for_function("() => latentscape.faces.requests.current?.kind === 'draw'")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelector('.message').innerText.startsWith('Stopped')")
    page.wait_for_function("() => latentscape.faces.requests.idle")
    assert 1 <= page.locator(DRAWN).count() < 16


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificate with openssl")
def test_behind_https_nothing_is_fetched_without_it(secure_url, opened):
    page = shown(opened, secure_url, ignore_https_errors=True)
    stop(page)
    fetched = page.evaluate("() => performance.getEntriesByType('resource').map((one) => one.name)")
    assert len(fetched) > 20 and all(name.startswith(("https:", "data:", "blob:")) for name in fetched)
    page.locator("#copy-link").click()
    page.get_by_text("Link copied").wait_for()
    assert page.url.startswith(f"{secure_url}?") and page.evaluate("isSecureContext")


def test_by_plain_http_a_link_is_copied_and_the_camera_has_another_way(plain_url, opened):
    page = shown(opened, plain_url)
    assert not page.evaluate("isSecureContext || navigator.clipboard || navigator.mediaDevices")
    stop(page)
    page.locator("#copy-link").click()
    page.get_by_text("Link copied").wait_for()
    page.evaluate("() => (document.execCommand = () => false)")
    page.locator("#copy-link").click()
    field = page.locator("#faces-canvas .message input")
    field.wait_for()
    assert field.input_value() == page.url and "r=" in page.url
    page.locator("#mode-edit").click()
    page.get_by_role("button", name="Paste", exact=True).click()
    page.get_by_text("Ctrl+V").wait_for()
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_text("Upload a photo instead").wait_for()


def test_a_swipe_over_a_slider_scrolls_and_moves_nothing(opened, url):
    page = shown(opened, url, width=390, height=844, has_touch=True, is_mobile=True)
    slider = page.locator(".attribute input[type=range]").first
    slider.scroll_into_view_if_needed()
    box, value = slider.bounding_box(), slider.input_value()
    top = page.evaluate("() => scrollY")
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2
    points = [[{"x": x, "y": y - 12 * step}] for step in range(12)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[0]})
    for point in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": point})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("(top) => scrollY !== top", arg=top)
    assert slider.input_value() == value


@pytest.mark.parametrize(("width", "most"), [(390, 4500), (800, 1000)])
def test_a_frame_that_grows_with_its_page_comes_to_rest(browser, url, width, most):
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    content = HOST.replace("ADDRESS", url).replace("WIDTH", str(width))
    page.route("**/host", lambda route: route.fulfill(body=content, content_type="text/html"))
    page.goto(f"{url}host")
    inside = page.frame_locator("#app")
    inside.locator(DRAWN).wait_for()
    page.wait_for_function("() => last && performance.now() - last > 1500", timeout=20_000)
    assert 700 <= page.locator("#app").bounding_box()["height"] <= most
    inside.get_by_role("tab", name="Models").click()
    inside.locator("#models-list button").first.wait_for()
    page.wait_for_function("() => performance.now() - last > 1500", timeout=20_000)
    assert 500 <= page.locator("#app").bounding_box()["height"] <= most
    page.close()


EYEGLASSES = '.attribute[data-attribute="Eyeglasses"] [data-state="present"]'
WITH_EYEGLASSES = """() => window.latentscape?.faces.requests.idle &&
    latentscape.faces.state.shown?.recipe.attributes.Eyeglasses === 1"""


def test_a_network_that_drops_while_a_face_is_requested_loses_nothing(browser, url):
    """Not watched: Gradio reports the lost connection as errors."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(MODULES)
    page.goto(url)
    page.wait_for_selector(DRAWN)
    page.wait_for_function(f"() => window.latentscape && ({IDLE})()")
    seed = page.evaluate("() => latentscape.faces.state.recipe.seed")
    context.set_offline(True)
    page.locator(EYEGLASSES).click()
    page.get_by_text("Connection to the server was lost").first.wait_for()
    context.set_offline(False)
    page.wait_for_function(WITH_EYEGLASSES)
    assert page.evaluate("() => latentscape.faces.state.shown.recipe.seed") == seed
    context.close()


def test_a_server_that_is_started_again_finds_its_page_as_it_was(browser, tiny_checkpoints, tmp_path):
    root = str(styled_faces(tiny_checkpoints, tmp_path, ["oil"]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(MODULES)
    with served(app.build(root=root), server_port=port) as address:
        page.goto(address)
        page.wait_for_selector(DRAWN)
        page.wait_for_function(f"() => window.latentscape && ({IDLE})()")
        enter(page, "Styles", "() => latentscape.styles.state.opened && latentscape.styles.requests.idle")
        page.evaluate("() => (latentscape.styles.state.job = { title: 'Ink', over: false })")
        page.get_by_role("tab", name="Faces").click()
        page.evaluate("() => (window.former = true)")
    page.locator(EYEGLASSES).click()
    page.get_by_text("Connection to the server was lost").first.wait_for()
    with served(app.build(root=root), server_port=port):
        page.wait_for_function("() => !window.former")
        page.wait_for_function(WITH_EYEGLASSES)
        enter(page, "Styles", "() => latentscape.styles.state.opened && latentscape.styles.requests.idle")
        page.get_by_text("Ink: The page was loaded again, and its training is gone").wait_for()
    context.close()
