"""Requests of the Compare tab. Making a request checks it; other code trusts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image

from core.attributes import AttributeValueError, named, vector
from core.pipelines.compare import types
from core.pipelines.compare.types import MOST_COMPARED, MOST_ROUNDS
from core.recipe import MAX_PROMPT, SEEDS
from ui.checks import flag, picture, several, text, whole, written
from ui.messages import Request, checked

MOST_MAKERS = 16  # named in one request

seed_number = whole("A seed", 0, SEEDS - 1)
picture_count = whole("The number of pictures", 1, MOST_COMPARED)
round_count = whole("The number of rounds", 1, MOST_ROUNDS)
maker_names = several(text(40), f"Generators come as a list of up to {MOST_MAKERS} names.", 0, MOST_MAKERS)


def attribute_values(value: Any) -> dict[str, float]:
    """``{name: strength}`` without strengths of 0; None is nothing set."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise AttributeValueError("Attributes come as names with strengths from -1 to 1.")
    return named(vector(value))


def optional_photo(value: Any) -> Image.Image | None:
    return None if value is None else picture(value)


@dataclass(frozen=True, kw_only=True)
class CompareRequest(Request):
    """One request to every generator: attributes, a photo or a sentence, or none of them."""

    seed: int = checked(seed_number, 0)
    count: int = checked(picture_count, 4)
    attributes: dict[str, float] = checked(attribute_values)
    photo: Image.Image | None = checked(optional_photo)
    align: bool = checked(flag)
    prompt: str = checked(written(4 * MAX_PROMPT), "")
    rows: tuple[str, ...] = checked(maker_names, ())

    @property
    def wanted(self) -> types.CompareRequest:
        """The pipeline's request. Raises ``RecipeError`` for more than one kind at once."""
        given = (self.seed, self.count, self.attributes, self.photo, self.prompt, self.align, self.rows)
        return types.CompareRequest(*given)


@dataclass(frozen=True, kw_only=True)
class GameRequest(Request):
    """The pictures of a blind game."""

    seed: int = checked(seed_number, 0)
    rounds: int = checked(round_count, 10)
