"""What the browser requests of the Faces tab. Making a request checks it; whoever is handed one trusts it."""

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
    """A square of a photo as the page sends it; what its numbers are worth is checked where the photo is known."""
    if value is None or isinstance(value, Placement):
        return value
    if not isinstance(value, dict):
        raise RequestError("The page sent no crop of the photo. Reload the page.")
    return Placement(*(value.get(name) for name in ("x", "y", "side", "degrees")))


@dataclass(frozen=True, kw_only=True)
class DrawRequest(RecipeRequest):
    """Faces by a recipe."""

    settle: bool = checked(flag)  # the control is at rest: say what else changed, too


@dataclass(frozen=True, kw_only=True)
class SweepRequest(RecipeRequest):
    """One face while one attribute goes from absent to present."""

    attribute: str = checked(attribute_name, "Smiling")


@dataclass(frozen=True, kw_only=True)
class LocateRequest(Request):
    """Where the faces of a whole photo are."""

    photo: Image.Image = checked(picture)


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """What the classifier makes of a photo: of the square under ``placement``, or of its centre square."""

    photo: Image.Image = checked(picture)
    placement: Placement | None = checked(placement)


@dataclass(frozen=True, kw_only=True)
class PhotoRequest(RecipeRequest):
    """A photo under other attributes. ``edit`` is what the pipeline is given; it checks the three values above it."""

    photo: Image.Image = checked(picture)
    base: Any = field(default_factory=dict)  # what the photo shows, {attribute: strength}
    method: Any = METHODS[0]
    faithfulness: Any = 0.6
    edit: EditRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        edit = EditRequest(self.photo, self.base, self.recipe, self.method, self.faithfulness)
        object.__setattr__(self, "edit", edit)


@dataclass(frozen=True, kw_only=True)
class WholeRequest(PhotoRequest):
    """The same of one face in a whole photo, into which the result goes back."""

    placement: Placement | None = checked(placement)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.placement is None:
            raise RequestError("The page did not say which face of the photo is meant. Choose one.")
        object.__setattr__(self, "edit", replace(self.edit, placement=self.placement))
