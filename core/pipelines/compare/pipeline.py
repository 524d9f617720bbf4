"""Variations of a photo: the classifier's embedding of it, changed or not, drawn again with other seeds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes, checkpoints
from core.networks.pool import pool_of
from core.pipelines.compare.embeddings import borrow, mix, walk
from core.pipelines.compare.parts import other_classifier, other_parts
from core.pipelines.compare.types import LEVELS, SeenFace, Variation, VariationRequest, VariationResult
from core.pipelines.progress import Cancel, Progress
from core.recipe import SEEDS

NEEDS = ("variations", "autoencoder-kl", "classifier")


class VariationsPipeline:
    """The variation model, autoencoder and classifier of one checkpoint root; nothing of a request is kept."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root else checkpoints.root()
        self.pool = pool_of(self.root)

    def missing(self) -> str | None:
        """Return a sentence with the command that makes what is missing, or None."""
        problems = (checkpoints.missing(self.root / part) for part in NEEDS)
        problem = next((each for each in problems if each), None) or other_parts(self.root, "variations")
        return problem or other_classifier(self.root, "variations")

    def require(self) -> None:
        """Raises ``CheckpointError`` where something is missing."""
        if problem := self.missing():
            raise checkpoints.CheckpointError(problem)

    @property
    def size(self) -> int:
        """Pixels along a side of what is drawn."""
        return self.pool.get("autoencoder-kl").size

    def see(self, photo: Image.Image) -> SeenFace:
        """The centre square of a photo, as the classifier sees it."""
        from core.images import to_pixels, to_tensor

        classifier = self.pool.get("classifier")
        output = self.pool.run(classifier, to_tensor(to_pixels(photo, classifier.config.sample_size)))
        square = Image.fromarray(to_pixels(photo, self.size))
        return SeenFace(square, output.embedding[0].numpy().copy(), _named(output.attributes[0].sigmoid().tolist()))

    def changed(self, request: VariationRequest, seen: SeenFace) -> np.ndarray:
        """The embedding (E,) that a request asks for: mixed with the second photo's, then with what it borrows."""
        if request.other is None:
            return seen.embedding
        other = self.see(request.other).embedding
        head = self.pool.get("classifier").attribute_head.weight.numpy()
        return borrow(mix(seen.embedding, other, request.share), other, request.borrowed, head)

    def embeddings(self, request: VariationRequest, seen: SeenFace) -> np.ndarray:
        """The embedding of each picture (N, E)."""
        if request.walk:
            return walk(seen.embedding, self.see(request.other).embedding, request.count)
        return np.repeat(self.changed(request, seen)[None], request.count, axis=0)

    def draw(self, request: VariationRequest, *, cancel: Cancel | None = None) -> Iterator[Progress | VariationResult]:
        """Yields a ``Progress`` after each step, then the result, or nothing more where it was cancelled between two
        steps. Raises ``CheckpointError``.
        """
        import torch

        from core.images import to_images, to_pixels, to_tensor
        from core.pipelines.compare.generators import STEPS, variation_steps

        self.require()
        started = time.perf_counter()
        seen, codec = self.see(request.photo), self.pool.get("autoencoder-kl")
        seeds = [(request.seed + (0 if request.walk else row)) % SEEDS for row in range(request.count)]
        embedding = torch.from_numpy(self.embeddings(request, seen))
        z = self.pool.run(codec.encode, to_tensor(to_pixels(request.photo, codec.size)))
        level, z = LEVELS[request.strength], z.expand(request.count, -1, -1, -1)
        for number, step in enumerate(variation_steps(self.pool, embedding, seeds, z, level), start=1):
            if cancel is not None and cancel():
                return
            z = step
            yield Progress(number, round(STEPS * level))
        pictures = to_images(self.pool.run(codec.decode, z))
        drawn = tuple(Variation(p, s, self.see(p).achieved) for p, s in zip(pictures, seeds, strict=True))
        yield VariationResult(seen, drawn, 1000 * (time.perf_counter() - started))


def _named(probabilities: list[float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in zip(attributes.NAMES, probabilities, strict=True)}
