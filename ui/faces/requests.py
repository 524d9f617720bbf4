"""Requests of the Faces tab. Making a request checks it; other code trusts it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from core import attributes
from core.photos.alignment import Placement
from core.pipelines.faces.types import METHODS, EditRequest
from ui.checks import flag, picture
from ui.messages import Request, RequestError, checked
from ui.recipe_requests import RecipeRequest


def attribute_name(value: Any) -> str:
    if not isinstance(value, str) or value not in attributes.INDEX:
        shown = repr(value[:60]) if isinstance(value, str) else f"of type {type(value).__name__}"
        raise attributes.AttributeValueError(f"Unknown attribute {shown}.")
    return value


def placement(value: Any) -> Placement | None:
    """A square of a photo from the page; its numbers are checked against the photo later."""
    if value is None or isinstance(value, Placement):
        return value
    if not isinstance(value, dict):
        raise RequestError("The page sent no crop of the photo. Reload the page.")
    return Placement(*(value.get(name) for name in ("x", "y", "side", "degrees")))


@dataclass(frozen=True, kw_only=True)
class DrawRequest(RecipeRequest):
    """Draw faces by a recipe."""

    settle: bool = checked(flag)  # the control is at rest: also report other changes


@dataclass(frozen=True, kw_only=True)
class InsideRequest(RecipeRequest):
    """Draw a face once more and send its steps."""


@dataclass(frozen=True, kw_only=True)
class SweepRequest(RecipeRequest):
    """Draw one face while one attribute goes from absent to present."""

    attribute: str = checked(attribute_name, "Smiling")


@dataclass(frozen=True, kw_only=True)
class LocateRequest(Request):
    """Find the faces of a whole photo."""

    photo: Image.Image = checked(picture)


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """Classify a photo: the square of ``placement``, or its centre square."""

    photo: Image.Image = checked(picture)
    placement: Placement | None = checked(placement)


@dataclass(frozen=True, kw_only=True)
class PhotoRequest(RecipeRequest):
    """Edit a photo. ``edit`` is the pipeline's request; it checks the three values above it."""

    photo: Image.Image = checked(picture)
    base: Any = field(default_factory=dict)  # attributes of the photo, {attribute: strength}
    method: Any = METHODS[0]
    faithfulness: Any = 0.6
    crop: Any = None  # where the square ``photo`` was cut out, for the recipe
    edit: EditRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        edit = EditRequest(self.photo, self.base, self.recipe, self.method, self.faithfulness, crop=self.crop)
        object.__setattr__(self, "edit", edit)


@dataclass(frozen=True, kw_only=True)
class OfWholePhoto:
    """Joins a request with an ``edit``: of one face of a whole photo, into which the result is pasted."""

    placement: Placement | None = checked(placement)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.placement is None:
            raise RequestError("The page did not say which face of the photo is meant. Choose one.")
        object.__setattr__(self, "edit", replace(self.edit, placement=self.placement))


@dataclass(frozen=True, kw_only=True)
class WholeRequest(OfWholePhoto, PhotoRequest):
    """Edit one face of a whole photo and paste the result back."""
