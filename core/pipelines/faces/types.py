"""What goes into the faces pipeline and what comes out: plain values and pictures. Importing this loads no network."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from core.recipe import Recipe

PARTS = ("faces", "autoencoder-kl", "classifier")
MOST_PREVIEWED = 4  # pictures of one request


@dataclass(frozen=True)
class Face:
    """One finished picture, 64x64 RGB, with the recipe that draws exactly it (count 1)."""

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
class EditRequest:
    """A photo and the attributes it should have. ``base`` is what it has (read by the classifier, or set by hand)."""

    photo: Image.Image  # any size; the centre square is used
    base: dict[str, float]
    recipe: Recipe
    method: str = "ddpm"  # "ddpm" edit-friendly noise, or "ddim" inversion
    faithfulness: float = 0.6  # 0 free .. 1 as close to the photo as the method allows


@dataclass(frozen=True)
class Entanglement:
    """An attribute that moved although nobody asked: probability before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class EditResult:
    before: Image.Image  # the photo as the model sees it: cropped, 64x64
    after: Image.Image
    achieved_before: dict[str, float]
    achieved_after: dict[str, float]
    changes: tuple[Entanglement, ...] = ()  # what else moved
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    cancelled: bool = False
