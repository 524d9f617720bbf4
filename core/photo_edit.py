"""How a photo was edited, as a recipe keeps it: all settings, but never the photo."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from core.recipe_checks import RecipeError, Values, attribute_values, number, one_of

METHODS = ("ddpm", "ddim")  # edit-friendly noise, and plain inversion
NEEDS_PHOTO = "This recipe edits a photo, which a recipe never holds. Open it in Faces and add the photo."

Crop = tuple[float, float, float, float]  # centre and side as fractions of the photo's sides, degrees clockwise


@dataclass(frozen=True)
class PhotoEdit:
    """Settings of an edit beside the recipe's own, whose attributes are those after the edit.

    Making one raises ``RecipeError`` for an invalid value.
    """

    base: dict[str, float] = field(default_factory=Values)  # attributes of the photo before the edit
    method: str = METHODS[0]
    faithfulness: float = 0.6  # 0 free .. 1 as close to the photo as the method allows
    crop: Crop | None = None  # x by the width, y by the height, the side by the shorter one; None: the centre square

    def __post_init__(self) -> None:
        object.__setattr__(self, "base", attribute_values(self.base))
        object.__setattr__(self, "method", one_of("inversion method", self.method, METHODS))
        object.__setattr__(self, "faithfulness", number("The faithfulness", self.faithfulness, 0, 1))
        object.__setattr__(self, "crop", None if self.crop is None else _crop(self.crop))


def photo_edit(value: object) -> PhotoEdit | None:
    """Check the part of a recipe that is about a photo. Raises ``RecipeError``."""
    if value is None or isinstance(value, PhotoEdit):
        return value
    if not isinstance(value, dict) or not set(value) <= set(PhotoEdit.__dataclass_fields__):
        raise RecipeError("What this recipe says of a photo is not known here.")
    return PhotoEdit(**value)


def to_plain(edit: PhotoEdit | None) -> dict[str, object] | None:
    """Return plain JSON values."""
    return None if edit is None else {**asdict(edit), "base": dict(edit.base)}


def _crop(value: object) -> Crop:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise RecipeError("The crop of a photo must be four numbers.")
    x, y = (number("The centre of a crop", part, -8, 8) for part in value[:2])
    return x, y, number("The side of a crop", value[2], 0, 64), number("The turn of a crop", value[3], -360, 360)
