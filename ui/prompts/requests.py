"""Requests of the Text prompts tab.

Prompts of any length and kind are cleaned and cut, never refused; any other invalid value gives a sentence for the
user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from core.pipelines.prompts.text import cleaned
from core.recipe import MAX_PROMPT, Recipe, RecipeError
from ui.checks import recipe_from, text
from ui.messages import Json, Request, RequestError, checked
from ui.recipe_requests import RecipeRequest

MODELS = {"text": "text", "stable-diffusion": "sd"}  # the recipe's word -> the pipeline's
MOST_FRAMES = 25
MOST_READ = 4000  # characters of a text that is still being typed


def prompted(value: Any) -> Recipe:
    """Check a recipe that one of the text models draws."""
    wanted = recipe_from(value)
    if wanted.model not in MODELS:
        raise RecipeError("This recipe was not drawn from a prompt. Open the Faces tab and drop it there.")
    return wanted


def frame_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= MOST_FRAMES:
        raise RequestError(f"A morph has 2 to {MOST_FRAMES} pictures.")
    return value


prompt_text = text(MAX_PROMPT)


def second_prompt(value: Any) -> str:
    if not prompt_text(value):
        raise RequestError("A morph needs a second prompt to go to. Write one below the first.")
    return value


@dataclass(frozen=True, kw_only=True)
class OpenRequest(Request):
    """List the models."""


@dataclass(frozen=True, kw_only=True)
class DrawRequest(RecipeRequest):
    """Draw pictures from a prompt, or show how one was drawn."""

    recipe: Recipe = checked(prompted)
    other: str = checked(prompt_text, "")  # the second prompt of a comparison or a morph
    notes: tuple[str, ...] = ()  # what was cut from the prompts

    @classmethod
    def from_json(cls, value: Json) -> Self:
        other, notes = cleaned(value.get("other"))
        sent = value.get("recipe")
        if isinstance(sent, dict):
            prompt, cut = cleaned(sent.get("prompt"))
            negative, more = cleaned(sent.get("negative_prompt"))
            sent = {**sent, "prompt": prompt, "negative_prompt": negative}
            notes = (*cut, *more, *notes)
        return super().from_json({**value, "recipe": sent, "other": other, "notes": notes})


@dataclass(frozen=True, kw_only=True)
class MorphRequest(DrawRequest):
    """Draw pictures between two prompts."""

    other: str = checked(second_prompt)
    frames: int = checked(frame_count, 9)


def typed_text(value: Any) -> str:
    return value[:MOST_READ] if isinstance(value, str) else ""


def typed_model(value: Any) -> str:
    """Return the pipeline's name of a model."""
    return MODELS.get(value, "text") if isinstance(value, str) else "text"


@dataclass(frozen=True, kw_only=True)
class TypedRequest(Request):
    """Parse a text that is being typed, of any content, up to a limit."""

    text: str = checked(typed_text)
    model: str = checked(typed_model)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return super().from_json(value if isinstance(value, dict) else {})
