"""Requests and results of Text prompts. Plain values: importing this loads no network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from core.captions.parsing import ParsedPrompt
from core.pipelines.prompts.text import cleaned
from core.recipe import Recipe

# Defaults of the built-in model: of a schedule of 12 steps, drawing starts at the draft, so that 7 are done.
DRAFTED = Recipe(model="text", steps=12, guidance=6.0, start="prior")


_FEW_STEPS = {  # what distilled models are drawn with: their authors' steps, and guidance that is off or a condition
    "turbo": {"steps": 2, "guidance": 1.0, "solver": "ddim"},  # Sauer et al. 2023 (arXiv:2311.17042)
    "lcm": {"steps": 4, "guidance": 8.0, "solver": "lcm"},
}


def usual_of(distilled: str) -> Recipe:
    """The default settings of a Stable Diffusion model, by what it was distilled to (turbo, lcm or "")."""
    usual = {"steps": 20, "guidance": 7.5, "guidance_interval": (0.0, 1.0), **_FEW_STEPS.get(distilled, {})}
    return Recipe(model="stable-diffusion", **usual)


@dataclass(frozen=True)
class PromptRequest:
    """The recipe says everything about the pictures; the rest is what to tell about how they came to be.

    Its prompts are one line each, without control characters.
    """

    recipe: Recipe
    maps: bool = False  # heat maps of every word, for a little more time
    film: bool = False  # the predicted clean picture after each step
    notes: tuple[str, ...] = ()  # what was cut off of the prompts

    def __post_init__(self) -> None:
        prompts = {name: cleaned(getattr(self.recipe, name))[0] for name in ("prompt", "negative_prompt")}
        if any(line != getattr(self.recipe, name) for name, line in prompts.items()):
            object.__setattr__(self, "recipe", replace(self.recipe, **prompts))

    @classmethod
    def of(cls, recipe: Recipe, prompt: object, negative_prompt: object = "") -> PromptRequest:
        """A recipe with prompts from anywhere and of any length: they are cleaned and cut, never refused."""
        (line, notes), (negative, more) = cleaned(prompt), cleaned(negative_prompt)
        return cls(replace(recipe, prompt=line, negative_prompt=negative), notes=(*notes, *more))


@dataclass(frozen=True)
class WordMap:
    """The denoiser's attention to a word."""

    word: str
    start: int  # characters in the prompt
    end: int
    heat: np.ndarray  # float32 (S, S) at the latents' resolution, 0 least to 1 most of this word
    share: float  # of all attention on words; how much this one mattered


@dataclass(frozen=True)
class Drawing:
    """One finished picture with its own recipe (count 1)."""

    image: Image.Image
    recipe: Recipe
    draft: Image.Image | None = None  # what it began with, before the noise
    maps: tuple[WordMap, ...] = ()
    film: tuple[Image.Image, ...] = ()


@dataclass(frozen=True)
class PromptsResult:
    drawings: tuple[Drawing, ...]
    parsed: ParsedPrompt
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    cancelled: bool = False  # stopped early; ``drawings`` holds what was finished or the last preview


@dataclass(frozen=True)
class MorphResult:
    """A morph between two prompts with the same noise; the first and the last frame are those of the prompts."""

    frames: tuple[Image.Image, ...]
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0
    cancelled: bool = False


@dataclass(frozen=True)
class Requested:
    """One thing that the prompt requests, and the classifier's probability that the picture shows it as requested."""

    name: str  # an attribute or a class
    wanted: bool  # False: its absence
    probability: float

    @property
    def achieved(self) -> bool:
        return self.probability > 0.5


@dataclass(frozen=True)
class Readback:
    """A picture compared with its prompt."""

    requested: tuple[Requested, ...]
    attributes: dict[str, float] = field(default_factory=dict)  # the classifier's probability of all 40
    classes: dict[str, float] = field(default_factory=dict)  # and of its classes; the likeliest first
    score: float | None = None  # cosine of picture and prompt in our CLIP; None without one
