"""Models of others on this machine: listed with what they need, loaded with progress, named by recipes, unloaded."""

import gradio as gr
import pytest
import tiny_text
from safetensors.torch import load_file, save_file
from starlette.requests import Request

from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.models.machine import MachineModels
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe, from_link, from_png, to_dict, to_link
from ui.components.pictures import decode_uri
from ui.models.machine import respond
from ui.own_machine import by_owner
from ui.prompts.handlers import PromptsHandlers
from ui.session import SessionState
from ui.styles.handlers import StylesHandlers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    for name, size in (("first", 1), ("second", 2)):
        weights = tiny_text.stable_diffusion(root / name) / "unet" / "diffusion_pytorch_model.fp16.safetensors"
        save_file({key: size * value for key, value in load_file(weights).items()}, weights)
    (root / "broken.safetensors").write_bytes(b"nothing")
    return root


@pytest.fixture
def models(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_MODELS", str(folder))
    monkeypatch.setenv("LATENTSCAPE_SD", "")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return MachineModels(PromptsPipeline(tmp_path, "sd"))


def requested(models, act, text="", **who):
    return list(respond(models, {"act": act, "text": text}, **who))


def loaded(view):
    return [model["title"] for model in view["models"] if model["loaded"]]


def drawn(models, checkpoint, **more):
    request = PromptRequest(Recipe(prompt="a hat", steps=2, solver="ddim", checkpoint=checkpoint, **more))
    *_, result = models.pipeline.draw(request, previews=False)
    return result.drawings[0]


def test_what_lies_here_is_described_before_it_is_loaded(models, folder):
    (view,) = requested(models, "list")
    shown = {model["title"]: model for model in view["models"]}
    assert set(shown) == {"first", "second", "broken.safetensors"}
    assert "float32" in shown["first"]["detail"] and "GB of memory" in shown["first"]["detail"]
    assert not shown["broken.safetensors"]["usable"] and "cut short" in shown["broken.safetensors"]["detail"]
    assert str(folder) not in str(view)  # visitors learn names, not where the owner keeps them


def test_loading_says_what_it_reads_and_what_suits_the_model(models):
    assert "choose one of them: first, second" in models.pipeline.missing()
    *progress, last = requested(models, "load", "second")
    assert [view["share"] for view in progress] == [0, 1 / 3, 2 / 3] and "denoiser" in progress[1]["loading"]
    assert loaded(last) == ["second"] and last["error"] == ""
    assert (last["chosen"]["checkpoint"], last["chosen"]["steps"]) == ("second", 20)
    assert drawn(models, "second").image.size == (320, 320)
    *_, last = requested(models, "load", "first")  # instead of the other
    assert loaded(last) == ["first"]
    (view,) = requested(models, "unload")
    assert loaded(view) == []
    assert drawn(models, "first").recipe.checkpoint == "first"  # it is loaded again when it is needed


def test_what_one_visitor_loads_changes_no_picture_of_another(models):
    handlers = PromptsHandlers(PromptsPipeline(models.pipeline.root), models.pipeline)
    styles = StylesHandlers(StylesPipeline(FacesPipeline(models.pipeline.root), None, models.pipeline))

    def picture(tab, checkpoint, **sent):
        recipe = Recipe(model="stable-diffusion", prompt="a hat", steps=2, solver="ddim", checkpoint=checkpoint)
        request = {"kind": "draw", "recipe": to_dict(recipe), "request_id": 1, **sent}
        session = () if tab is handlers else ("anna",)
        answers = [one["drawn"] for one in tab.respond(request, SessionState(), *session) if "drawn" in one]
        return answers[-1]["pictures"][0] if tab is handlers else answers[-1]["after"]

    for tab in (handlers, styles):
        requested(models, "load", "first")
        anna = picture(tab, "first")
        requested(models, "load", "second")
        assert picture(tab, "first")["picture"] == anna["picture"] != picture(tab, "second")["picture"]
        requested(models, "unload")
        again = picture(tab, "", link=anna["link"])
        assert again["picture"] == anna["picture"]
        for recipe in (from_link(again["link"]), from_png(decode_uri(again["picture"]))):
            assert recipe.checkpoint == "first"


def test_a_drawing_under_way_ends_with_the_model_that_it_began_with(models):
    expected = drawn(models, "first").image.tobytes()
    request = PromptRequest(Recipe(prompt="a hat", steps=2, solver="ddim", checkpoint="first", count=2))
    events = models.pipeline.draw(request, previews=False)
    next(events)
    other = drawn(models, "second")
    *_, result = events
    assert result.drawings[0].image.tobytes() == expected != other.image.tobytes()
    assert models.pipeline.loaded_path().name == "second"  # what is held for the end of a drawing is not kept


def test_a_recipe_of_a_model_that_is_not_here_says_so(models, tmp_path):
    handlers = PromptsHandlers(PromptsPipeline(tmp_path), models.pipeline)
    link = to_link(Recipe(model="stable-diffusion", prompt="a hat", checkpoint="someone/dreams"))
    *_, last = handlers.respond({"kind": "draw", "link": link, "request_id": 1}, SessionState())
    assert "'someone/dreams' is not on this machine" in last["missing"]
    assert last["restored"]["prompt"] == "a hat"  # nothing is lost: another model can be chosen for it
    unnamed = to_link(Recipe(model="stable-diffusion", prompt="a hat", steps=2, solver="ddim"))
    models.pipeline.catalogue.usual = str(models.pipeline.catalogue.path_of("first"))
    answers = list(handlers.respond({"kind": "draw", "link": unnamed, "request_id": 1}, SessionState()))
    (view,) = [one["drawn"] for one in answers if "drawn" in one and not one["last"]]
    assert view["recipe"]["checkpoint"] == "first" and "does not name its model" in view["notes"][0]


@pytest.mark.parametrize("act", ["load", "describe"])
@pytest.mark.parametrize("text", ["", "/nowhere", "no/such-id", "broken.safetensors", None, 7])
def test_what_cannot_be_loaded_is_a_sentence_and_the_loaded_one_stays(models, act, text):
    requested(models, "load", "first")
    *_, view = requested(models, act, text, owner=True)
    broken = act == "describe" and text == "broken.safetensors"
    assert bool(view["error"]) != broken and "\n" not in view["error"]
    assert loaded(view) == ["first"]


def test_only_the_owner_types_paths_and_others_learn_nothing_of_files(models, tmp_path):
    elsewhere = tiny_text.stable_diffusion(tmp_path / "elsewhere" / "first")
    (tmp_path / "secret.safetensors").write_bytes(b"x")
    for act in ("describe", "load"):
        said = set()
        for path in (elsewhere, tmp_path, tmp_path / "secret.safetensors", tmp_path / "nothing", "/etc/passwd"):
            *_, view = requested(models, act, str(path))
            said.add(view["error"].replace(repr(str(path)[:80]), "X"))
        assert len(said) == 1 and "X is not on this machine" in said.pop()
    (view,) = requested(models, "describe", f'"{elsewhere}"', owner=True)
    assert view["error"] == "" and view["models"][0]["title"] == "elsewhere/first"  # "first" is another one
    *_, view = requested(models, "load", "elsewhere/first")
    assert loaded(view) == ["elsewhere/first"]
    assert drawn(models, "elsewhere/first").recipe.checkpoint == "elsewhere/first"


@pytest.mark.parametrize(
    ("client", "headers", "own"),
    [
        ("127.0.0.1", {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"}, True),
        ("127.0.0.1", {"host": "localhost:7860"}, True),
        ("::1", {"host": "[::1]:7860"}, True),
        ("192.168.0.7", {"host": "192.168.0.2:7860"}, False),
        ("192.168.0.7", {"host": "127.0.0.1:7860"}, False),
        ("127.0.0.1", {"host": "127.0.0.1:7860", "x-forwarded-for": "9.9.9.9"}, False),
        ("127.0.0.1", {"host": "abc.gradio.live"}, False),
        ("127.0.0.1", {"host": "127.0.0.1:7860", "origin": "https://lab.example"}, False),
    ],
)
def test_the_owner_is_whoever_sits_at_the_machine(client, headers, own, monkeypatch):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = gr.Request(Request({"type": "http", "client": (client, 9), "headers": raw}))
    assert by_owner(request) is own
    monkeypatch.setenv("SPACE_ID", "someone/space")
    assert not by_owner(request)


@pytest.mark.parametrize("value", [None, [], "x", {"act": "nothing"}, {"act": ["load"]}])
def test_requests_of_any_kind_get_the_list(models, value):
    (view,) = respond(models, value)
    assert len(view["models"]) == 3
