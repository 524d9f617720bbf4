"""What the browser tests share: Chromium, the running app, and pages that are watched while they are open."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # the page itself is composed faster without the emulated GPU; WebGL keeps it
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=device-count=2",
    "--use-fake-ui-for-media-stream",
]
# What the tests read of the page. Modules share nothing through ``window``; imported once more they are the same ones.
MODULES = """(() => {
    const wait = setInterval(async () => {
        if (!window.latentscapeMount || window.latentscapeMount.waiting) return;
        clearInterval(wait);
        const main = document.querySelector('script[type=module][src^="page/"]').src;
        const load = (path) => import(new URL(path, main));
        const [events, faces, prompts, styles, reconstruction, map, ...more] = await Promise.all([
            'shared/events.js', 'faces/requests.js', 'prompts/requests.js', 'styles/requests.js',
            'reconstruction/requests.js', 'latent_map/requests.js', 'faces/state.js', 'prompts/state.js',
            'styles/state.js', 'reconstruction/state.js', 'latent_map/state.js', 'latent_map/marks.js',
            'latent_map/contours.js', 'classify/requests.js', 'classify/state.js'].map(load));
        const [facesState, promptsState, stylesState, reconstructionState, mapState, marks, contours,
            classify, classifyState] = more;
        window.latentscape = { on: events.on, faces: { ...faces, ...facesState },
            prompts: { ...prompts, ...promptsState }, styles: { ...styles, ...stylesState },
            reconstruction: { ...reconstruction, ...reconstructionState },
            classify: { ...classify, ...classifyState },
            map: { ...map, ...mapState, ...marks, ...contours } };
    }, 5);
})()"""
# A visitor who has seen the offer of the first lesson.
DECLINED = """try {
    if (!localStorage.getItem('latentscape-lessons'))
        localStorage.setItem('latentscape-lessons', '{"declined": true}');
} catch { /* a page without storage */ }"""
# What Gradio's own scripts print when a page is left or loaded again while a response is on its way: they end their
# stream, and take the end for an error. Compared with the first line of what was said.
LEAVING = ("AbortError: signal is aborted without reason", "Unexpected error Connection errored out. ")
HERE = Path(CHROMIUM).exists()
INSTALL = f"There is no {CHROMIUM}, which the browser tests drive; install it: sudo apt-get install chromium"
IN_BROWSER = [  # where there is no Chromium they are skipped, but in continuous integration they fail
    pytest.mark.browser,
    pytest.mark.skipif(not HERE and os.environ.get("CI", "").lower() not in ("true", "1"), reason=INSTALL),
]


@pytest.fixture(scope="module")
def browser():
    if not HERE:
        pytest.fail(INSTALL, pytrace=False)
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture()
def opened(browser):
    """Opens addresses, each in a context of its own; see ``watched``."""
    with watched(browser) as opened:
        yield opened


@contextmanager
def watched(browser) -> Iterator[Callable]:
    """Opens addresses; afterwards fails on any error of a script or in the console, and on any request to elsewhere."""
    contexts, problems, hosts = [], [], {"127.0.0.1", "localhost"}

    def opened(
        address, width=1440, height=900, timeout=120_000, first_visit=False, **settings
    ):  # other work may share the machine
        hosts.add(urlparse(address).hostname)
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(timeout)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(_told(said)) if _is_error(said) else None)
        page.on("request", lambda request: problems.append(request.url) if _outside(request.url, hosts) else None)
        page.add_init_script(MODULES)
        if not first_visit:
            page.add_init_script(DECLINED)
        page.goto(address)
        loaded(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems, problems


def _is_error(said) -> bool:
    return said.type == "error" and said.text.partition("\n")[0] not in LEAVING


def _told(said) -> str:
    """The error with the file that it is about: a resource that is not there is not named otherwise."""
    return f"{said.text} ({said.location.get('url', '')})"


def _outside(address: str, hosts: set[str]) -> bool:
    parts = urlparse(address)
    return parts.scheme not in ("data", "blob") and parts.hostname not in hosts


@contextmanager
def served(page, **settings) -> Iterator[str]:
    """The address of a page that ``app.build`` has made, while it runs."""
    import app  # the whole of Gradio: tests without a browser do not wait for it

    app.start(page, quiet=True, **settings)
    address = f"http://127.0.0.1:{page.server_port}"
    try:
        yield address
    finally:
        page.close()


@contextmanager
def mapped(root: Path, atlases: Path) -> Iterator[str]:
    """The address of the app around ``root`` while it runs with these atlases."""
    import app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTSCAPE_ATLASES", str(atlases))
        page = app.build(root=str(root))
    with served(page) as address:
        yield address


@pytest.fixture(scope="session")
def faces_url(tiny_checkpoints) -> Iterator[str]:
    """One server for all browser tests of the Faces tab."""
    import app

    with served(app.build(root=str(tiny_checkpoints))) as address:
        yield address


@pytest.fixture(scope="session")
def map_url(tiny_checkpoints, tmp_path_factory) -> Iterator[str]:
    """One server for all browser tests of the Latent map, with an atlas of noise."""
    from tiny_map import noise_atlas

    folder = tmp_path_factory.mktemp("atlases")
    noise_atlas(tiny_checkpoints, folder)
    with mapped(tiny_checkpoints, folder) as address:
        yield address


@contextmanager
def running(application, **more) -> Iterator[str]:
    """The address of any ASGI application, while it runs; ``more`` are uvicorn's settings, such as a certificate."""
    import uvicorn

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"port": port, "log_level": "critical", "timeout_graceful_shutdown": 1, **more}
    server = uvicorn.Server(uvicorn.Config(application, **settings))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http{'s' if 'ssl_keyfile' in more else ''}://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def loaded(page) -> None:
    """Waits until the page's modules are there, after it was opened or loaded again."""
    page.wait_for_function("() => window.latentscape")


def enter(page, tab: str, ready: str) -> None:
    """Opens a tab and waits until it is ready."""
    page.get_by_role("tab", name=tab).click()
    page.wait_for_function(ready)


def drop(page, data: bytes, name: str, kind: str = "image/png") -> None:
    """A file is dropped somewhere on the page."""
    page.evaluate(
        """([bytes, name, type]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
            const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
            for (const event of ['dragenter', 'dragover', 'drop'])
                document.body.dispatchEvent(new DragEvent(event, options));
        }""",
        [list(data), name, kind],
    )


def nameless(page, part: str) -> list[str]:
    """The controls inside ``part`` that a screen reader could not name."""
    return page.evaluate(
        """(part) => [...document.querySelectorAll(`${part} :is(button, input, select)`)]
            .filter((n) => !n.closest('[hidden]') && !n.hidden && n.type !== 'file')
            .filter((n) => !(n.getAttribute('aria-label') || n.innerText.trim() || n.labels?.length))
            .map((n) => n.outerHTML.slice(0, 80))""",
        part,
    )
