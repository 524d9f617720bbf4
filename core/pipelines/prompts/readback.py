"""A picture read back: the classifier's attributes and classes, and how well CLIP says it fits its prompt."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from core import attributes, checkpoints
from core.captions.parsing import understood
from core.images import to_pixels, to_tensor
from core.models import PictureClassifier
from core.models.clip import SIZE, embed_pictures, embed_texts, load_clip, missing_clip, tokens_of
from core.pipelines.prompts.types import Asked, Readback


class PictureReader:
    """Loads ``classifier`` and ``clip`` lazily from a checkpoint root; either may be missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._classifier: PictureClassifier | None = None
        self._clip: tuple | None = None

    def readback(self, image: Image.Image, prompt: str) -> Readback:
        """A picture of any size against a cleaned prompt."""
        if checkpoints.missing(self.root / "classifier"):
            probabilities, classes = {}, {}
        else:
            probabilities, classes = self._classified(image)
        scores = self.scores([image], prompt)
        reading = understood(prompt)
        asked = [
            Asked(name, value > 0, probabilities[name] if value > 0 else 1 - probabilities[name])
            for name, value in reading.attributes.items()
            if name in probabilities
        ]
        asked += [Asked(name, True, classes[name]) for name in reading.classes if name in classes]
        return Readback(tuple(asked), probabilities, classes, scores[0] if scores else None)

    def scores(self, images: Sequence[Image.Image], prompt: str) -> list[float]:
        """Cosine of each picture with the prompt; empty without a CLIP, without pictures or without words."""
        if missing_clip(self.root / "clip") or not images or not prompt:
            return []
        with self._lock, torch.inference_mode():
            if self._clip is None:
                self._clip = load_clip(self.root / "clip")
            model, tokenizer = self._clip
            x = torch.cat([to_tensor(to_pixels(image, SIZE)) for image in images])
            text = embed_texts(model, tokens_of(tokenizer, [prompt]))
            return (embed_pictures(model, x) @ text[0]).tolist()

    def _classified(self, image: Image.Image) -> tuple[dict[str, float], dict[str, float]]:
        with self._lock, torch.inference_mode():
            if self._classifier is None:
                loaded = checkpoints.load_model(self.root / "classifier")
                if not isinstance(loaded, PictureClassifier):
                    raise checkpoints.CheckpointError("classifier: config.json does not describe a classifier.")
                self._classifier = loaded
            output = self._classifier(to_tensor(to_pixels(image, 64)))
        present = output.attributes[0].sigmoid().tolist()
        classes = zip(self._classifier.config.class_names, output.classes[0].softmax(dim=0).tolist(), strict=False)
        ordered = sorted(classes, key=lambda pair: -pair[1])
        probabilities = {name: round(value, 4) for name, value in zip(attributes.NAMES, present, strict=True)}
        return probabilities, {name: round(value, 4) for name, value in ordered}
