"""Responses of the Compare tab, made of the pipeline's results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import recipe
from core.pipelines.compare.types import ComparedPicture, ComparedRow, Maker
from ui.components.pictures import data_uri, exact_uri
from ui.messages import UNSET, Response


@dataclass(frozen=True)
class MakerView:
    """A row that there can be: a generator, or what stands beside them. ``problem`` says how to get what it lacks."""

    name: str
    title: str
    about: str
    problem: str


@dataclass(frozen=True)
class PictureView:
    """One picture; ``agreement`` is the share of the request seen in it. The PNG carries its ``recipe``, if any."""

    uri: str
    title: str
    agreement: float | None
    recipe: dict[str, object] | None


@dataclass(frozen=True)
class RowView:
    name: str
    title: str
    given: str
    pictures: list[PictureView]
    milliseconds: float | None
    problem: str
    finished: bool


@dataclass(frozen=True, kw_only=True)
class OpenResponse(Response):
    makers: list[MakerView] = UNSET
    players: list[str] = UNSET  # those whose pictures a game shows


@dataclass(frozen=True, kw_only=True)
class CompareResponse(Response):
    rows: list[RowView] = UNSET
    seen: str | None = UNSET  # the photo as the models see it
    notes: tuple[str, ...] = UNSET
    milliseconds: float = UNSET
    cancelled: bool = UNSET


@dataclass(frozen=True)
class RoundView:
    picture: str
    maker: str


@dataclass(frozen=True, kw_only=True)
class GameResponse(Response):
    rounds: list[RoundView] = UNSET


@dataclass(frozen=True, kw_only=True)
class PageResponse(Response):
    """A page of HTML with charts: the figures or the answer."""

    view: dict[str, Any] = UNSET


def maker_view(maker: Maker) -> MakerView:
    return MakerView(maker.name, maker.title, maker.about, maker.problem)


def row_view(row: ComparedRow, known: RowView | None) -> RowView:
    """A row as it is now; pictures that its ``known`` view has already are not encoded again."""
    done = known.pictures if known else []
    pictures = [*done, *(picture_view(picture) for picture in row.pictures[len(done) :])]
    milliseconds = None if row.milliseconds is None else round(row.milliseconds, 1)
    return RowView(row.name, row.title, row.given, pictures, milliseconds, row.problem, row.finished)


def picture_view(picture: ComparedPicture) -> PictureView:
    if picture.recipe is None:
        return PictureView(exact_uri(picture.image), picture.title, picture.agreement, None)
    uri = data_uri(recipe.to_png(picture.image, picture.recipe), "image/png")
    return PictureView(uri, picture.title, picture.agreement, recipe.to_dict(picture.recipe))
