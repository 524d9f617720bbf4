"""The Models tab in a real browser: choosing a model, its four views, keyboard, and nothing from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
from urllib.parse import urlparse

import gradio as gr
import pytest
from PIL import Image

from core.checkpoints import save_model
from core.models import PictureClassifier
from core.pipelines.models import ModelShelf
from ui.models_tab import models_tab
from ui.shell import launch_settings

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    save_model(PictureClassifier(widths=(16, 24), blocks=1), root / "classifier")
    curves = {"loss": {"steps": [1, 2], "values": [2.0, 1.0]}, "val_loss": {"steps": [2], "values": [1.1]}}
    (root / "classifier" / "training.json").write_text(json.dumps({"curves": curves}))
    (root / "classifier" / "metrics.json").write_text('{"psnr": 30.25, "<b>": 1}')
    (root / "classifier" / "README.md").write_text("# Reader of faces\n\nIt reads faces.\n")
    Image.new("RGB", (64, 64), "teal").save(root / "classifier" / "samples.png")
    shutil.copytree(root / "classifier", root / "reader")
    (root / "reader" / "samples.png").unlink()
    Image.new("RGB", (96, 32), "teal").save(root / "reader" / "comparison.png")
    with gr.Blocks() as page:
        models_tab(ModelShelf(root))
    _, address, _ = page.launch(**{**launch_settings(), "prevent_thread_lock": True, "quiet": True})
    yield address
    page.close()


def test_choosing_a_model_and_its_views(url):
    problems = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if _outside(request.url) else None)
        page.goto(url)
        page.wait_for_selector("#models-canvas .samples img")
        assert page.inner_text("#models-canvas h1") == "Reader of faces"
        page.wait_for_selector("#models-text >> text=It reads faces.")
        page.click("#models-list .model:last-child")
        page.wait_for_selector("#models-canvas .charts svg")
        assert page.get_attribute("[data-view=curves]", "aria-selected") == "true"
        assert page.locator("#models-canvas .comparison img").evaluate("(image) => image.naturalWidth") == 96
        page.locator("#models-list .model", has_text="Reader of faces").first.click()
        page.wait_for_selector("#models-canvas .samples img")
        page.click("[data-view=curves]")
        assert page.locator("#models-canvas .charts svg").count() == 1
        page.click("[data-view=figures]")
        assert "30.250" in page.inner_text("#models-canvas .body") and page.locator("#models-canvas td b").count() == 0
        page.click("[data-view=network]")
        svg = page.wait_for_selector("#models-canvas .body.network svg")
        assert "Stages 1" in svg.text_content()
        before = svg.bounding_box()["width"]
        page.click("[data-zoom=in]")
        assert page.locator("#models-canvas .body.network svg").bounding_box()["width"] > before
        page.focus("#models-list [aria-current]")
        page.keyboard.press("ArrowUp")
        page.wait_for_selector("#models-canvas .problem >> text=train_autoencoder.py")
        assert page.evaluate("document.documentElement.scrollHeight") <= 900
        browser.close()
    assert not problems


def _outside(address: str) -> bool:
    parts = urlparse(address)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost")
