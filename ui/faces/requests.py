"""What the browser asks of the Faces tab, checked before anything is drawn.

A page can send anything: every field is read here, through ``core.recipe`` and ``core.attributes``, and what does not
fit ends as one sentence for the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from core import attributes, recipe
from core.images import open_picture
from core.recipe import Recipe, RecipeError
from ui.components.pictures import decode_uri

KINDS = ("draw", "sweep", "read", "edit")
METHODS = ("ddpm", "ddim")


@dataclass(frozen=True)
class Ask:
    """One request. ``ticket`` numbers it within the page; answers carry it back."""

    ticket: int
    kind: str
    recipe: Recipe = field(default_factory=Recipe)
    restored: bool = False  # the recipe came out of a link or a PNG, so the page must adopt it
    settle: bool = False  # the control is at rest: say what else changed, too
    attribute: str = "Smiling"
    photo: Image.Image | None = None
    base: dict[str, float] = field(default_factory=dict)
    method: str = "ddpm"
    faithfulness: float = 0.6


def ticket_of(value: Any) -> int:
    """The ticket of a request that may be anything at all; 0 where there is none."""
    ticket = value.get("ticket") if isinstance(value, dict) else None
    return ticket if isinstance(ticket, int) and not isinstance(ticket, bool) else 0


def parse_ask(value: Any) -> Ask:
    """JSON from the page -> :class:`Ask`. Raises ``RecipeError``, ``AttributeValueError`` or ``PictureError``."""
    if not isinstance(value, dict) or value.get("kind") not in KINDS:
        raise RecipeError("The page sent a request that this version does not know. Reload the page.")
    kind = value["kind"]
    wanted, restored = (Recipe(), False) if kind == "read" else _recipe(value)
    return Ask(
        ticket=ticket_of(value),
        kind=kind,
        recipe=wanted,
        restored=restored,
        settle=value.get("settle") is True,
        attribute=_attribute(value.get("attribute", "Smiling")),
        photo=open_picture(decode_uri(value.get("photo"))) if kind in ("read", "edit") else None,
        base=_base(value.get("base", {})) if kind == "edit" else {},
        method=_method(value.get("method", "ddpm")),
        faithfulness=_fraction(value.get("faithfulness", 0.6), "Faithfulness"),
    )


def _recipe(value: dict[str, Any]) -> tuple[Recipe, bool]:
    if "png" in value:
        return recipe.from_png(decode_uri(value["png"])), True
    if "link" in value:
        return recipe.from_link(value["link"]), True
    sent = value.get("recipe")
    if not isinstance(sent, dict):
        raise RecipeError("The page sent no recipe. Reload the page.")
    return recipe.from_dict(sent), False


def _attribute(name: Any) -> str:
    if not isinstance(name, str) or name not in attributes.INDEX:
        raise attributes.AttributeValueError(f"Unknown attribute {str(name)[:60]!r}.")
    return name


def _base(values: Any) -> dict[str, float]:
    if not isinstance(values, dict):
        raise attributes.AttributeValueError("The attributes read from the photo are missing; add the photo again.")
    attributes.vector(values)
    return {name: float(value) for name, value in values.items()}


def _method(name: Any) -> str:
    if name not in METHODS:
        raise RecipeError(f"Unknown editing method {str(name)[:40]!r}; there are {' and '.join(METHODS)}.")
    return name


def _fraction(value: Any, words: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise RecipeError(f"{words} must be a number from 0 to 1.")
    return float(value)
