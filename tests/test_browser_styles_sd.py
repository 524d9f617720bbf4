"""Stable Diffusion's LoRAs on the page: a prompt is drawn in them, and faces keep what was set for them."""

from __future__ import annotations

import base64
import io

import pytest
import torch
from browser import IN_BROWSER, enter, loaded, served
from diffusers import StableDiffusionPipeline
from PIL import Image
from safetensors.torch import load_file, save_file
from tiny_text import kohya_lora, stable_diffusion

import app
from core.pipelines.styles.library import VARIABLE as LORAS
from core.stable_diffusion.locate import MODELS
from core.stable_diffusion.locate import VARIABLE as MODEL

pytestmark = IN_BROWSER
STATE = "latentscape.styles.state"
COLUMN = "#styles-controls"


@pytest.fixture(scope="module")
def loras(tmp_path_factory):
    return tmp_path_factory.mktemp("loras")


@pytest.fixture(scope="module")
def url(tiny_checkpoints, loras, tmp_path_factory):
    model = stable_diffusion(tmp_path_factory.mktemp("sd"))
    whole = StableDiffusionPipeline.from_pretrained(model, variant="fp16", dtype=torch.float32, safety_checker=None)
    state = kohya_lora(whole.unet, "lora_unet", ("to_q", "to_v", "conv1"))
    save_file(state, loras / "ink.safetensors")
    more = tmp_path_factory.mktemp("models")
    weights = stable_diffusion(more / "other") / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    save_file({key: 2 * value for key, value in load_file(weights).items()}, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MODEL, str(model))
        patch.setenv(MODELS, str(more))
        patch.setenv(LORAS, str(loras))
        with served(app.build(root=str(tiny_checkpoints))) as address:
            yield address


def shown(page, condition):
    page.wait_for_function(f"() => latentscape.styles.requests.calm && {STATE}.shown && ({condition})({STATE}.shown)")
    return page.evaluate(f"() => {STATE}.shown")


def pixels(entry):
    data = base64.b64decode(entry["after"]["picture"].partition(",")[2])
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def test_a_prompt_is_drawn_in_a_lora_and_the_face_comes_back(opened, url, loras):
    page = opened(url)
    page.wait_for_selector("#pictures canvas[data-painted]")
    enter(page, "Styles", f"() => {STATE}.shown && latentscape.styles.requests.idle")
    face = page.evaluate(f"() => {STATE}.shown")
    assert face["kind"] == "face" and page.locator('.style-tile[data-style="ink"]').count() == 0
    page.locator(f'{COLUMN} [data-mode="prompt"]').click()
    page.wait_for_selector('.style-tile[data-style="ink"]')
    page.fill("#styles-prompt", "a smiling woman")
    page.keyboard.press("Enter")
    plain = shown(page, "(shown) => shown.kind === 'prompt'")
    assert plain["after"]["recipe"]["model"] == "stable-diffusion" and plain["active"] == {}
    page.locator('.style-tile[data-style="ink"] .style-main').click()
    inked = shown(page, "(shown) => shown.active.ink === 1")
    assert inked["after"]["picture"] != plain["after"]["picture"]
    assert inked["after"]["recipe"]["styles"] == {"ink": 1} and inked["recipe"]["prompt"] == "a smiling woman"
    page.set_input_files("#styles-file", str(loras / "ink.safetensors"))
    page.wait_for_selector(".own-styles li")
    again = shown(page, "(shown) => Object.keys(shown.active).some((name) => name.startsWith('ink-'))")
    assert pixels(again) == pixels(inked) != pixels(plain), "the same file under another name"
    page.locator(f'{COLUMN} [data-mode="face"]').click()
    back = shown(page, "(shown) => shown.kind === 'face'")
    assert back["after"]["recipe"]["model"] == "faces" and back["active"] == {}
    assert page.locator('.style-tile[data-style="ink"]').count() == 0
    page.locator("#styles-history .thumb").nth(1).click()
    page.wait_for_selector('.style-tile[data-style="ink"]')
    assert page.input_value("#styles-prompt") == "a smiling woman"


def test_each_page_draws_with_the_model_that_it_has_chosen(opened, url):
    pages = [opened(url) for _ in range(2)]
    for page in pages:
        page.wait_for_selector("#pictures canvas[data-painted]")
        enter(page, "Styles", f"() => {STATE}.shown && latentscape.styles.requests.idle")
        page.locator(f'{COLUMN} [data-mode="prompt"]').click()
        page.fill("#styles-prompt", "a hat")
        page.keyboard.press("Enter")
        first = shown(page, "(shown) => shown.kind === 'prompt'")
    one, other = pages
    one.select_option("#styles-model", label="Stable Diffusion: other")
    second = shown(one, "(shown) => shown.after.recipe.checkpoint === 'other'")
    assert second["after"]["recipe"]["steps"] == 20 and pixels(second) != pixels(first)
    other.locator('.style-tile[data-style="ink"] .style-main').click()
    kept = shown(other, "(shown) => shown.active.ink === 1")
    assert kept["after"]["recipe"]["checkpoint"] == first["after"]["recipe"]["checkpoint"] != "other"
    enter(one, "Text prompts", "() => latentscape.prompts.state.opened")
    names = one.locator("#prompt-model option").all_inner_texts()
    assert len(names) == 3 and names[0] == "Built in" and "Stable Diffusion: other" in names
    one.select_option("#prompt-model", label="Stable Diffusion: other")
    one.fill("#prompt", "a red dragon")
    one.reload()  # as after a lost connection: what was typed and chosen is there again
    loaded(one)
    one.wait_for_function("() => latentscape.prompts.state.shown?.recipe.prompt === 'a red dragon'")
    assert one.input_value("#prompt") == "a red dragon"
    assert one.evaluate("() => latentscape.prompts.state.shown.recipe.checkpoint") == "other"
    enter(one, "Styles", f"() => {STATE}.shown?.kind === 'prompt' && latentscape.styles.requests.idle")
    assert one.input_value("#styles-prompt") == "a hat"
    assert one.evaluate(f"() => {STATE}.recipe.checkpoint") == "other"
