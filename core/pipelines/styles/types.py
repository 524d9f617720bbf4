"""Requests and results of the styles pipeline: plain values and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from core.recipe import Recipe, RecipeError, single

MODES = ("sum", "normalised")
BASES = {"faces": "faces", "text": "text", "stable-diffusion": "sd"}  # model of a recipe -> what its styles are for
MOST_ACTIVE = 4
LEAST_WEIGHT, MOST_WEIGHT = -0.5, 1.5
STRENGTHS = (-0.5, 0.0, 0.5, 1.0, 1.5)
MOST_TILES = 64
STEPS, RANKS, RATES = (20, 1000), (1, 32), (1e-5, 1e-2)  # of a training: least and most


@dataclass(frozen=True)
class StyleInfo:
    """One style on the wall. ``name`` is its name in a recipe."""

    name: str
    title: str
    base: str  # "faces" or "text"; "" for files that do not say
    origin: str  # "built-in", "folder" (LATENTSCAPE_LORAS) or "session"
    rank: int = 0
    trigger: str = ""
    renderer: str = ""
    domain: str = ""  # the pictures that it carries the model to, such as utkface
    file: Path | None = None  # the weights, for download
    thumbnail: Path | None = None


def check_active(weights: dict[str, float]) -> None:
    """Raise ``RecipeError`` if more styles are requested than can be merged at once."""
    if len(weights) > MOST_ACTIVE:
        raise RecipeError(f"At most {MOST_ACTIVE} styles can be applied at once, and these are {len(weights)}.")


@dataclass(frozen=True)
class StyleSet:
    """The styles of a picture: up to four names with weights, how they are blended, and how much each part takes.

    Making one raises ``RecipeError`` where the mode or the number of styles does not fit; the rest is the recipe's.
    """

    weights: dict[str, float] = field(default_factory=dict)
    mode: str = "sum"
    parts: tuple[float, float, float] = (1.0, 1.0, 1.0)  # early, middle, late blocks

    def __post_init__(self) -> None:
        if not isinstance(self.mode, str) or self.mode not in MODES:
            raise RecipeError(f"Styles are blended as {' or '.join(MODES)}.")
        check_active({name: weight for name, weight in self.weights.items() if weight != 0})

    def onto(self, recipe: Recipe) -> Recipe:
        """The recipe in these styles; a normalised blend is written into its weights, so that it draws the same
        anywhere. Raises ``RecipeError``.
        """
        weights = {name: weight for name, weight in self.weights.items() if weight != 0}
        total = sum(abs(weight) for weight in weights.values())
        if self.mode == "normalised" and total > 0:
            weights = {name: round(weight / total, 4) for name, weight in weights.items()}
        return replace(recipe, styles=weights, style_parts=self.parts)


NO_STYLE = StyleSet()


def unstyled(recipe: Recipe) -> Recipe:
    """Return the recipe of its first picture without styles."""
    first = single(recipe, 0)
    parts = StyleSet.parts
    return replace(first, styles={}, style_parts=parts) if first.styles or first.style_parts != parts else first


@dataclass(frozen=True)
class Tile:
    """One picture of a wall or a grid."""

    image: Image.Image
    style: str  # "" for the plain picture
    weight: float
    recipe: Recipe


@dataclass(frozen=True)
class WallResult:
    """A recipe in several styles, so far drawn; ``problems`` are styles that cannot be applied, and why."""

    tiles: tuple[Tile, ...]
    problems: tuple[tuple[str, str], ...] = ()
    milliseconds: float = 0.0
    cancelled: bool = False


@dataclass(frozen=True)
class GridResult:
    """Rows are styles, columns weights; ``tiles[row][column]``. A stopped grid holds its finished rows."""

    tiles: tuple[tuple[Tile, ...], ...]
    styles: tuple[str, ...]
    weights: tuple[float, ...]
    milliseconds: float = 0.0
    cancelled: bool = False


@dataclass(frozen=True)
class TrainRequest:
    """Pictures of a style and the settings of its training. Sizes are checked by :meth:`StyleTrainer.start`."""

    pictures: tuple[Image.Image, ...]
    title: str
    session: str
    base: str = "faces"
    rank: int = 8
    steps: int = 80  # two to three minutes on one core
    rate: float = 3e-3
    trigger: str = ""


@dataclass(frozen=True)
class JobStatus:
    """The state of a training. ``state``: waiting, preparing, training, paused, finished, cancelled or failed."""

    job: str
    title: str
    state: str
    step: int = 0
    steps: int = 0
    losses: tuple[tuple[int, float], ...] = ()
    held_out: tuple[tuple[int, float], ...] = ()
    sample: Image.Image | None = None  # four pictures in a row
    seconds_left: float | None = None
    ahead: int = 0  # trainings before it in the queue
    style: str = ""  # the name of the finished style
    message: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("finished", "cancelled", "failed")
