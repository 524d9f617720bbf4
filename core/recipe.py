"""The recipe: everything that is needed to draw a picture again, small enough for a link or a PNG text chunk.

Recipes are untrusted: they come from links, dropped pictures and the API. Making a :class:`Recipe` checks it, so an
existing one is valid and is not checked again. Nothing in a recipe is executed, and its names are plain names that
cannot leave a folder; a checkpoint's name is looked up among those that are listed, and never opened as a path.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import partial

from PIL import Image

from core import attributes
from core import recipe_checks as checks
from core.captions.weights import escaped
from core.images import PictureError, read_png_text, write_png
from core.photo_edit import PhotoEdit, photo_edit, to_plain
from core.recipe_checks import RecipeError, Values

# A stored recipe leaves out what equals a default, so the defaults belong to the version: changing one of them, or
# the meaning of a field, needs a new VERSION and a translation of the older ones in from_dict.
VERSION = 2  # 1 read the brackets of prompts as words, and did not name the checkpoint
SOLVERS = ("dpm++", "unipc", "ddim", "ddpm", "flow-euler", "lcm", "few-step")  # the weights decide which of them apply
STARTS = ("noise", "prior")
LEVEL = 0.6
PNG_KEY = "latentscape"
MAX_JSON = 16 * 1024  # bytes
MAX_PROMPT = checks.MAX_PROMPT  # characters
SEEDS = 2**32

_LINK = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Recipe:
    """Plain values only. ``attributes`` are in [-1, 1]; absent ones are unspecified.

    Making one raises ``RecipeError`` for an invalid value. Numbers and texts become plain Python types; attributes are
    in their official order, without those of strength 0, and styles are sorted by name.
    """

    seed: int = 0  # 0 <= seed < 2**32; picture i of several uses seed + i (mod 2**32)
    attributes: dict[str, float] = field(default_factory=dict)
    prompt: str = ""
    negative_prompt: str = ""
    styles: dict[str, float] = field(default_factory=dict)  # adapter name -> weight in [-2, 2]
    model: str = "faces"  # checkpoint that draws it: faces, text or stable-diffusion
    count: int = 1  # 1..16
    steps: int = 8  # 1..250
    guidance: float = 4.5  # classifier-free guidance scale, 1 = off, 1..15; adapted where many attributes are set
    guidance_interval: tuple[float, float] = (0.0, 0.8)  # part of the trajectory, 0 = first step
    solver: str = "dpm++"  # one of SOLVERS
    start: str = "noise"  # or "prior": a draft from the prompt, with noise added
    level: float = LEVEL  # share of the noise that is added to the draft, 0.05..1, and of the steps that are done
    style_parts: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of the weights, in early, middle and late blocks
    checkpoint: str = ""  # of Stable Diffusion: its name in the list of a machine; "" for the machine's usual one
    nearby: tuple[float, float] = (
        0.0,
        0.0,
    )  # place on the plane of seeds around this one, in quarter turns
    edit: PhotoEdit | None = None  # of a photo, which is needed to draw the picture again; None: drawn from noise

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name)))
        to_json(self)  # raises if it cannot be stored

    def resolved(self) -> attributes.Resolved:
        """Return the attributes as a vector (40,) without contradictions, and a sentence for each that was changed."""
        return attributes.resolve(attributes.dense(self.attributes))


_FIELDS = tuple(f.name for f in fields(Recipe))
_DEFAULTS = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(Recipe)}


def single(recipe: Recipe, i: int) -> Recipe:
    """Return the recipe of picture ``i`` (from 0) alone: its own seed, and count 1."""
    i = checks.whole("The number of the picture", i, 0, recipe.count - 1)
    return recipe if recipe.count == 1 else replace(recipe, seed=(recipe.seed + i) % SEEDS, count=1)


def filename(recipe: Recipe) -> str:
    """Return a file name for the download, such as ``latentscape-faces-seed42.png``."""
    if recipe.edit is not None:
        return f"latentscape-edited-photo-seed{recipe.seed}.png"
    return f"latentscape-{recipe.model.replace(' ', '-')}-seed{recipe.seed}.png"


def to_dict(recipe: Recipe) -> dict[str, object]:
    """Return every field as plain JSON values, with the version that defines their meaning."""
    values = {name: getattr(recipe, name) for name in _FIELDS}
    plain = {name: dict(value) if isinstance(value, Values) else value for name, value in values.items()}
    return {"version": VERSION, **plain, "edit": to_plain(recipe.edit)}


def from_dict(values: object) -> Recipe:
    """Make a recipe from the JSON object of :func:`to_dict`, or a part of it. Raises RecipeError."""
    if not isinstance(values, dict) or "version" not in values or "seed" not in values:
        raise RecipeError("This is not a Latentscape recipe: it needs a version and a seed.")
    version = values["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise RecipeError("This recipe's version is not a whole number from 1.")
    if version > VERSION:
        raise RecipeError("This recipe was made by a newer Latentscape; update this one to open it.")
    settings = {name: value for name, value in values.items() if name != "version"}
    unknown = [name for name in settings if name not in _FIELDS]
    if unknown:
        raise RecipeError(f"This recipe holds something unknown: {checks.shown(unknown[0])}.")
    return Recipe(**(_from_first(settings) if version == 1 else settings))


def _from_first(settings: dict[str, object]) -> dict[str, object]:
    """The settings of a recipe of version 1: its prompts were read to the letter."""
    prompts = {name: settings[name] for name in ("prompt", "negative_prompt") if isinstance(settings.get(name), str)}
    return {**settings, **{name: escaped(prompt) for name, prompt in prompts.items()}}


def to_json(recipe: Recipe) -> str:
    """Write compact JSON with sorted keys: the version, the seed and all values that differ from the defaults."""
    values = {**{name: getattr(recipe, name) for name in _FIELDS}, "edit": to_plain(recipe.edit)}
    kept = {name: value for name, value in values.items() if name == "seed" or value != _DEFAULTS[name]}
    text = json.dumps(
        _short({**kept, "version": VERSION}), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    if len(text.encode()) > MAX_JSON:
        raise RecipeError(f"This recipe is longer than {MAX_JSON // 1024} KB; shorten the prompt.")
    return text


def from_json(text: str) -> Recipe:
    """Parse a recipe from untrusted JSON text. Raises RecipeError."""
    if not isinstance(text, str) or len(text) > MAX_JSON or len(text.encode("utf-8", "replace")) > MAX_JSON:
        raise RecipeError(f"This is not a recipe: a recipe is a text of at most {MAX_JSON // 1024} KB.")
    try:
        values = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecipeError:
        raise
    except (ValueError, RecursionError) as error:
        raise RecipeError("This recipe is damaged: it is not valid JSON.") from error
    return from_dict(values)


def to_link(recipe: Recipe) -> str:
    """Encode a recipe for the page's address as letters, digits, - and _ (base64 of its JSON, unpadded)."""
    return base64.urlsafe_b64encode(to_json(recipe).encode()).decode().rstrip("=")


def from_link(link: str) -> Recipe:
    """Parse a recipe from the text of ``to_link``. Raises RecipeError."""
    link = link.strip() if isinstance(link, str) and len(link) <= MAX_JSON * 2 else ""
    link = link.rstrip("=")  # some programs add the padding again
    if not _LINK.fullmatch(link):
        raise RecipeError("This link carries no Latentscape recipe.")
    try:
        text = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RecipeError("The recipe in this link is damaged or cut short.") from error
    return from_json(text)


def to_png(image: Image.Image, recipe: Recipe) -> bytes:
    """Write a picture as PNG bytes with its recipe."""
    return write_png(image, {PNG_KEY: to_json(recipe)})


def from_png(data: bytes) -> Recipe:
    """Read the recipe of a PNG without decoding its pixels. Raises RecipeError."""
    try:
        text = read_png_text(data, PNG_KEY) if isinstance(data, bytes) else None
    except PictureError as error:
        raise RecipeError("The recipe in this picture is damaged or too long.") from error
    if text is None:
        raise RecipeError("This picture carries no Latentscape recipe.")
    return from_json(text)


def _short(value: object) -> object:
    """Write whole floats as integers, 1 for 1.0: the same numbers, but shorter."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_short(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise RecipeError("This recipe says the same thing twice.")
    return values


def _no_constant(name: str) -> float:
    raise RecipeError(f"This recipe holds {name}, which is not a number.")


_CHECKS: dict[str, Callable[[object], object]] = {
    "solver": partial(checks.one_of, "solver", known=SOLVERS),
    "start": partial(checks.one_of, "start", known=STARTS),
    "seed": partial(checks.whole, "The seed", low=0, high=SEEDS - 1),
    "attributes": checks.attribute_values,
    "prompt": partial(checks.text, "The prompt"),
    "negative_prompt": partial(checks.text, "The negative prompt"),
    "styles": checks.style_weights,
    "style_parts": checks.style_parts,
    "model": partial(checks.name, "model"),
    "checkpoint": checks.checkpoint,
    "count": partial(checks.whole, "The number of pictures", low=1, high=16),
    "steps": partial(checks.whole, "The number of steps", low=1, high=250),
    "guidance": partial(checks.number, "The guidance scale", low=1, high=15),
    "guidance_interval": checks.interval,
    "level": partial(checks.number, "The noise on the draft", low=0.05, high=1),
    "nearby": checks.nearby,
    "edit": photo_edit,
}
