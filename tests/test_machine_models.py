"""Models of others on this machine: listed with what they need, loaded with progress, chosen for drawing, unloaded."""

import pytest
import tiny_text

from core.pipelines.models.machine import MachineModels
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe
from ui.models.machine import respond


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    tiny_text.stable_diffusion(root / "first")
    tiny_text.stable_diffusion(root / "second")
    (root / "broken.safetensors").write_bytes(b"nothing")
    return root


@pytest.fixture
def models(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_MODELS", str(folder))
    monkeypatch.setenv("LATENTSCAPE_SD", "")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return MachineModels(PromptsPipeline(tmp_path, "sd"))


def requested(models, act, text=""):
    return list(respond(models, {"act": act, "text": text}))


def test_what_lies_here_is_described_before_it_is_loaded(models):
    (view,) = requested(models, "list")
    shown = {model["title"]: model for model in view["models"]}
    assert set(shown) == {"first", "second", "broken.safetensors"}
    assert "float32" in shown["first"]["detail"] and "GB of memory" in shown["first"]["detail"]
    assert not shown["broken.safetensors"]["usable"] and "cut short" in shown["broken.safetensors"]["detail"]


def test_loading_says_what_it_reads_and_drawing_uses_it(models, folder):
    assert models.pipeline.missing()
    *progress, last = requested(models, "load", str(folder / "second"))
    assert [view["share"] for view in progress] == [0, 1 / 3, 2 / 3] and "denoiser" in progress[1]["loading"]
    assert [m["title"] for m in last["models"] if m["loaded"]] == ["second"] and last["error"] == ""
    *_, result = models.pipeline.draw(PromptRequest(Recipe(prompt="a hat", steps=2)), previews=False)
    assert result.drawings[0].image.size == (320, 320)
    *_, last = requested(models, "load", "first")  # instead of the other
    assert [m["title"] for m in last["models"] if m["loaded"]] == ["first"]
    (view,) = requested(models, "unload")
    assert not any(m["loaded"] for m in view["models"])
    *_, result = models.pipeline.draw(PromptRequest(Recipe(prompt="a hat", steps=2)), previews=False)
    assert len(result.drawings) == 1  # it is loaded again when it is needed


@pytest.mark.parametrize("act", ["load", "describe"])
@pytest.mark.parametrize("text", ["", "/nowhere", "no/such-id", "broken.safetensors", None, 7])
def test_what_cannot_be_loaded_is_a_sentence_and_the_loaded_one_stays(models, folder, act, text):
    requested(models, "load", str(folder / "first"))
    *_, view = requested(models, act, text)
    broken = act == "describe" and text == "broken.safetensors"
    assert bool(view["error"]) != broken and "\n" not in view["error"]
    assert [m["title"] for m in view["models"] if m["loaded"]] == ["first"]


def test_visitors_of_a_space_choose_among_its_own_models(models, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/space")
    elsewhere = tiny_text.stable_diffusion(tmp_path / "elsewhere")
    *_, view = requested(models, "load", str(elsewhere))
    assert "only the models that its owner" in view["error"]
    *_, view = requested(models, "load", str(folder / "first"))
    assert view["error"] == ""


@pytest.mark.parametrize("value", [None, [], "x", {"act": "nothing"}, {"act": ["load"]}])
def test_requests_of_any_kind_get_the_list(models, value):
    (view,) = respond(models, value)
    assert len(view["models"]) == 3
