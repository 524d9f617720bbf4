"""What the browser requests of the Faces tab. Making a request checks it; whoever is handed one trusts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from core import attributes
from core.pipelines.faces.types import METHODS, EditRequest
from ui.checks import flag, picture
from ui.messages import Request, checked
from ui.recipe_requests import RecipeRequest


def attribute_name(value: Any) -> str:
    if not isinstance(value, str) or value not in attributes.INDEX:
        shown = repr(value[:60]) if isinstance(value, str) else f"of type {type(value).__name__}"
        raise attributes.AttributeValueError(f"Unknown attribute {shown}.")
    return value


@dataclass(frozen=True, kw_only=True)
class DrawRequest(RecipeRequest):
    """Faces by a recipe."""

    settle: bool = checked(flag)  # the control is at rest: say what else changed, too


@dataclass(frozen=True, kw_only=True)
class SweepRequest(RecipeRequest):
    """One face while one attribute goes from absent to present."""

    attribute: str = checked(attribute_name, "Smiling")


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """What the classifier makes of a photo."""

    photo: Image.Image = checked(picture)


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
