"""The Models tab in a real browser: choosing a model, its four views, keyboard, and nothing from elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import gradio as gr
import pytest
import tiny_text
from browser import IN_BROWSER, nameless
from PIL import Image

from core.checkpoints import save_model
from core.models import PictureClassifier
from core.pipelines.models.pipeline import CheckpointIndex
from core.pipelines.prompts.pipeline import PromptsPipeline
from ui.models.tab import models_tab
from ui.shell import launch_settings

pytestmark = IN_BROWSER


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    save_model(PictureClassifier(widths=(16, 24), blocks=1), root / "classifier")
    curves = {"loss": {"steps": [1, 2], "values": [2.0, 1.0]}, "val_loss": {"steps": [2], "values": [1.1]}}
    (root / "classifier" / "training.json").write_text(json.dumps({"curves": curves}))
    measured = {"psnr": 30.25, "<b>": 1, "attributes": {"Bald": {"auc": 0.9, "present": 0.1}}}
    (root / "classifier" / "metrics.json").write_text(json.dumps(measured))
    (root / "classifier" / "README.md").write_text("# Reader of faces\n\nIt reads faces.\n")
    Image.new("RGB", (64, 64), "teal").save(root / "classifier" / "samples.webp")
    shutil.copytree(root / "classifier", root / "reader")
    (root / "reader" / "samples.webp").unlink()
    Image.new("RGB", (96, 32), "teal").save(root / "reader" / "comparison.png")
    lying = tmp_path_factory.mktemp("models")
    tiny_text.stable_diffusion(lying / "tiny")
    (lying / "broken.safetensors").write_bytes(b"nothing")
    patch = pytest.MonkeyPatch()
    patch.setenv("LATENTSCAPE_MODELS", str(lying))
    patch.setenv("LATENTSCAPE_SD", "")
    with gr.Blocks() as page:
        models_tab(CheckpointIndex(root), PromptsPipeline(root, "sd"))
    _, address, _ = page.launch(**{**launch_settings(), "prevent_thread_lock": True, "quiet": True})
    yield address
    page.close()
    patch.undo()


def test_choosing_a_model_and_its_views(opened, url):
    page = opened(url)
    page.wait_for_selector("#models-canvas .samples img")
    assert page.inner_text("#models-canvas h1") == "Reader of faces"
    page.wait_for_selector("#models-summary >> text=It reads faces.")
    page.locator("#models-list .model").nth(-3).click()
    page.wait_for_selector("#models-canvas .chart .main-svg")
    assert page.get_attribute("[data-view=curves]", "aria-selected") == "true"
    assert page.locator("#models-canvas .comparison img").evaluate("(image) => image.naturalWidth") == 96
    page.locator("#models-list .model", has_text="Reader of faces").first.click()
    page.wait_for_selector("#models-canvas .samples img")
    assert "30.250" not in page.inner_text("#models-card")  # all but the beginning is folded
    page.click("#models-more > button")
    page.wait_for_selector("#models-text >> text=It reads faces.")
    page.click("[data-view=curves]")
    page.wait_for_selector("#models-canvas .chart .main-svg")
    assert page.locator("#models-canvas .chart").count() == 1
    page.click("[data-view=figures]")
    assert "30.250" in page.inner_text("#models-canvas .body") and page.locator("#models-canvas td b").count() == 0
    page.click("[data-view=network]")
    svg = page.wait_for_selector("#models-canvas .body.network svg")
    assert "Stages 1" in svg.text_content()
    before = svg.bounding_box()["width"]
    assert before <= page.locator("#models-canvas .body.network").bounding_box()["width"]  # all of it is seen
    page.click("[data-zoom=in]")
    assert page.locator("#models-canvas .body.network svg").bounding_box()["width"] > before
    page.focus("#models-list [aria-current]")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("#models-canvas .problem >> text=train_autoencoder.py")
    assert page.evaluate("document.documentElement.scrollHeight") <= 900


def colour(page) -> str:
    """Of the training curve, which is muted, as it is drawn."""
    return page.locator("#models-canvas .chart .scatterlayer path.js-line").first.evaluate(
        "(line) => line.style.stroke"
    )


def test_a_chart_answers_to_keys_and_buttons_and_follows_the_theme(opened, url):
    page = opened(url, color_scheme="light")
    page.wait_for_selector("#models-canvas .samples img")
    page.click("[data-view=curves]")
    page.wait_for_selector("#models-canvas .chart .main-svg")
    assert not nameless(page, "#models-canvas")
    light = colour(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(
        "(before) => document.querySelector('.chart path.js-line').style.stroke !== before", arg=light
    )
    frame = page.locator("#models-canvas .chart-frame")
    frame.focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#models-canvas .chart-said") == "Training: 1, 2"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#models-canvas .chart-said") == "Training: 2, 1"
    page.wait_for_selector("#models-canvas .chart .hoverlayer text")
    page.keyboard.press("+")
    page.wait_for_selector("#models-canvas .chart-button[title='Show everything again'] >> visible=true")
    page.keyboard.press("0")
    page.wait_for_selector(
        "#models-canvas .chart-button[title='Show everything again'] >> visible=false", state="hidden"
    )
    page.get_by_role("button", name="Training", exact=True).click()
    page.wait_for_function("() => document.querySelectorAll('.chart .scatterlayer .trace').length === 1")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Numbers of Loss as a file").click()
    assert Path(kept.value.path()).read_text() == "series,step,value\nTraining,1,2\nTraining,2,1\nValidation,2,1.1\n"
    with page.expect_download() as kept:
        page.get_by_role("button", name="Picture of Loss as a file").click()
    with Image.open(kept.value.path()) as picture:
        assert picture.width == 1920
    assert kept.value.suggested_filename == "latentscape-loss.png"


def test_measured_figures_are_drawn_and_fit_a_phone(opened, url):
    page = opened(url, width=390, height=844, has_touch=True)
    page.locator("#models-list .model", has_text="Reader of faces").first.click()
    page.click("[data-view=figures]")
    charts = page.locator("#models-canvas .chart")
    charts.last.scroll_into_view_if_needed()
    page.wait_for_selector("#models-canvas .chart:last-child .main-svg")
    assert charts.count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_stable_diffusion_of_this_machine_is_listed_loaded_and_unloaded(opened, url):
    page = opened(url)
    page.wait_for_selector("#models-canvas .samples img")
    page.click("#models-list .model:last-child")
    page.wait_for_selector("#models-machine li >> text=tiny")
    assert not page.is_visible("#models-canvas") and nameless(page, "#models-machine") == []
    words = page.inner_text("#models-machine ul")
    assert "float32" in words and "of memory" in words and "cut short" in words
    assert page.locator("#models-machine li button").count() == 1  # a broken file has none
    page.click("#models-machine li button")
    page.wait_for_selector("#models-machine .machine-loaded[data-own]", timeout=60_000)
    page.click("#models-machine li button >> text=Unload")
    page.wait_for_selector("#models-machine li button >> text=Load")
    page.fill("#models-machine .field", "/nowhere/at all")
    page.press("#models-machine .field", "Enter")
    page.wait_for_selector("#models-machine .error >> text=not on this machine")
    assert page.input_value("#models-machine .field") == "/nowhere/at all"
    page.click("#models-list .model >> nth=0")
    page.wait_for_selector("#models-canvas h1")
