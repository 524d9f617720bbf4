"""Variations in the Classify tab: requests, responses, the handler, and the endpoint for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from PIL import Image

from core import attributes
from core.checkpoints import CheckpointError
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.compare.types import MOST, SeenFace, Variation, VariationRequest, VariationResult
from core.recipe import SEEDS
from ui.checks import flag, number, picture, several, text, whole
from ui.classify.requests import AT_ONCE
from ui.components.pictures import exact_uri
from ui.endpoints import off_the_page, with_sentences
from ui.messages import UNSET, Request, Response, checked
from ui.photo_inputs import api_photo
from ui.session import ProgressView, SessionState

BORROWED = {  # what the page offers to take from the second picture
    "Hair": attributes.GROUPS["Hair"],
    "Beard": attributes.GROUPS["Beard"],
    "Smile": ("Smiling", "Mouth_Slightly_Open"),
    "Eyeglasses": ("Eyeglasses",),
    "Age": ("Young", *attributes.GROUPS["Age"]),
    "Accessories": attributes.GROUPS["Accessories"],
}
SEEN = 0.5  # probability from which the classifier sees an attribute

names = several(text(60), "The page names no attributes. Reload the page.", 0, attributes.COUNT)


def optional_picture(value: Any) -> Image.Image | None:
    return None if value is None else picture(value)


@dataclass(frozen=True, kw_only=True)
class VaryRequest(Request):
    """Draw new pictures like one. ``wanted`` is the pipeline's request, which checks what goes together."""

    photo: Image.Image = checked(picture)
    other: Image.Image | None = checked(optional_picture)
    seed: int = checked(whole("A seed", 0, SEEDS - 1), 0)
    count: int = checked(whole("The number of pictures", 1, MOST), 4)
    strength: str = checked(text(20), "strong")
    share: float = checked(number("The share of the second picture", 0, 1), 0.0)
    borrowed: tuple[str, ...] = checked(names, ())
    walk: bool = checked(flag)
    wanted: VariationRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(
            self,
            "wanted",
            VariationRequest(
                self.photo, self.seed, self.count, self.strength, self.other, self.share, self.borrowed, self.walk
            ),
        )


@dataclass(frozen=True)
class VariationView:
    picture: str
    seed: int
    kept: int  # of the photo's attributes, those that the classifier sees in it
    of: int


@dataclass(frozen=True, kw_only=True)
class VaryResponse(Response):
    progress: ProgressView | None = UNSET
    variations: list[VariationView] = UNSET
    milliseconds: int = UNSET


def vary(pipeline: VariationsPipeline, request: VaryRequest, state: SessionState) -> Iterator[VaryResponse]:
    """The handler: progress after each step, then the pictures; where weights are missing, how to get them."""
    if missing := pipeline.missing():
        yield VaryResponse(missing=missing, last=True)
        return
    for event in pipeline.draw(request.wanted, cancel=state.cancel(request)):
        if isinstance(event, VariationResult):
            views = [variation_view(one, event.seen) for one in event.variations]
            yield VaryResponse(progress=None, variations=views, milliseconds=round(event.milliseconds), last=True)
        else:
            yield VaryResponse(progress=ProgressView(event.step, event.steps))


def variation_view(one: Variation, seen: SeenFace) -> VariationView:
    had = [name for name, probability in seen.achieved.items() if probability >= SEEN]
    kept = sum(one.achieved[name] >= SEEN for name in had)
    return VariationView(exact_uri(one.image), one.seed, kept, len(had))


def vary_api(pipeline: VariationsPipeline, queue: str) -> None:
    """Add the endpoint ``/vary``, which the page does not show."""

    def run(
        photo: str | None,
        other: str | None = None,
        seed: float = 0,
        count: float = 4,
        strength: str = "strong",
        share: float = 0,
        borrowed: list[str] | None = None,
        walk: bool = False,
    ) -> tuple[list[Any], dict[str, Any]]:
        """Draws new pictures that keep what the classifier sees in the centre square of a photo.

        ``strength`` is "subtle" or "strong". With a second photo ``other``: go ``share`` of the way to it, take the
        attributes in ``borrowed`` from it, or ``walk`` to it in ``count`` pictures. Returns the pictures, and for each
        its seed and the classifier's probability of all 40 attributes, beside those of the photo.
        """
        settings = {"strength": strength, "share": share, "borrowed": borrowed or [], "walk": walk}
        return _varied(pipeline, photo, other, seed=seed, count=count, **settings)

    with off_the_page():
        after, details = gr.Gallery(label="pictures", format="png"), gr.JSON(label="details")
        gr.Button("vary").click(
            with_sentences(run),
            _inputs(),
            [after, details],
            api_name="vary",
            api_description=run.__doc__,
            concurrency_limit=AT_ONCE,
            concurrency_id=queue,
        )


def _inputs() -> list[gr.Component]:
    photo, other = (gr.File(label=label, type="filepath") for label in ("photo", "other"))
    numbers = [gr.Number(0, label="seed"), gr.Number(4, label="count")]
    mixing = [gr.Textbox("strong", label="strength"), gr.Number(0, label="share"), gr.JSON([], label="borrowed")]
    return [photo, other, *numbers, *mixing, gr.Checkbox(False, label="walk")]


def _varied(
    pipeline: VariationsPipeline, photo: str | None, other: str | None, **settings: Any
) -> tuple[list[Any], dict[str, Any]]:
    if missing := pipeline.missing():
        raise CheckpointError(missing)
    second = api_photo(other) if other else None
    *_, result = pipeline.draw(VaryRequest(photo=api_photo(photo), other=second, **settings).wanted)
    drawn = [{"seed": one.seed, "achieved": one.achieved} for one in result.variations]
    return [one.image for one in result.variations], {"photo": result.seen.achieved, "variations": drawn}
