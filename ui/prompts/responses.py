"""Responses of the Text prompts tab, made of the pipelines' results."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core import recipe
from core.pipelines.progress import Progress
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import Drawing, MorphResult, Readback
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.components.vocabulary import requested_words
from ui.messages import UNSET, Json, Response
from ui.prompts.requests import MorphRequest
from ui.session import ProgressView

GIF_SIDE, GIF_FRAME = 256, 90  # pixels and milliseconds
_USUAL = ("model", "checkpoint", "steps", "guidance", "guidance_interval", "count", "solver")


@dataclass(frozen=True)
class ModelView:
    key: str
    title: str
    missing: str | None  # how to get it
    usual: Json  # settings of a recipe that suit it


@dataclass(frozen=True, kw_only=True)
class OpenResponse(Response):
    models: list[ModelView] = UNSET
    prior: bool = UNSET  # whether a draft can be requested
    clip: str | None = UNSET  # how to get the network that scores pictures


@dataclass(frozen=True)
class PictureView:
    """A PNG with its recipe, and its draft."""

    picture: str
    draft: str | None
    seed: int
    prompt: str
    recipe: Json
    link: str
    filename: str


@dataclass(frozen=True)
class DrawnView:
    pictures: list[PictureView]
    notes: list[str]
    cancelled: bool
    milliseconds: int
    link: str
    recipe: Json
    other: str
    solvers: tuple[str, ...]


@dataclass(frozen=True)
class RequestedView:
    words: str
    probability: float


@dataclass(frozen=True)
class ReadbackView:
    """A picture compared with its prompt: the requested things with their probabilities, and the CLIP score."""

    requested: list[RequestedView]
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class DrawResponse(Response):
    restored: Json = UNSET  # the recipe from a link or a picture, which the page applies
    progress: ProgressView | None = UNSET
    drawn: DrawnView = UNSET
    readback: list[ReadbackView] = UNSET


@dataclass(frozen=True)
class WordMapView:
    word: str
    share: float
    heat: str


@dataclass(frozen=True)
class ExplainedView:
    maps: list[WordMapView]
    film: list[str]
    link: str


@dataclass(frozen=True, kw_only=True)
class ExplainResponse(Response):
    explained: ExplainedView = UNSET


@dataclass(frozen=True)
class MorphedView:
    frames: list[str]
    notes: list[str]
    cancelled: bool
    milliseconds: int
    link: str
    recipe: Json
    other: str


@dataclass(frozen=True, kw_only=True)
class MorphResponse(Response):
    progress: ProgressView | None = UNSET
    morphed: MorphedView = UNSET


@dataclass(frozen=True, kw_only=True)
class GifResponse(Response):
    gif: str = UNSET


@dataclass(frozen=True, kw_only=True)
class TypedResponse(Response):
    """Characters of known and unknown words, and where the encoder stops reading."""

    known: list[tuple[int, int]] = UNSET
    unknown: list[tuple[int, int]] = UNSET
    requested: list[str] = UNSET
    words: tuple[int, int] = UNSET  # read, and in all
    cut: bool = UNSET
    read: int = UNSET  # characters of the text that the encoder reads


def model_view(title: str, pipeline: PromptsPipeline, checkpoint: str = "") -> ModelView:
    usual = recipe.to_dict(pipeline.usual(checkpoint))
    key = f"{usual['model']}/{checkpoint}" if checkpoint else usual["model"]
    return ModelView(key, title, pipeline.missing(checkpoint), {name: usual[name] for name in _USUAL})


def stable_diffusion_views(pipeline: PromptsPipeline) -> list[ModelView]:
    """Every model that can be drawn with, or one entry that says how to get one."""
    names = pipeline.choices()
    title = "Stable Diffusion"
    if not names:
        return [model_view(title, pipeline)]
    return [model_view(title if len(names) == 1 else f"{title}: {name}", pipeline, name) for name in names]


def progress_view(event: Progress, before: Sequence[Drawing], count: int) -> ProgressView:
    """Report one drawing after others are finished; ``count`` pictures in all."""
    done = [*(drawing.image for drawing in before), *event.done]
    pictures = [preview_uri(picture) for picture in (*done, *([event.preview] if event.preview else []))]
    return ProgressView(event.step, event.steps, "Step", pictures, done=len(done), count=count)


def morphing_view(event: Progress) -> ProgressView:
    return ProgressView(event.step, event.steps, "Picture", [exact_uri(image) for image in event.done])


def picture_view(drawing: Drawing) -> PictureView:
    return PictureView(
        picture=data_uri(recipe.to_png(drawing.image, drawing.recipe), "image/png"),
        draft=preview_uri(drawing.draft) if drawing.draft else None,
        seed=drawing.recipe.seed,
        prompt=drawing.recipe.prompt,
        recipe=recipe.to_dict(drawing.recipe),
        link=recipe.to_link(drawing.recipe),
        filename=recipe.filename(drawing.recipe),
    )


def readback_view(read: Readback) -> ReadbackView:
    requested = [
        RequestedView(requested_words(one.name, one.wanted), round(one.probability, 4)) for one in read.requested
    ]
    return ReadbackView(requested, None if read.score is None else round(read.score, 4))


def explained_view(drawing: Drawing) -> ExplainedView:
    maps = [WordMapView(one.word, round(one.share, 4), _heat(one.heat)) for one in drawing.maps]
    return ExplainedView(maps, [preview_uri(frame) for frame in drawing.film], recipe.to_link(drawing.recipe))


def morphed_view(result: MorphResult, request: MorphRequest) -> MorphedView:
    return MorphedView(
        frames=[exact_uri(frame) for frame in result.frames],
        notes=[*request.notes, *result.notes],
        cancelled=result.cancelled,
        milliseconds=round(result.milliseconds),
        link=recipe.to_link(request.recipe),
        recipe=recipe.to_dict(request.recipe),
        other=request.other,
    )


def gif_uri(frames: Sequence[Image.Image]) -> str:
    """A GIF that plays the frames forwards, then backwards."""
    first, *rest = (_enlarged(frame) for frame in (*frames, *frames[-2:0:-1]))
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=GIF_FRAME, loop=0)
    return data_uri(buffer.getvalue(), "image/gif")


def _heat(heat: np.ndarray) -> str:
    return exact_uri(Image.fromarray(np.rint(255 * heat).astype(np.uint8)))


def _enlarged(frame: Image.Image) -> Image.Image:
    return frame if frame.width >= GIF_SIDE else frame.resize((GIF_SIDE, GIF_SIDE), Image.Resampling.LANCZOS)
