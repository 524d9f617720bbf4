"""The door of every tab: whatever a page sends becomes a checked request or one sentence, and nothing else."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest
from PIL import Image

from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe, RecipeError, to_dict
from ui.components.pictures import exact_uri
from ui.faces.handlers import FacesHandlers
from ui.latent_map.handlers import LatentMapHandlers
from ui.messages import UNSET, USER_ERRORS, Request, RequestError, Response, json_name, parse, reply, stream, to_json
from ui.prompts.handlers import PromptsHandlers
from ui.reconstruction.handlers import ReconstructionHandlers
from ui.reconstruction.table import Examples
from ui.styles.handlers import StylesHandlers

HUGE, NAN, INFINITE = 10**400, float("nan"), float("inf")


def deep(wrap, levels=900):
    value = 1
    for _ in range(levels):
        value = wrap(value)
    return value


HOSTILE = {
    **{"null": None, "true": True, "minus": -1, "fraction": 1.5, "nan": NAN, "infinite": INFINITE, "huge": HUGE},
    **{"empty": "", "digits": "7", "surrogate": "a\ud800", "null character": "\0", "path": "../../etc/passwd"},
    **{"long": "x" * 300_000, "emoji": "🎩" * 50, "list": [], "numbers": [HUGE, NAN, -1], "lists": [[[]]]},
    **{"object": {}, "odd object": {"": HUGE, "\ud800": NAN, "__class__": "os.system"}, "many": [0] * 60_000},
    **{"deep list": deep(lambda inner: [inner]), "deep object": deep(lambda inner: {"a": inner})},
}


@cache
def tabs():
    """Name -> routes. Nothing is loaded: requests are only parsed."""
    faces = FacesPipeline()
    styles = StylesHandlers(StylesPipeline(faces))
    return {
        "faces": FacesHandlers(faces).routes,
        "prompts": PromptsHandlers(PromptsPipeline(), PromptsPipeline(model="sd")).routes,
        "styles": styles.routes,
        "trainings": styles.job_routes,
        "reconstruction": ReconstructionHandlers(ReconstructionPipeline(), Examples(faces)).routes,
        "latent map": LatentMapHandlers(LatentMapPipeline()).routes,
    }


KINDS = [(tab, kind) for tab, routes in tabs().items() for kind in routes]
GOOD = {"request_id": 1, "photo": exact_uri(Image.new("RGB", (8, 8))), "uri": exact_uri(Image.new("RGB", (8, 8)))}
GOOD |= {"placement": {"x": 4, "y": 4, "side": 8, "degrees": 0}}
GOOD |= {"other": "sushi", "names": ["oil"], "method": "ddpm", "place": [0.5, 1], "stops": [{"row": 1}, {"row": 2}]}


def good(tab, kind):
    """A request of this kind that is well formed, as far as it names no uploaded file."""
    model = "text" if tab == "prompts" else "faces"
    request = {**GOOD, "kind": kind, "recipe": to_dict(Recipe(seed=5, model=model, prompt="a man"))}
    if tab == "latent map":
        request["method"] = "kmeans" if kind in ("clusters", "counts") else "probe"
        request["stops"] = GOOD["stops"][: 1 if kind == "walk" else 2]
    return request


@pytest.mark.parametrize(("tab", "kind"), KINDS, ids=[f"{tab}-{kind}" for tab, kind in KINDS])
def test_whatever_is_sent_is_a_request_or_a_sentence(tab, kind):
    routes, base = tabs()[tab], good(tab, kind)
    names = {json_name(one) for one in dataclasses.fields(routes[kind][0]) if one.init}
    for name in sorted(names | {"recipe", "png", "link", "active", "added", "surgery", "attribute", "way"}):
        for words, value in HOSTILE.items():
            try:
                parse(routes, {**base, name: value})
            except USER_ERRORS as error:
                sentence = str(error)
                assert sentence.endswith((".", "...")) and len(sentence) < 400, (name, words, sentence)
                sentence.encode()


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_request_at_all_is_one_sentence(value):
    for routes in tabs().values():
        for sent in (value, {"kind": value}, {value if isinstance(value, str) else "x": value}):
            with pytest.raises(RequestError, match="Reload the page"):
                parse(routes, sent)


def test_the_well_formed_ones_are_taken():
    needs_files = {("styles", "add"), ("trainings", "check"), ("trainings", "train")}
    for tab, kind in set(KINDS) - needs_files:
        sent, request, _ = parse(tabs()[tab], good(tab, kind))
        assert sent == kind and request.request_id == 1


@pytest.mark.parametrize("seed", [-1, 1.5, "7", 2**32, 6687881544318117707, None, True, NAN])
@pytest.mark.parametrize(("tab", "kind"), [("faces", "draw"), ("prompts", "draw"), ("styles", "draw")])
def test_seeds_that_are_none_are_refused_alike(tab, kind, seed):
    request = good(tab, kind)
    with pytest.raises(RecipeError, match="The seed must be a whole number from 0 to 4294967295"):
        parse(tabs()[tab], {**request, "recipe": {**request["recipe"], "seed": seed}})


@pytest.mark.parametrize("seed", [0, 7, 7.0, 2**32 - 1])
@pytest.mark.parametrize(("tab", "kind"), [("faces", "draw"), ("prompts", "draw"), ("styles", "draw")])
def test_seeds_that_are_some_are_taken_as_they_are(tab, kind, seed):
    request = good(tab, kind)
    _, parsed, _ = parse(tabs()[tab], {**request, "recipe": {**request["recipe"], "seed": seed}})
    assert parsed.recipe.seed == seed and type(parsed.recipe.seed) is int


@pytest.mark.parametrize(("tab", "kind"), KINDS, ids=[f"{tab}-{kind}" for tab, kind in KINDS])
def test_a_request_cannot_be_changed_into_a_wrong_one(tab, kind):
    needs_files = {("styles", "add"), ("trainings", "check"), ("trainings", "train")}
    if (tab, kind) in needs_files:
        with pytest.raises(USER_ERRORS):
            tabs()[tab][kind][0]()
        return
    _, request, _ = parse(tabs()[tab], good(tab, kind))
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.request_id = 2
    for one in dataclasses.fields(request):
        if "check" in one.metadata and one.name != "request_id" and one.type != "bool":
            with pytest.raises(USER_ERRORS):
                dataclasses.replace(request, **{one.name: object()})
    assert dataclasses.replace(request, request_id=object()).request_id == 0


# --- responses ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counted(Response):
    number: int = UNSET
    nothing: str | None = UNSET


def test_a_response_says_what_is_known_and_no_more():
    assert to_json(Counted(request_id=3)) == {"request_id": 3, "last": False}
    assert to_json(Counted(number=1, nothing=None, last=True)) == {
        "request_id": 0,
        "last": True,
        "number": 1,
        "nothing": None,
    }


@pytest.mark.parametrize(
    ("error", "words"), [(RequestError("Choose another."), "Choose another."), (OSError("/home/secret"), "It failed.")]
)
def test_a_failure_keeps_what_was_known_and_tells_no_details(error, words):
    def failing(request):
        yield Counted(number=1)
        raise error

    first, last = stream({"count": (Request, failing)}, {"kind": "count", "request_id": 4}, failed="It failed.")
    assert first == {"request_id": 4, "kind": "count", "last": False, "number": 1}
    assert last == {**first, "last": True, "error": words}


def test_one_message_is_the_last():
    routes = {"count": (Request, lambda request: Counted(number=2))}
    counted = {"request_id": 9, "kind": "count", "last": True, "number": 2}
    assert reply(routes, {"kind": "count", "request_id": 9}) == counted
    assert reply(routes, {"kind": "sing", "request_id": 9})["error"].endswith("Reload the page.")
    (only,) = stream({"rest": (Request, lambda request: iter(()))}, {"kind": "rest", "request_id": 1})
    assert only == {"request_id": 1, "kind": "rest", "last": True}
