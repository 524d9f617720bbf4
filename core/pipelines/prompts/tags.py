"""``<lora:NAME:0.8>`` in a prompt, as other programs write it: a style that is here is applied, another is named."""

from __future__ import annotations

import re
from dataclasses import replace

from core.data.style_photos import StyleError
from core.pipelines.styles.library import StyleLibrary
from core.recipe import Recipe

_TAG = re.compile(r"(?<!\\)<(?:lora|lyco):([^<>:]{1,200})(?::([^<>]{0,40}))?>", re.IGNORECASE)
_MOST = 2.0  # weight of a style in a recipe
_BASES = {"faces": "the face model", "text": "the built-in text model", "sd": "Stable Diffusion"}


def apply_tags(recipe: Recipe, library: StyleLibrary, base: str) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with the styles of its tags and without the tags, and a sentence for each that is left out.

    ``base`` is what the recipe is drawn with: text or sd. A weight that is missing is 1; of several the first counts.
    """
    styles, notes = dict(recipe.styles), []
    negative, more = without_tags(recipe.negative_prompt, "in the negative prompt")
    for name, said in _TAG.findall(recipe.prompt):
        weight, problem = _weight(said), _problem(name.strip(), library, base)
        if weight is None:
            problem = f"{said[:20]!r} is no weight from -{_MOST:g} to {_MOST:g}"
        if problem:
            notes.append(f"<lora:{name[:64]}> is left out: {problem}.")
        else:
            styles[name.strip()] = weight
    prompt, _ = without_tags(recipe.prompt, "")
    if (prompt, negative) == (recipe.prompt, recipe.negative_prompt):
        return recipe, ()
    return replace(recipe, prompt=prompt, negative_prompt=negative, styles=styles), (*notes, *more)


def without_tags(text: str, where: str) -> tuple[str, tuple[str, ...]]:
    """A text without tags, and a sentence for each that has no effect ``where`` it stands."""
    names = [name for name, _ in _TAG.findall(text)]
    if not names:
        return text, ()
    return " ".join(_TAG.sub(" ", text).split()), tuple(f"<lora:{n[:64]}> has no effect {where}." for n in names)


def _weight(said: str) -> float | None:
    try:
        weight = float(said.split(":")[0]) if said.strip() else 1.0
    except ValueError:
        return None
    return weight if abs(weight) <= _MOST else None  # NaN is no weight either


def _problem(name: str, library: StyleLibrary, base: str) -> str:
    try:
        made_for = library.base_of(name)
    except StyleError:
        return "there is no style of that name here"
    return "" if made_for in ("", base) else f"it was made for {_BASES[made_for]}"
