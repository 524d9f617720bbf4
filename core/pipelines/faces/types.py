"""What goes into the faces pipeline and what comes out: plain values and pictures. Importing this loads no network."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from core.photo_edit import METHODS, Crop, PhotoEdit
from core.photos.alignment import Placement
from core.recipe import Recipe, RecipeError

PARTS = ("faces", "autoencoder-kl", "classifier")
MOST_PREVIEWED = 4  # pictures of one request
SWEEP_POINTS = 7


@dataclass(frozen=True)
class Face:
    """One finished picture, RGB, with the recipe that draws exactly it (count 1)."""

    image: Image.Image
    recipe: Recipe
    achieved: dict[str, float]  # all 40: the classifier's probability 0..1 that the attribute is present


@dataclass(frozen=True)
class FacesResult:
    faces: tuple[Face, ...]
    notes: tuple[str, ...] = ()  # contradictions that were resolved, and the like
    milliseconds: float = 0.0
    cancelled: bool = False  # stopped early; ``faces`` holds what was finished or the last preview


@dataclass(frozen=True)
class SweepPoint:
    """One face of a sweep, with the strength of the attribute that moves."""

    strength: float
    face: Face


@dataclass(frozen=True)
class ClassifiedPhoto:
    """A photo as the model sees it, and what the classifier makes of it."""

    crop: Image.Image
    achieved: dict[str, float]  # all 40: the probability 0..1 that the attribute is present
    base: dict[str, float]  # what is sure enough to start an edit from


@dataclass(frozen=True)
class EditRequest:
    """A photo and the attributes it should have. ``base`` is what it has (read by the classifier, or set by hand).

    Making one raises ``RecipeError``, ``AttributeValueError`` or ``PictureError`` where a value does not fit.
    """

    photo: Image.Image  # any size; without a placement its centre square is used
    base: dict[str, float]
    recipe: Recipe
    method: str = METHODS[0]
    faithfulness: float = 0.6  # 0 free .. 1 as close to the photo as the method allows
    placement: Placement | None = None  # the square of the photo that shows the face
    crop: Crop | None = None  # what the recipe keeps of the square that ``photo`` was cut from

    def __post_init__(self) -> None:
        if self.placement is not None:
            self.placement.check(self.photo.size)
            if self.crop is None:
                object.__setattr__(self, "crop", self.placement.fractions(self.photo.size))
        if not isinstance(self.base, dict):
            raise RecipeError("The attributes read from the photo are missing; add the photo again.")
        edit = PhotoEdit(self.base, self.method, self.faithfulness, self.crop)  # refuses what does not fit
        object.__setattr__(self, "base", edit.base)
        object.__setattr__(self, "recipe", replace(self.recipe, edit=edit))


@dataclass(frozen=True)
class Entanglement:
    """An attribute that moved although nobody requested it: probability before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class EditResult:
    before: Image.Image  # the photo as the model sees it: cropped and reduced
    after: Image.Image
    achieved_before: dict[str, float]
    achieved_after: dict[str, float]
    changes: tuple[Entanglement, ...] = ()  # what else moved
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    cancelled: bool = False
    whole: Image.Image | None = None  # the photo at its own size with the change in it, where a placement was given
