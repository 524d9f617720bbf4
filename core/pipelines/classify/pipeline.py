"""Reads a picture with a classifier: attributes, classes, and a heat map for each decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import attributes, checkpoints
from core.networks.pool import pool_of
from core.pipelines.classify.types import Classified, HeatMap
from core.recipe import RecipeError

if TYPE_CHECKING:
    from core.models.classifier import ClassifierOutput

USUAL = "classifier"
HOT = np.array([214, 116, 22], np.float32)  # colour of a map at 1, as of the diverging charts


class ClassifyPipeline:
    """One classifier of a checkpoint root: the shipped one, or one with a person's own classes."""

    def __init__(self, root: str | Path | None = None, name: str = USUAL) -> None:
        self.root, self.name = Path(root) if root else checkpoints.root(), name
        self.pool = pool_of(self.root)

    def missing(self) -> str | None:
        """Return a sentence with the command that makes the classifier, or None."""
        return self.pool.missing(self.name)

    def names(self) -> tuple[str, ...]:
        """The classifiers of this root, the shipped one first."""
        found = [path.parent.name for path in sorted(self.root.glob("*/config.json")) if _classifies(path)]
        return tuple(sorted(found, key=lambda name: name != USUAL))

    def classes(self) -> tuple[str, ...]:
        """Names of the classes. Raises ``CheckpointError``."""
        return tuple(self.pool.classifier(self.name).config.class_names)

    def classify(self, photo: Image.Image) -> Classified:
        """The centre square of a picture of any size. Raises ``CheckpointError``."""
        from core.images import to_pixels, to_tensor

        classifier = self.pool.classifier(self.name)
        pixels = to_pixels(photo, classifier.config.sample_size)
        return self._named(pixels, self.pool.run(classifier, to_tensor(pixels)))

    def heat_maps(self, photo: Image.Image, names: Sequence[str]) -> tuple[HeatMap, ...]:
        """One map for each attribute or class that is named: of an attribute, why it is present or why it is absent.

        Raises ``RecipeError`` for a name that the classifier does not know, and ``CheckpointError``.
        """
        from core.images import to_pixels, to_tensor
        from core.models import heat_maps as cam

        classifier, known = self.pool.differentiable(self.name), self.classes()
        unknown = [name for name in names if name not in attributes.INDEX and name not in known]
        if unknown:
            raise RecipeError(f"The classifier knows no attribute or class {unknown[0][:40]!r}.")
        pixels = to_pixels(photo, classifier.config.sample_size)
        said = self._named(pixels, self.pool.run(self.pool.classifier(self.name), to_tensor(pixels)))
        present = [name in known or said.attributes[name] >= 0.5 for name in names]
        decisions = [
            cam.picture_class(known.index(name)) if name in known else cam.attribute(attributes.INDEX[name], yes)
            for name, yes in zip(names, present, strict=True)
        ]
        with self.pool.lock:
            maps = cam.heat_maps(classifier, to_tensor(pixels), decisions)[0].numpy() if decisions else []
        return tuple(
            HeatMap(name, yes, _certainty(said, name, yes), values, overlaid(pixels, values))
            for name, yes, values in zip(names, present, maps, strict=True)
        )

    def _named(self, pixels: np.ndarray, output: ClassifierOutput) -> Classified:
        likely = output.attributes[0].sigmoid().tolist()
        classes = zip(self.classes(), output.classes[0].softmax(dim=0).tolist(), strict=False)
        ordered = dict(sorted(classes, key=lambda pair: -pair[1]))
        return Classified(Image.fromarray(pixels), dict(zip(attributes.NAMES, likely, strict=True)), ordered)


def overlaid(pixels: np.ndarray, values: np.ndarray) -> Image.Image:
    """uint8 (S, S, 3) and a map (S, S) in [0, 1] -> the picture, grey where nothing spoke, tinted where it did."""
    grey = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    strength = values[:, :, None]
    shown = grey + strength * (0.5 * pixels + 0.5 * HOT - grey)
    return Image.fromarray(shown.round().clip(0, 255).astype(np.uint8))


def _certainty(said: Classified, name: str, present: bool) -> float:
    if name in said.classes:
        return said.classes[name]
    return said.attributes[name] if present else 1 - said.attributes[name]


def _classifies(config: Path) -> bool:
    try:
        return checkpoints.read_json(config).get("_class_name") == "PictureClassifier"
    except (checkpoints.CheckpointError, AttributeError):
        return False
