"""Stable Diffusion's LoRAs: listed, applied to prompts, brought by a session, called by a tag, drawn on the page."""

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from tiny_text import kohya_lora, stable_diffusion

from core.data.style_photos import StyleError
from core.models.adapter_files import AdapterError
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.pipelines.styles.library import VARIABLE
from core.pipelines.styles.pipeline import StylesPipeline
from core.pipelines.styles.types import StyleSet
from core.recipe import Recipe, RecipeError, from_png, to_dict, to_png
from core.stable_diffusion.locate import VARIABLE as MODEL
from ui.components.pictures import data_uri
from ui.session import SessionState
from ui.styles.handlers import StylesHandlers

RECIPE = Recipe(seed=3, prompt="a smiling woman", model="stable-diffusion", steps=2, solver="ddim")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return stable_diffusion(tmp_path_factory.mktemp("sd"))


@pytest.fixture(scope="module")
def files(model, tmp_path_factory) -> Path:
    """The owner's folder: one LoRA of the denoiser, one of the text encoder alone."""
    folder = tmp_path_factory.mktemp("loras")
    whole = StableDiffusionPipeline.from_pretrained(model, variant="fp16", dtype=torch.float32, safety_checker=None)
    save_file(kohya_lora(whole.unet, "lora_unet", ("to_q", "to_v", "conv1")), folder / "ink.safetensors")
    encoder = kohya_lora(whole.text_encoder, "lora_te_text_model", ("q_proj", "fc1"), 2.0)
    save_file(encoder, folder / "words.safetensors")
    return folder


@pytest.fixture()
def faces(model, files, tiny_checkpoints, monkeypatch):
    monkeypatch.setenv(MODEL, str(model))
    monkeypatch.setenv(VARIABLE, str(files))
    return FacesPipeline(tiny_checkpoints)


@pytest.fixture()
def stable(faces):
    return PromptsPipeline(faces.root, "sd", library=faces.library)


@pytest.fixture()
def pipeline(faces, stable):
    return StylesPipeline(faces, None, stable)


def drawn(pipeline, recipe=RECIPE, **weights):
    return list(pipeline.draw(recipe, StyleSet(weights), previews=False))[-1].drawings[0]


def test_the_owners_loras_are_listed_for_the_model_that_they_are_for(pipeline):
    assert {info.name for info in pipeline.styles(base="sd")} >= {"ink", "words"}
    assert not {info.name for info in pipeline.styles()} & {"ink", "words"}
    assert "sd" in pipeline.bases() and pipeline.library.base_of("ink") == "sd"


def test_they_change_the_picture_and_the_recipe_alone_draws_it_again(pipeline):
    plain = drawn(pipeline)
    for name in ("ink", "words"):
        styled = drawn(pipeline, **{name: 1.0})
        assert styled.image.tobytes() != plain.image.tobytes() and styled.recipe.styles == {name: 1.0}
        again = from_png(to_png(styled.image, styled.recipe))
        assert drawn(pipeline, again).image.tobytes() == styled.image.tobytes()
        assert drawn(pipeline, **{name: 0.0}).image.tobytes() == plain.image.tobytes()
    both = drawn(pipeline, ink=0.5, words=-0.5)
    assert both.image.tobytes() not in (plain.image.tobytes(), drawn(pipeline, ink=0.5).image.tobytes())
    assert [tile.style for tile in list(pipeline.wall(RECIPE))[-1].tiles] == ["", "ink", "words"]


def test_a_session_brings_one_and_what_does_not_fit_is_named(pipeline, files, tmp_path):
    info = pipeline.add("anna", files / "ink.safetensors", base="sd")
    assert info.base == "sd" and info.file.read_bytes() == (files / "ink.safetensors").read_bytes()
    assert info in pipeline.styles("anna", "sd") and info not in pipeline.styles("ben", "sd")
    assert drawn(pipeline, **{info.name: 1.0}).image.tobytes() == drawn(pipeline, ink=1.0).image.tobytes()
    with pytest.raises(AdapterError, match="for a Stable Diffusion model: the face model has none"):
        pipeline.add("anna", files / "ink.safetensors")
    layer = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k"
    wide = {f"{layer}.lora_down.weight": torch.ones(4, 2048), f"{layer}.lora_up.weight": torch.ones(640, 4)}
    save_file(wide, tmp_path / "xl.safetensors")
    with pytest.raises(AdapterError, match=r"^xl\.safetensors .*made for SDXL"):  # by the name that it came with
        pipeline.add("anna", tmp_path / "xl.safetensors", base="sd")
    assert [one for one in pipeline.styles("anna", "sd") if one.origin == "session"] == [info]
    pipeline.close_session("anna")
    with pytest.raises(StyleError, match="no style"):
        drawn(pipeline, **{info.name: 0.9})
    bare = StylesPipeline(pipeline.faces)
    with pytest.raises(RecipeError, match="not opened here"):
        drawn(bare)


def test_a_tag_in_a_prompt_applies_a_style_or_is_explained(pipeline, stable):
    def result(prompt):
        recipe = Recipe(seed=3, prompt=prompt, model="stable-diffusion", steps=2, solver="ddim")
        return list(stable.draw(PromptRequest(recipe), previews=False))[-1]

    tagged = result("a smiling <lora:ink:0.5> woman")
    assert tagged.drawings[0].recipe.prompt == "a smiling woman" and tagged.drawings[0].recipe.styles == {"ink": 0.5}
    assert tagged.drawings[0].image.tobytes() == drawn(pipeline, ink=0.5).image.tobytes()
    assert not any("lora" in note for note in tagged.notes)
    for prompt, reason in (
        ("a smiling woman <lora:fresco:0.8>", "no style of that name"),
        ("a smiling woman <LoRA:ink:9>", "no weight"),
        ("a smiling woman <lora:../ink>", "no style of that name"),
    ):
        other = result(prompt)
        (note,) = [note for note in other.notes if "<lora:" in note]
        assert reason in note and note.endswith(".") and note.count(". ") == 0
        assert other.drawings[0].recipe.styles == {} and other.drawings[0].recipe.prompt == "a smiling woman"
    assert result("a smiling woman <lora:ink>").drawings[0].recipe.styles == {"ink": 1.0}


def test_the_page_lists_draws_and_restores_them(pipeline):
    handlers = StylesHandlers(pipeline)

    def response(**request):
        *_, last = handlers.respond({"request_id": 1, **request}, SessionState(), "anna")
        assert "error" not in last, last["error"]
        return last

    opened = response(kind="open", base="sd")
    assert [one["name"] for one in opened["styles"]] == ["ink", "words"] and opened["bases"] == ["faces", "sd"]
    drawing = {"kind": "draw", "recipe": to_dict(RECIPE), "plain": True}
    active = {"weights": {"ink": 0.5}, "mode": "sum", "parts": [1, 1, 1]}
    last = response(**drawing, active=active)
    assert last["drawn"]["after"]["recipe"]["styles"] == {"ink": 0.5}
    assert last["before"]["picture"] != last["drawn"]["after"]["picture"]
    picture = drawn(pipeline, ink=0.5)
    restored = response(kind="draw", png=data_uri(to_png(picture.image, picture.recipe), "image/png"))
    assert restored["restored"]["recipe"]["model"] == "stable-diffusion"
    assert restored["drawn"]["after"]["picture"] == last["drawn"]["after"]["picture"]
    grid = response(kind="grid", recipe=to_dict(RECIPE), active={}, names=["ink"], weights=[0, 1])
    assert len({tile["picture"] for tile in grid["grid"]["rows"][0]}) == 2
