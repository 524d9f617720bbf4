"""Asks each generator for pictures: one by one where it draws one by one, all at once where that is faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from core import attributes
from core.networks.loading import LOADING
from core.pipelines.compare import parts
from core.pipelines.compare.types import Batch, Wanted
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.progress import Cancel
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe

Drawn = tuple[Image.Image, Recipe | None]
Draw = Callable[[Wanted, Sequence[int], Cancel], Iterator[Drawn]]
NAMES = ("vae", "gan", "variations", "faces", "text")  # in the order of their rows


@dataclass(frozen=True)
class MakerKind:
    """A generator: how it is called, what it is, and what it reads of a request."""

    title: str
    about: str
    reads: str  # nothing, embedding, attributes or sentence


KINDS = {
    "vae": MakerKind("VAE's prior", "Noise, decoded by the variational autoencoder: the autoencoder alone.", "nothing"),
    "gan": MakerKind("GAN", "One pass of a generator that was trained against a discriminator.", "embedding"),
    "variations": MakerKind("Variations", "Latent diffusion conditioned on the classifier's embedding.", "embedding"),
    "faces": MakerKind("Face diffusion", "Latent diffusion conditioned on attributes.", "attributes"),
    "text": MakerKind("Text diffusion", "Latent diffusion conditioned on a sentence.", "sentence"),
}


class Makers:
    """Every generator around the pipelines that draw with it. Nothing of a request is kept."""

    def __init__(self, faces: FacesPipeline, prompts: PromptsPipeline) -> None:
        self.faces, self.prompts, self.pool = faces, prompts, faces.pool
        self._draw: dict[str, Draw] = {name: self._batch(name) for name in ("vae", "gan")}
        self._draw |= {"variations": self._variations, "faces": self._faces, "text": self._text}

    @property
    def root(self) -> Path:
        return self.pool.root

    def missing(self, name: str, of_photo: bool = False) -> str | None:
        """Say how to get what a generator lacks; None where it can draw, ``of_photo`` from a photo's embedding."""
        if name == "faces":
            return self.faces.missing()
        if name == "text":
            return self.prompts.missing()
        problem = parts.missing(self.root, name)
        other = of_photo and KINDS[name].reads == "embedding" and not problem
        return parts.other_classifier(self.root, name) if other else problem

    def load(self, name: str) -> None:
        """Load the networks of a generator, so that its time is that of drawing. Raises ``CheckpointError``."""
        if name in ("faces", "text"):
            (self.faces if name == "faces" else self.prompts).engine.load()
            return
        for part in parts.NEEDS[name]:
            self.pool.get(part)

    def draw(self, name: str, wanted: Wanted, seeds: Sequence[int], cancel: Cancel) -> Iterator[Drawn]:
        """Yield a picture for each seed, until ``cancel``. Raises ``CheckpointError`` and ``RecipeError``."""
        return self._draw[name](wanted, seeds, cancel)

    def given(self, name: str, wanted: Wanted) -> str:
        """What a generator is asked for, in words."""
        reads = KINDS[name].reads
        if reads == "nothing":
            return "Takes no request" if wanted.kind != "nothing" else "Nothing set"
        if reads == "sentence":
            return f"“{wanted.sentence}”"
        by_embedding = {"embedding": "The photo's embedding"} if reads == "embedding" else {}
        words = {
            "nothing": "Nothing set",
            "attributes": "The attributes",
            "embedding": "The attributes read from the photo",
            "sentence": "The attributes in the sentence",
        }
        return (words | by_embedding)[wanted.kind]

    # --- drawing --------------------------------------------------------------------------------------------------

    def _batch(self, name: str) -> Draw:
        def draw(wanted: Wanted, seeds: Sequence[int], cancel: Cancel) -> Iterator[Drawn]:
            pixels = _generators().draw(self.pool, name, _batch_of(wanted, seeds))
            yield from ((Image.fromarray(one), None) for one in pixels)

        return draw

    def _variations(self, wanted: Wanted, seeds: Sequence[int], cancel: Cancel) -> Iterator[Drawn]:
        generators = _generators()
        from core.images import to_images

        model = self.pool.get("variations")
        embeddings = generators.embeddings_of(self.pool, model, _batch_of(wanted, seeds))
        for step in generators.variation_steps(self.pool, embeddings, list(seeds)):
            if cancel():
                return
            last = step
        decoded = self.pool.run(self.pool.get("autoencoder-kl").decode, last)
        yield from ((image, None) for image in to_images(decoded))

    def _faces(self, wanted: Wanted, seeds: Sequence[int], cancel: Cancel) -> Iterator[Drawn]:
        solvers = self.faces.solvers()
        usual = Recipe().solver
        for seed in seeds:
            values = attributes.named(wanted.attributes)
            recipe = Recipe(seed=seed, attributes=values, solver=usual if usual in solvers else solvers[0])
            *_, result = self.faces.draw(recipe, previews=False, cancel=cancel)
            if result.cancelled:
                return
            yield result.faces[0].image, result.faces[0].recipe

    def _text(self, wanted: Wanted, seeds: Sequence[int], cancel: Cancel) -> Iterator[Drawn]:
        usual = self.prompts.usual()
        for seed in seeds:
            request = PromptRequest.of(replace(usual, seed=seed, count=1), wanted.sentence)
            *_, result = self.prompts.draw(request, previews=False, cancel=cancel)
            if result.cancelled:
                return
            yield result.drawings[0].image, result.drawings[0].recipe


def _batch_of(wanted: Wanted, seeds: Sequence[int]) -> Batch:
    if wanted.seen is not None:
        return Batch(seeds, embeddings=np.repeat(wanted.seen.embedding[None], len(seeds), axis=0))
    return Batch(seeds, np.repeat(wanted.attributes[None], len(seeds), axis=0))


def _generators() -> ModuleType:
    """The module that brings torch, when somebody draws."""
    with LOADING:
        from core.pipelines.compare import generators

    return generators
