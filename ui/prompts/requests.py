"""What the browser asks of the Text prompts tab, checked before anything is drawn.

Prompts of any length and kind are cut and cleaned, never refused; everything else that does not fit ends as one
sentence for the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import recipe
from core.pipelines.prompts.text import cleaned
from core.recipe import Recipe, RecipeError
from ui.components.pictures import decode_uri
from ui.faces.requests import ticket_of

KINDS = ("open", "draw", "compare", "morph", "explain", "gif")
MODELS = {"text": "text", "stable-diffusion": "sd"}  # the recipe's word -> the pipeline's
MOST_FRAMES = 25
MOST_READ = 4000  # characters of a text that is still being typed


@dataclass(frozen=True)
class PromptAsk:
    """One request. ``ticket`` numbers it within the page; answers carry it back."""

    ticket: int
    kind: str
    recipe: Recipe = field(default_factory=Recipe)
    restored: bool = False  # the recipe came out of a link or a PNG, so the page must adopt it
    other: str = ""  # the second prompt of a comparison or a morph
    frames: int = 9
    notes: tuple[str, ...] = ()  # what was cut off


def parse_prompts(value: Any) -> PromptAsk:
    """JSON from the page -> :class:`PromptAsk`. Raises ``RecipeError`` or ``PictureError``."""
    if not isinstance(value, dict) or value.get("kind") not in KINDS:
        raise RecipeError("The page sent a request that this version does not know. Reload the page.")
    kind, ticket = value["kind"], ticket_of(value)
    if kind == "open":
        return PromptAsk(ticket, kind)
    wanted, restored, notes = _recipe(value)
    if wanted.model not in MODELS:
        raise RecipeError("This recipe was not drawn from a prompt. Open the Faces tab and drop it there.")
    other, more = cleaned(value.get("other"))
    return PromptAsk(ticket, kind, wanted, restored, other, _frames(value.get("frames", 9)), (*notes, *more))


def parse_typed(value: Any) -> tuple[int, str, str]:
    """What is being typed -> its ticket, the text as far as it is looked at, and the pipeline's word."""
    value = value if isinstance(value, dict) else {}
    text, model = value.get("text"), value.get("model")
    text = text[:MOST_READ] if isinstance(text, str) else ""
    return ticket_of(value), text, MODELS.get(model, "text") if isinstance(model, str) else "text"


def _recipe(value: dict[str, Any]) -> tuple[Recipe, bool, tuple[str, ...]]:
    if "png" in value:
        return recipe.from_png(decode_uri(value["png"])), True, ()
    if "link" in value:
        return recipe.from_link(value["link"]), True, ()
    sent = value.get("recipe")
    if not isinstance(sent, dict):
        raise RecipeError("The page sent no recipe. Reload the page.")
    prompt, notes = cleaned(sent.get("prompt"))
    negative, more = cleaned(sent.get("negative_prompt"))
    rest = {name: item for name, item in sent.items() if name not in ("prompt", "negative_prompt")}
    wanted = recipe.from_dict({**rest, "prompt": prompt, "negative_prompt": negative})
    return wanted, False, (*notes, *more)


def _frames(count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= MOST_FRAMES:
        raise RecipeError(f"A morph has 2 to {MOST_FRAMES} pictures.")
    return count
