"""Responses of the Classify tab, made of the pipeline's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core import attributes
from core.pipelines.classify.types import Classified, ClassifierInfo, HeatMap
from ui.components.pictures import exact_uri
from ui.messages import UNSET, Json, Response

SHIPPED = "Faces and dishes"


@dataclass(frozen=True)
class ClassifierView:
    name: str
    title: str
    count: int  # of classes
    own: bool
    problem: str


@dataclass(frozen=True, kw_only=True)
class OpenResponse(Response):
    models: list[ClassifierView] = UNSET
    variations: str = UNSET  # a sentence where they cannot be drawn; else empty


@dataclass(frozen=True)
class ScoreView:
    """One row of the results."""

    name: str
    words: str
    probability: float


@dataclass(frozen=True)
class ClassifiedView:
    picture: str  # as the classifier sees it
    side: int  # pixels
    attributes: list[ScoreView]  # likeliest first
    classes: list[ScoreView]  # likeliest first
    face: bool | None  # whether a face is found in it; None where none can be looked for


@dataclass(frozen=True, kw_only=True)
class ReadResponse(Response):
    classified: ClassifiedView = UNSET


@dataclass(frozen=True)
class HeatView:
    name: str
    of_class: bool
    present: bool
    probability: float
    map: str  # grey, as large as the picture
    empty: bool  # nothing in the picture speaks for it


@dataclass(frozen=True, kw_only=True)
class HeatResponse(Response):
    heat: HeatView = UNSET


@dataclass(frozen=True, kw_only=True)
class FiguresResponse(Response):
    figures: Json = UNSET  # a view: html with places for charts, and the charts


def classifier_view(info: ClassifierInfo) -> ClassifierView:
    title = info.name if info.own or info.name != "classifier" else SHIPPED
    return ClassifierView(info.name, title, len(info.classes), info.own, info.problem)


def classified_view(classified: Classified, face: bool | None) -> ClassifiedView:
    return ClassifiedView(
        picture=exact_uri(classified.image),
        side=classified.image.width,
        attributes=_sorted(classified.attributes),
        classes=_sorted(classified.classes),
        face=face,
    )


def heat_view(found: HeatMap) -> HeatView:
    grey = Image.fromarray(np.rint(255 * found.values).astype(np.uint8))
    target, empty = found.target, not found.values.any()
    probability = round(float(found.probability), 4)
    return HeatView(target.name, target.of_class, found.present, probability, exact_uri(grey), empty)


def words_of(name: str) -> str:
    """An attribute or a class as people read it: ``apple_pie`` is Apple pie."""
    if name in attributes.INDEX:
        return attributes.label(name)
    spaced = name.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def _sorted(likely: Mapping[str, float]) -> list[ScoreView]:
    ordered = sorted(likely.items(), key=lambda pair: -pair[1])
    return [ScoreView(name, words_of(name), round(float(value), 4)) for name, value in ordered]
