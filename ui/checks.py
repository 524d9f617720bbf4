"""Checks the fields of requests: each check returns a plain value or raises one sentence for the user.

A check also accepts its own result.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from PIL import Image

from core import recipe
from core.images import open_picture
from core.recipe import Recipe, RecipeError
from ui.components.pictures import decode_uri
from ui.messages import RequestError

Check = Callable[[Any], Any]


def whole(words: str, least: int, most: int) -> Check:
    """Check a whole number; 7.0 counts, because some clients have no integers."""

    def check(value: Any) -> int:
        value = as_whole(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise RequestError(f"{words} is a whole number from {least} to {most}.")
        return value

    return check


def as_whole(value: Any) -> Any:
    """Convert 7.0 to 7; return everything else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def number(words: str, least: float, most: float) -> Check:
    def check(value: Any) -> float:
        known = isinstance(value, int | float) and not isinstance(value, bool)
        if not known or not least <= value <= most:  # NaN fails both comparisons
            raise RequestError(f"{words} is a number from {least:g} to {most:g}.")
        return float(value)

    return check


def written(length: int) -> Check:
    """Check a text of any characters; the pipeline cleans it."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length:
            raise RequestError(f"This is no text, or longer than {length:,} characters.")
        return value

    return check


def text(length: int = 300) -> Check:
    """Check a name that can be sent back unchanged."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length or not _is_unicode(value):
            raise RequestError("The page sent a name that cannot be one. Reload the page.")
        return value

    return check


def flag(value: Any) -> bool:
    """Check a flag: only ``true`` is true."""
    return value is True


def switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError("The page sent a switch that is neither on nor off. Reload the page.")
    return value


def one_of(words: str, known: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise RequestError(f"Unknown {words} {_shown(value)}; there are {' and '.join(known)}.")
        return value

    return check


def several(check_one: Check, words: str, least: int, most: int) -> Check:
    """Check a list of ``least`` to ``most`` values and return a tuple; ``words`` is the error's sentence."""

    def check(value: Any) -> tuple:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise RequestError(words)
        return tuple(check_one(one) for one in value)

    return check


def picture(value: Any) -> Image.Image:
    """Decode a data URI. Raises ``PictureError``."""
    return value if isinstance(value, Image.Image) else open_picture(decode_uri(value))


def uploaded(value: Any) -> Path:
    """Check that a path is an uploaded file. No other file of this machine can be read."""
    if not isinstance(value, str | Path) or not 0 < len(str(value)) <= 4096:
        raise RequestError("There is no file in this request; add it again.")
    folder = Path(get_upload_folder()).resolve()
    try:
        file = Path(value).resolve()
        inside = file.is_relative_to(folder) and file.is_file()
    except (OSError, ValueError):  # a null character, a name that is too long
        inside = False
    if not inside:
        raise RequestError("An uploaded file is not there any more; add it again.")
    return file


def recipe_from(value: Any) -> Recipe:
    """Check a recipe's JSON object, or settings by name. Raises ``RecipeError``."""
    if isinstance(value, Recipe):
        return value
    if not isinstance(value, dict):
        raise RecipeError("The page sent no recipe. Reload the page.")
    return recipe.from_dict({name: as_whole(one) if name in WHOLE else one for name, one in value.items()})


def _is_unicode(value: str) -> bool:
    """Remove halves of surrogate pairs, which could not be sent back."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _shown(value: Any) -> str:
    """Describe a value in a bounded length for a sentence."""
    return repr(value[:40]) if isinstance(value, str) else f"of type {type(value).__name__}"


WHOLE = ("seed", "count", "steps")
