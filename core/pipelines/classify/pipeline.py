"""Reads a picture with a classifier: attributes, classes, and a heat map for each decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import attributes, checkpoints
from core.networks.pool import pool_of
from core.photos.detection import finder_of
from core.photos.squares import LocatedFace, frame_of, locate_faces
from core.pipelines.classify.types import Classified, ClassifierInfo, HeatMap, Target
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
        self.finder = finder_of(self.root)

    def missing(self) -> str | None:
        """Return a sentence with the command that makes the classifier, or None."""
        return self.pool.missing(self.name)

    def names(self) -> tuple[str, ...]:
        """The classifiers of this root, the shipped one first."""
        found = [path.parent.name for path in sorted(self.root.glob("*/config.json")) if _classifies(path)]
        return tuple(sorted(found, key=lambda name: name != USUAL))

    def classifiers(self) -> tuple[ClassifierInfo, ...]:
        """The classifiers of this root by their files, the shipped one first; no network is loaded."""
        return tuple(_described(self.root / name) for name in self.names())

    def of(self, name: str) -> ClassifyPipeline:
        """The same for another classifier of this root. Raises ``RecipeError`` for one that is not there."""
        if name not in (self.name, *self.names()):
            raise RecipeError(f"There is no classifier {name[:60]!r} here; there are {', '.join(self.names())}.")
        return self if name == self.name else ClassifyPipeline(self.root, name)

    def classes(self) -> tuple[str, ...]:
        """Names of the classes. Raises ``CheckpointError``."""
        return tuple(self.pool.classifier(self.name).config.class_names)

    def locate(self, photo: Image.Image) -> tuple[LocatedFace, ...]:
        """The faces of a photo as squares in this classifier's frame, the largest first; none is no error."""
        size = self.pool.classifier(self.name).config.sample_size
        return locate_faces(self.finder, photo, frame_of(self.root / self.name, size))

    def shows_face(self, photo: Image.Image) -> bool | None:
        """Whether a face is found in a picture; None where there is no face detector."""
        return None if self.finder.missing() else bool(self.finder.detect(photo))

    def classify(self, photo: Image.Image) -> Classified:
        """The centre square of a picture of any size. Raises ``CheckpointError``."""
        from core.images import to_pixels, to_tensor

        classifier = self.pool.classifier(self.name)
        pixels = to_pixels(photo, classifier.config.sample_size)
        return self._named(pixels, self.pool.run(classifier, to_tensor(pixels)))

    def target(self, name: str) -> Target:
        """What a name means: a class that has it, else an attribute. Raises ``RecipeError`` for neither."""
        return self._known(Target(name, of_class=name in self.classes()))

    def heat_maps(self, photo: Image.Image, targets: Sequence[Target]) -> tuple[HeatMap, ...]:
        """One map for each target: of an attribute, why it is present or why it is absent.

        Raises ``RecipeError`` for one that the classifier does not know, and ``CheckpointError``.
        """
        from core.images import to_pixels, to_tensor
        from core.models import heat_maps as cam

        classifier, classes = self.pool.differentiable(self.name), self.classes()
        targets = [self._known(target) for target in targets]
        pixels = to_pixels(photo, classifier.config.sample_size)
        said = self._named(pixels, self.pool.run(self.pool.classifier(self.name), to_tensor(pixels)))
        present = [target.of_class or said.attributes[target.name] >= 0.5 for target in targets]
        decisions = [
            cam.picture_class(classes.index(target.name))
            if target.of_class
            else cam.attribute(attributes.INDEX[target.name], yes)
            for target, yes in zip(targets, present, strict=True)
        ]
        with self.pool.lock:
            maps = cam.heat_maps(classifier, to_tensor(pixels), decisions)[0].numpy() if decisions else []
        return tuple(
            HeatMap(target, yes, _certainty(said, target, yes), values, overlaid(pixels, values))
            for target, yes, values in zip(targets, present, maps, strict=True)
        )

    def _known(self, target: Target) -> Target:
        if target.name not in (self.classes() if target.of_class else attributes.INDEX):
            raise RecipeError(f"The classifier knows no attribute or class {target.name[:40]!r}.")
        return target

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


def _certainty(said: Classified, target: Target, present: bool) -> float:
    if target.of_class:
        return said.classes[target.name]
    return said.attributes[target.name] if present else 1 - said.attributes[target.name]


def _classifies(config: Path) -> bool:
    try:
        return checkpoints.read_json(config).get("_class_name") == "PictureClassifier"
    except (checkpoints.CheckpointError, AttributeError):
        return False


def _described(folder: Path) -> ClassifierInfo:
    """By the files alone: ``training.json`` may be missing or hold anything."""
    names = checkpoints.read_json(folder / "config.json").get("class_names")
    classes = tuple(str(name)[:100] for name in names) if isinstance(names, list) else ()
    try:
        training = checkpoints.read_json(folder / "training.json")
    except checkpoints.CheckpointError:
        training = {}
    own = isinstance(training, dict) and bool(training.get("own_classes"))
    return ClassifierInfo(folder.name, classes, own, checkpoints.missing(folder) or "")
