"""The Models tab in a real browser: choosing a model, its four views, keyboard, and nothing from elsewhere."""

from __future__ import annotations

import json
import shutil

import gradio as gr
import pytest
from browser import IN_BROWSER
from PIL import Image

from core.checkpoints import save_model
from core.models import PictureClassifier
from core.pipelines.models.pipeline import ModelShelf
from ui.models.tab import models_tab
from ui.shell import launch_settings

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    save_model(PictureClassifier(widths=(16, 24), blocks=1), root / "classifier")
    curves = {"loss": {"steps": [1, 2], "values": [2.0, 1.0]}, "val_loss": {"steps": [2], "values": [1.1]}}
    (root / "classifier" / "training.json").write_text(json.dumps({"curves": curves}))
    (root / "classifier" / "metrics.json").write_text('{"psnr": 30.25, "<b>": 1}')
    (root / "classifier" / "README.md").write_text("# Reader of faces\n\nIt reads faces.\n")
    Image.new("RGB", (64, 64), "teal").save(root / "classifier" / "samples.webp")
    shutil.copytree(root / "classifier", root / "reader")
    (root / "reader" / "samples.webp").unlink()
    Image.new("RGB", (96, 32), "teal").save(root / "reader" / "comparison.png")
    with gr.Blocks() as page:
        models_tab(ModelShelf(root))
    _, address, _ = page.launch(**{**launch_settings(), "prevent_thread_lock": True, "quiet": True})
    yield address
    page.close()


def test_choosing_a_model_and_its_views(opened, url):
    page = opened(url)
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
