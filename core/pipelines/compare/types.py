"""What the generators are asked for, and what comes back. Plain values: importing this loads no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image

from core import attributes
from core.recipe import SEEDS, Recipe, RecipeError

Takes = Literal["nothing", "attributes", "embedding"]
Strength = Literal["subtle", "strong"]
LEVELS: dict[str, float] = {"subtle": 0.65, "strong": 1.0}  # share of the denoising that a variation goes through
MOST = 16  # pictures of one request
MOST_COMPARED = 8  # pictures of each generator in one comparison
MOST_ROUNDS = 20  # of one blind game
REAL = "real"  # the maker of photographs, beside the generators' names


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
    from it. With ``walk`` the pictures go evenly from the photo to the second one instead, all with one seed.
    """

    photo: Image.Image
    seed: int = 0
    count: int = 4
    strength: Strength = "strong"
    other: Image.Image | None = None
    share: float = 0.0
    borrowed: tuple[str, ...] = field(default=())
    walk: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST:
            raise RecipeError(f"The number of pictures is from 1 to {MOST}.")
        if not 0 <= self.seed < SEEDS:
            raise RecipeError(f"The seed is from 0 to {SEEDS - 1}.")
        if self.strength not in LEVELS:
            raise RecipeError(f"A variation is {' or '.join(LEVELS)}, not {str(self.strength)[:40]!r}.")
        if not 0 <= self.share <= 1:
            raise RecipeError("The share of the second photo is from 0 to 1.")
        if self.other is None and (self.share or self.borrowed or self.walk):
            raise RecipeError("A second photo is needed to mix with it, to walk to it or to borrow from it.")
        if self.walk and self.count < 2:
            raise RecipeError("A walk has two pictures or more.")
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


@dataclass(frozen=True)
class CompareRequest:
    """One request to every generator: attributes, a photo or a sentence, or none of them.

    Picture i of each generator has ``seed`` + i. ``rows`` are the names of those that are wanted; empty means all.
    Raises ``RecipeError`` or ``AttributeValueError`` where a value does not fit.
    """

    seed: int = 0
    count: int = 4
    attributes: dict[str, float] = field(default_factory=dict)
    photo: Image.Image | None = None
    prompt: str = ""
    align: bool = False  # of the photo, take the square of its largest face instead of its centre
    rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_COMPARED:
            raise RecipeError(f"Each generator draws 1 to {MOST_COMPARED} pictures.")
        if not 0 <= self.seed < SEEDS:
            raise RecipeError(f"The seed is from 0 to {SEEDS - 1}.")
        attributes.vector(self.attributes)
        if sum((bool(self.attributes), self.photo is not None, bool(self.prompt.strip()))) > 1:
            raise RecipeError("A comparison has attributes, a photo or a sentence, and one of them alone.")

    @property
    def seeds(self) -> list[int]:
        return [(self.seed + index) % SEEDS for index in range(self.count)]


@dataclass(frozen=True)
class Wanted:
    """A request in the words of every generator: resolved attributes (40,), a photo's embedding (E,), a sentence.

    ``said`` is how the request reads, ``attributes`` are those of the request, of the photo or of the sentence.
    """

    kind: Literal["nothing", "attributes", "embedding", "sentence"]
    attributes: np.ndarray
    sentence: str
    seen: SeenFace | None = None
    notes: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether what reads no sentences knows what is requested: a sentence may name nothing of a face."""
        return self.kind != "sentence" or bool(self.attributes.any())


@dataclass(frozen=True)
class ComparedPicture:
    """One picture of a comparison. ``recipe`` draws it again in another tab, where one does."""

    image: Image.Image
    title: str
    recipe: Recipe | None = None
    agreement: float | None = None  # share of the specified attributes that the classifier sees as requested


@dataclass(frozen=True)
class ComparedRow:
    """What one generator made of a request, so far: each of these messages holds the row from its beginning."""

    name: str
    title: str
    given: str = ""  # what it was asked for, in words
    pictures: tuple[ComparedPicture, ...] = ()
    milliseconds: float | None = None  # per picture; None for pictures that nobody draws
    problem: str = ""  # why there are none, with the command that helps
    finished: bool = False


@dataclass(frozen=True)
class CompareResult:
    """The end of a comparison: the photo as the models saw it, and what there is to say."""

    seen: SeenFace | None
    notes: tuple[str, ...]
    milliseconds: float
    cancelled: bool = False


@dataclass(frozen=True)
class GameRequest:
    """A blind game: as many pictures, in an order that the seed decides. Raises ``RecipeError``."""

    seed: int = 0
    rounds: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.rounds <= MOST_ROUNDS:
            raise RecipeError(f"A game has 1 to {MOST_ROUNDS} rounds.")
        if not 0 <= self.seed < SEEDS:
            raise RecipeError(f"The seed is from 0 to {SEEDS - 1}.")


@dataclass(frozen=True)
class Round:
    """One picture of a blind game, and who made it: the name of a generator, or ``real``."""

    image: Image.Image
    maker: str


@dataclass(frozen=True)
class Maker:
    """One row of the tab. ``problem`` says how to get what it lacks; then it draws nothing."""

    name: str
    title: str
    about: str
    problem: str = ""
