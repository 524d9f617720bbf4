"""Compares pictures with their prompts: the classifier's attributes and classes, and CLIP's score."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

from core import attributes
from core.captions.parsing import parse_prompt
from core.captions.weights import plain_words
from core.images import to_pixels, to_tensor
from core.models.clip import SIZE, embed_pictures, embed_texts, tokens_of
from core.networks.pool import NetworkPool
from core.pipelines.prompts.types import Readback, Requested


class PictureReader:
    """Takes ``classifier`` and ``clip`` from the pool; either may be missing or damaged."""

    def __init__(self, pool: NetworkPool) -> None:
        self.pool = pool

    def readback(self, image: Image.Image, prompt: str) -> Readback:
        """Compare a picture of any size with a cleaned prompt, whatever weights its words have."""
        prompt = " ".join(plain_words(prompt).split())
        probabilities, classes = self._classified(image)
        scores = self.scores([image], prompt)
        parsed = parse_prompt(prompt)
        requested = [
            Requested(name, value > 0, probabilities[name] if value > 0 else 1 - probabilities[name])
            for name, value in parsed.attributes.items()
            if name in probabilities
        ]
        requested += [Requested(name, True, classes[name]) for name in parsed.classes if name in classes]
        return Readback(tuple(requested), probabilities, classes, scores[0] if scores else None)

    def scores(self, images: Sequence[Image.Image], prompt: str) -> list[float]:
        """Return the cosine of each picture with the prompt; empty without CLIP, pictures or words."""
        found = self.pool.usable("clip") if images and prompt else None
        if found is None:
            return []
        model, tokenizer = found
        text = self.pool.run(embed_texts, model, tokens_of(tokenizer, [prompt]))
        x = torch.cat([to_tensor(to_pixels(image, SIZE)) for image in images])
        return (self.pool.run(embed_pictures, model, x) @ text[0]).tolist()

    def _classified(self, image: Image.Image) -> tuple[dict[str, float], dict[str, float]]:
        classifier = self.pool.usable("classifier")
        if classifier is None:
            return {}, {}
        output = self.pool.run(classifier, to_tensor(to_pixels(image, classifier.config.sample_size)))
        present = output.attributes[0].sigmoid().tolist()
        classes = zip(classifier.config.class_names, output.classes[0].softmax(dim=0).tolist(), strict=False)
        ordered = sorted(classes, key=lambda pair: -pair[1])
        probabilities = {name: round(value, 4) for name, value in zip(attributes.NAMES, present, strict=True)}
        return probabilities, {name: round(value, 4) for name, value in ordered}
