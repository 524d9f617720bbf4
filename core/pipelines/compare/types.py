"""What the generators are asked for, and what comes back. Plain values: importing this loads no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image

from core import attributes
from core.recipe import SEEDS, RecipeError

Takes = Literal["nothing", "attributes", "embedding"]
Strength = Literal["subtle", "strong"]
LEVELS: dict[str, float] = {"subtle": 0.65, "strong": 1.0}  # share of the denoising that a variation goes through
MOST = 16  # pictures of one request


@dataclass(frozen=True)
class Batch:
    """N pictures that are wanted, row by row: a seed, and attributes (N, 40) or embeddings (N, E), or neither."""

    seeds: Sequence[int]
    attributes: np.ndarray | None = None
    embeddings: np.ndarray | None = None

    def part(self, rows: slice) -> Batch:
        taken = [None if each is None else each[rows] for each in (self.attributes, self.embeddings)]
        return Batch(self.seeds[rows], *taken)


@dataclass(frozen=True)
class SeenFace:
    """A photo as the models see it: its square, the classifier's embedding (E,) and its attributes' probabilities."""

    image: Image.Image
    embedding: np.ndarray
    achieved: dict[str, float]


@dataclass(frozen=True)
class VariationRequest:
    """New pictures like a photo. Raises ``RecipeError`` or ``AttributeValueError`` where a value does not fit.

    ``other`` is a second photo: ``share`` of the way is gone towards it, and the attributes in ``borrowed`` are taken
    from it.
    """

    photo: Image.Image
    seed: int = 0
    count: int = 4
    strength: Strength = "strong"
    other: Image.Image | None = None
    share: float = 0.0
    borrowed: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise RecipeError(f"The number of pictures is from 1 to {MOST}.")
        if not 0 <= self.seed < SEEDS:
            raise RecipeError(f"The seed is from 0 to {SEEDS - 1}.")
        if self.strength not in LEVELS:
            raise RecipeError(f"A variation is {' or '.join(LEVELS)}, not {str(self.strength)[:40]!r}.")
        if not 0 <= self.share <= 1:
            raise RecipeError("The share of the second photo is from 0 to 1.")
        if self.other is None and (self.share or self.borrowed):
            raise RecipeError("A second photo is needed to mix with it or to borrow from it.")
        unknown = [name for name in self.borrowed if name not in attributes.INDEX]
        if unknown:
            raise attributes.AttributeValueError(f"There is no attribute {unknown[0][:40]!r}.")


@dataclass(frozen=True)
class Variation:
    """One new picture: its seed and the classifier's probability of each of the 40 attributes."""

    image: Image.Image
    seed: int
    achieved: dict[str, float]


@dataclass(frozen=True)
class VariationResult:
    """The photo as it was seen, and its variations."""

    seen: SeenFace
    variations: tuple[Variation, ...]
    milliseconds: float
