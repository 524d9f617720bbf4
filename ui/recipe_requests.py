"""Requests with a recipe, which the page sends as JSON, in a link or in a PNG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from core import recipe
from core.recipe import Recipe
from ui.checks import flag, recipe_from
from ui.components.pictures import decode_uri
from ui.messages import Json, Request, checked


@dataclass(frozen=True, kw_only=True)
class RecipeRequest(Request):
    """A request to draw."""

    recipe: Recipe = checked(recipe_from)
    restored: bool = checked(flag)  # the recipe came from a link or a PNG, so the page must apply it

    @classmethod
    def from_json(cls, value: Json) -> Self:
        found = carried(value)
        return super().from_json({**value, "recipe": found or value.get("recipe"), "restored": found is not None})


def carried(value: Json) -> Recipe | None:
    """Return the recipe in the PNG or the link of a request, or None if it has neither. Raises ``USER_ERRORS``."""
    if "png" in value:
        return recipe.from_png(decode_uri(value["png"]))
    return recipe.from_link(value["link"]) if "link" in value else None
