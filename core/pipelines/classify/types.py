"""What the classifier says of a picture. Plain values: importing this loads no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class ClassifierInfo:
    """A classifier that lies in the checkpoint root."""

    name: str  # of its folder
    classes: tuple[str, ...]
    own: bool  # whether the classes are a person's own
    problem: str = ""  # why it cannot be used


@dataclass(frozen=True)
class Classified:
    """A picture as the classifier sees it, the probability of each attribute and of each class, likeliest first."""

    image: Image.Image
    attributes: dict[str, float]
    classes: dict[str, float]


@dataclass(frozen=True)
class Target:
    """What a heat map is about: one of the 40 attributes, or a class. A class may have the name of an attribute."""

    name: str
    of_class: bool = False


@dataclass(frozen=True)
class HeatMap:
    """Where the classifier looked when it decided that an attribute is present or absent, or for a class."""

    target: Target
    present: bool  # of an attribute; True for a class
    probability: float  # of what was decided
    values: np.ndarray  # float32 (S, S) in [0, 1], over the picture as it was seen; 0 where nothing spoke for it
    overlay: Image.Image  # the picture with the map over it
