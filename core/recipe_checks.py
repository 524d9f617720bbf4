"""Checks of a recipe's values: each returns a plain value or raises one sentence for the user."""

from __future__ import annotations

import re
import unicodedata
from numbers import Integral, Real

from core import attributes

MAX_PROMPT = 2000  # characters
MAX_STYLES = 8
MAX_CHECKPOINT = 200  # characters of the name of a model of others

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,62}[A-Za-z0-9_-])?")


class RecipeError(ValueError):
    """A recipe that cannot be used; the message is meant for the user."""


class Values(dict[str, float]):
    """An immutable, hashable dict of numbers by name, so that a recipe stays as it was checked."""

    def _refuse(self, *_: object, **__: object) -> None:
        raise TypeError("A recipe cannot be changed; make another one with dataclasses.replace.")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Values], tuple[dict[str, float]]]:
        return Values, (dict(self),)


def shown(value: object) -> str:
    """Describe a value for an error message, in a bounded length."""
    return repr(value[:40]) if isinstance(value, str) else f"of type {type(value).__name__}"


def whole(what: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        raise RecipeError(f"{what} must be a whole number from {low} to {high}.")
    return int(value)


def number(what: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not low <= value <= high:  # NaN fails both
        raise RecipeError(f"{what} must be a number from {low:g} to {high:g}.")
    return float(value)


def text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise RecipeError(f"{what} must be a text.")
    if len(value) > MAX_PROMPT:
        raise RecipeError(f"{what} is longer than {MAX_PROMPT} characters.")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r" for c in value):
        raise RecipeError(f"{what} holds characters that are not text.")
    return str(value)


def name(what: str, value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RecipeError(f"{shown(value)} cannot name a {what}: at most 64 letters, digits, spaces, dots, - and _.")
    return str(value)


def checkpoint(value: object) -> str:
    """Check the name of a Stable Diffusion model, which others chose: any printable one."""
    if not isinstance(value, str) or len(value) > MAX_CHECKPOINT or not value.isprintable():
        raise RecipeError(f"A checkpoint is named by at most {MAX_CHECKPOINT} letters and signs.")
    return str(value)


def attribute_values(values: object) -> Values:
    if not isinstance(values, dict):
        raise RecipeError("The attributes must be names with a strength each.")
    for attribute in values:
        if attribute not in attributes.INDEX:
            raise RecipeError(f"Unknown attribute {shown(attribute)}; the names are CelebA's 40.")
    present = (attribute for attribute in attributes.NAMES if attribute in values)
    checked = {attribute: number(attributes.label(attribute), values[attribute], -1, 1) for attribute in present}
    return Values({attribute: value for attribute, value in checked.items() if value != 0})


def style_weights(values: object) -> Values:
    if not isinstance(values, dict):
        raise RecipeError("The styles must be names with a weight each.")
    if len(values) > MAX_STYLES:
        raise RecipeError(f"At most {MAX_STYLES} styles can be applied at once.")
    known = sorted(name("style", style) for style in values)
    return Values({style: number(f"The weight of style {style!r}", values[style], -2, 2) for style in known})


def style_parts(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise RecipeError("The parts of a style must be three numbers: early, middle and late.")
    early, middle, late = (number("Each part of a style", part, -2, 2) for part in value)
    return early, middle, late


def interval(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise RecipeError("The guidance interval must be two numbers, its start and its end.")
    start, end = (number("Each end of the guidance interval", end, 0, 1) for end in value)
    if start > end:
        raise RecipeError("The guidance interval must start before it ends.")
    return start, end


def nearby(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise RecipeError("A place near a seed must be two numbers.")
    across, down = (number("Each number of a place near a seed", part, -1, 1) for part in value)
    return across, down


def one_of(what: str, value: object, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise RecipeError(f"Unknown {what} {shown(value)}; there are {', '.join(known)}.")
    return str(value)
