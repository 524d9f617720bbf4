"""What the browser asks of the Styles tab, checked before anything is drawn or trained.

A page can send anything: every field is read here, and what does not fit ends as one sentence for the user.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from core import recipe
from core.data.style_photos import MOST
from core.images import open_picture
from core.pipelines.styles.types import LEAST_WEIGHT, MODES, MOST_WEIGHT, STRENGTHS, StyleSet, TrainRequest, check_worn
from core.recipe import Recipe, RecipeError
from ui.components.pictures import decode_uri
from ui.faces.requests import METHODS, ticket_of
from ui.reconstruction.requests import uploaded

KINDS = ("open", "wall", "draw", "grid", "photo", "add", "remove", "fetch")
JOB_KINDS = ("check", "train", "status", "pause", "resume", "keep", "cancel")
MOST_NAMES = 64
MOST_STRENGTHS = 9
MOST_PART = 2.0


@dataclass(frozen=True)
class StyleAsk:
    """One request. ``ticket`` numbers it within the page; answers carry it back. The recipe itself wears nothing."""

    ticket: int
    kind: str
    recipe: Recipe = field(default_factory=Recipe)
    restored: bool = False  # the recipe came out of a PNG, so the page must adopt it and what it wears
    worn: StyleSet = field(default_factory=StyleSet)
    plain: bool = False  # the picture without a style is wanted, too
    names: tuple[str, ...] = ()
    weights: tuple[float, ...] = STRENGTHS
    photo: Image.Image | None = None
    method: str = "ddpm"
    faithfulness: float = 0.6
    path: Path | None = None  # an uploaded file


@dataclass(frozen=True)
class JobAsk:
    """One request about a training."""

    ticket: int
    kind: str
    job: str = ""
    paths: tuple[Path, ...] = ()
    title: str = ""
    rank: int = TrainRequest.rank
    steps: int = TrainRequest.steps
    rate: float = TrainRequest.rate


def parse_styles(value: Any) -> StyleAsk:
    """JSON from the page -> :class:`StyleAsk`. Raises ``RecipeError``, ``LabError`` or ``PictureError``."""
    kind = _kind(value, KINDS)
    ask = StyleAsk(ticket_of(value), kind)
    if kind in ("wall", "draw", "grid", "photo"):
        wanted, worn, restored = _dressed(value)
        ask = dataclasses.replace(ask, recipe=wanted, worn=worn, restored=restored, plain=value.get("plain") is True)
    if kind in ("wall", "grid", "remove", "fetch"):
        ask = dataclasses.replace(ask, names=_names(value.get("names")))
    if kind == "grid":
        ask = dataclasses.replace(ask, weights=_strengths(value.get("weights", list(STRENGTHS))))
    if kind == "photo":
        ask = dataclasses.replace(
            ask,
            photo=open_picture(decode_uri(value.get("photo"))),
            method=_method(value.get("method", "ddpm")),
            faithfulness=_number(value.get("faithfulness", 0.6), "Faithfulness", 0, 1),
        )
    if kind == "add":
        ask = dataclasses.replace(ask, path=_path(value.get("path")))
    return ask


def parse_job(value: Any) -> JobAsk:
    """JSON from the page -> :class:`JobAsk`, whose bounds are the trainer's affair. Raises as ``parse_styles`` does."""
    kind = _kind(value, JOB_KINDS)
    job = value.get("job", "")
    ask = JobAsk(ticket_of(value), kind, job if isinstance(job, str) else "")
    if kind not in ("check", "train"):
        return ask
    paths = value.get("paths")
    if not isinstance(paths, list) or not paths:
        raise RecipeError("There are no pictures in this request; add some first.")
    if len(paths) > MOST:
        raise RecipeError(f"At most {MOST} files at once; choose the clearest, or put them into a zip.")
    ask = dataclasses.replace(ask, paths=tuple(_path(path) for path in paths))
    if kind == "check":
        return ask
    title = value.get("title")
    return dataclasses.replace(
        ask,
        title=" ".join(title.split()) if isinstance(title, str) and len(title) <= 200 else "",
        rank=_whole(value.get("rank"), "The rank"),
        steps=_whole(value.get("steps"), "Steps"),
        rate=_number(value.get("rate"), "The learning rate", 0, 1),
    )


def _kind(value: Any, kinds: tuple[str, ...]) -> str:
    if not isinstance(value, dict) or value.get("kind") not in kinds:
        raise RecipeError("The page sent a request that this version does not know. Reload the page.")
    return value["kind"]


def _dressed(value: dict[str, Any]) -> tuple[Recipe, StyleSet, bool]:
    """The recipe without its styles, what is worn, and whether it came out of a picture."""
    restored = "png" in value
    if restored:
        wanted = recipe.from_png(decode_uri(value["png"]))
    elif isinstance(value.get("recipe"), dict):
        wanted = recipe.from_dict(value["recipe"])
    else:
        raise RecipeError("The page sent no recipe. Reload the page.")
    if wanted.model != "faces":
        raise RecipeError("Styles are put on faces here, and this picture was drawn from a prompt.")
    worn = StyleSet(dict(wanted.styles), "sum", wanted.style_parts) if restored else _worn(value.get("worn", {}))
    check_worn(worn.weights)
    plain = dataclasses.replace(recipe.single(wanted, 0), styles={}, style_parts=(1.0, 1.0, 1.0))
    return plain, worn, restored


def _worn(value: Any) -> StyleSet:
    weights = value.get("weights", {}) if isinstance(value, dict) else None
    if not isinstance(weights, dict):
        raise RecipeError("The page sent no styles. Reload the page.")
    mode, parts = value.get("mode", "sum"), value.get("parts", [1, 1, 1])
    if mode not in MODES:
        raise RecipeError(f"Styles are blended as {' or '.join(MODES)}.")
    if not isinstance(parts, list) or len(parts) != 3:
        raise RecipeError("The parts of a style must be three numbers: early, middle and late.")
    early, middle, late = (_number(part, "Each part of a style", 0, MOST_PART) for part in parts)
    return StyleSet({name: _strength(weight) for name, weight in weights.items()}, mode, (early, middle, late))


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and len(name) <= 64 for name in value):
        raise RecipeError("The page sent no list of styles. Reload the page.")
    if not 0 < len(value) <= MOST_NAMES:
        raise RecipeError(f"1 to {MOST_NAMES} styles can be asked for at once.")
    return tuple(dict.fromkeys(value))


def _strengths(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_STRENGTHS:
        raise RecipeError(f"A grid has 1 to {MOST_STRENGTHS} strengths.")
    return tuple(_strength(weight) for weight in value)


def _strength(value: Any) -> float:
    return _number(value, "The strength of a style", LEAST_WEIGHT, MOST_WEIGHT)


def _method(name: Any) -> str:
    if name not in METHODS:
        raise RecipeError(f"Unknown editing method {str(name)[:40]!r}; there are {' and '.join(METHODS)}.")
    return name


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not 0 < len(value) <= 4096:
        raise RecipeError("There is no file in this request; add it again.")
    return uploaded(value)


def _number(value: Any, words: str, least: float, most: float) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        raise RecipeError(f"{words} is a number from {least:g} to {most:g}.")
    return float(value)


def _whole(value: Any, words: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RecipeError(f"{words} must be a whole number.")
    return value
