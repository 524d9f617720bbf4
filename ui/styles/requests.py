"""Requests of the Styles tab. Making a request checks it; other code trusts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from PIL import Image

from core.data.style_photos import MOST
from core.pipelines.faces.types import METHODS, EditRequest
from core.pipelines.styles.types import (
    BASES,
    LEAST_WEIGHT,
    MOST_WEIGHT,
    STRENGTHS,
    StyleSet,
    TrainRequest,
    check_active,
    unstyled,
)
from core.recipe import Recipe, RecipeError
from core.recipe_checks import checkpoint
from ui.checks import flag, number, picture, recipe_from, several, text, uploaded
from ui.faces.requests import LocateRequest as LocateFacesRequest
from ui.faces.requests import OfWholePhoto
from ui.messages import Json, Request, RequestError, checked
from ui.recipe_requests import carried

MOST_NAMES = 64
MOST_STRENGTHS = 9
MOST_PART = 2.0

strength = number("The strength of a style", LEAST_WEIGHT, MOST_WEIGHT)
three_parts = several(
    number("Each part of a style", 0, MOST_PART),
    "The parts of a style must be three numbers: early, middle and late.",
    least=3,
    most=3,
)
grid_strengths = several(strength, f"A grid has 1 to {MOST_STRENGTHS} strengths.", 1, MOST_STRENGTHS)
style_list = several(text(64), f"The page names no styles, or more than {MOST_NAMES}. Reload the page.", 1, MOST_NAMES)
file_list = several(
    uploaded,
    f"Add 1 to {MOST} files at once; of more choose the clearest, or put them into a zip.",
    least=1,
    most=MOST,
)


def style_base(value: Any) -> str:
    """Check a style's base: the face model or Stable Diffusion."""
    if value not in ("faces", "sd"):
        raise RequestError("The page sent a model that this version does not know. Reload the page.")
    return value


def plain_recipe(value: Any) -> Recipe:
    """The first picture of a recipe, without its styles."""
    wanted = recipe_from(value)
    if wanted.model not in ("faces", "stable-diffusion"):
        raise RecipeError("Styles are for faces and Stable Diffusion; this is from a prompt of another model.")
    return unstyled(wanted)


def style_set(value: Any) -> StyleSet:
    if isinstance(value, StyleSet):
        return value
    value = {} if value is None else value
    weights = value.get("weights", {}) if isinstance(value, dict) else None
    if not isinstance(weights, dict):
        raise RequestError("The page sent no styles. Reload the page.")
    checked_weights = {name: strength(weight) for name, weight in weights.items()}
    check_active(checked_weights)
    return StyleSet(checked_weights, value.get("mode", "sum"), three_parts(value.get("parts", [1, 1, 1])))


def style_names(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(style_list(value)))


@dataclass(frozen=True, kw_only=True)
class OpenRequest(Request):
    """List the styles."""

    base: str = checked(style_base, "faces")
    checkpoint: str = ""  # any model does to list styles


@dataclass(frozen=True, kw_only=True)
class DrawRequest(Request):
    """Draw a face, or a picture of Stable Diffusion, in styles. The recipe itself has none."""

    recipe: Recipe = checked(plain_recipe)
    active: StyleSet = checked(style_set)
    restored: bool = checked(flag)  # the recipe came from a PNG, so the page must apply it and its styles
    plain: bool = checked(flag)  # also draw the picture without a style

    @property
    def base(self) -> str:
        return BASES[self.recipe.model]

    @property
    def checkpoint(self) -> str:
        return self.recipe.checkpoint

    @classmethod
    def from_json(cls, value: Json) -> Self:
        found = carried(value)
        if found is None:
            return super().from_json({**value, "restored": False})
        active = StyleSet(dict(found.styles), "sum", found.style_parts)
        return super().from_json({**value, "recipe": found, "active": active, "restored": True})


@dataclass(frozen=True, kw_only=True)
class WallRequest(DrawRequest):
    """Draw the face in each of several styles; "" is none."""

    names: tuple[str, ...] = checked(style_names)


@dataclass(frozen=True, kw_only=True)
class GridRequest(WallRequest):
    """Draw the face in each of several styles at each of several strengths."""

    weights: tuple[float, ...] = checked(grid_strengths, STRENGTHS)


@dataclass(frozen=True, kw_only=True)
class PhotoRequest(DrawRequest):
    """Edit a photo with styles. ``edit`` is the pipeline's request; it checks the two values above it."""

    photo: Image.Image = checked(picture)
    method: Any = METHODS[0]
    faithfulness: Any = 0.6
    edit: EditRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        bare = Recipe(seed=self.recipe.seed, guidance=self.recipe.guidance)
        object.__setattr__(self, "edit", EditRequest(self.photo, {}, bare, self.method, self.faithfulness))


@dataclass(frozen=True, kw_only=True)
class LocateRequest(LocateFacesRequest):
    """Find the faces of a whole photo."""

    base: str = checked(style_base, "faces")
    checkpoint: str = ""


@dataclass(frozen=True, kw_only=True)
class WholeRequest(OfWholePhoto, PhotoRequest):
    """Style one face of a whole photo and paste the result back."""


@dataclass(frozen=True, kw_only=True)
class AddRequest(Request):
    """Add an uploaded style file to this session."""

    path: Path = checked(uploaded)
    base: str = checked(style_base, "faces")
    checkpoint: str = checked(checkpoint, "")  # of Stable Diffusion, which the style has to fit


@dataclass(frozen=True, kw_only=True)
class NamesRequest(Request):
    """Remove or download styles."""

    names: tuple[str, ...] = checked(style_names)
    base: str = checked(style_base, "faces")
    checkpoint: str = ""


# --- trainings --------------------------------------------------------------------------------------------------------


def title(value: Any) -> str:
    """Check one line; the trainer refuses an empty one."""
    return " ".join(text(200)(value).split()) if isinstance(value, str) and len(value) <= 200 else ""


def any_whole(words: str) -> Any:
    """Check a whole number; the trainer checks its bounds."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise RequestError(f"{words} must be a whole number.")
        return value

    return check


@dataclass(frozen=True, kw_only=True)
class CheckRequest(Request):
    """Check pictures before a style is trained on them."""

    paths: tuple[Path, ...] = checked(file_list)


@dataclass(frozen=True, kw_only=True)
class TrainStyleRequest(CheckRequest):
    title: str = checked(title)
    rank: int = checked(any_whole("The rank"), TrainRequest.rank)
    steps: int = checked(any_whole("Steps"), TrainRequest.steps)
    rate: float = checked(number("The learning rate", 0, 1), TrainRequest.rate)


@dataclass(frozen=True, kw_only=True)
class JobRequest(Request):
    """A request about a training of this session; without ``job``, about its newest."""

    job: str = checked(text(64), "")
