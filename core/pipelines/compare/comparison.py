"""The Compare tab: one request to every generator, and blind games with their pictures."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes
from core.checkpoints import CheckpointError
from core.data.cooccurrence import draw_attributes
from core.data.errors import DataError
from core.images import PictureError, to_pixels
from core.latents.atlas import AtlasError
from core.photos.squares import FaceAligner
from core.pipelines.compare.makers import KINDS, NAMES, Makers
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.compare.references import MapFaces, RealFaces
from core.pipelines.compare.types import (
    REAL,
    ComparedPicture,
    ComparedRow,
    CompareRequest,
    CompareResult,
    GameRequest,
    Maker,
    Round,
    SeenFace,
    Wanted,
)
from core.pipelines.compare.wanted import described, understand
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import LatentMapError
from core.pipelines.progress import Cancel
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.recipe import SEEDS, RecipeError

NOT_NAMED = "The sentence names no attribute of a face, so this one cannot answer it."
PROBLEMS = (CheckpointError, DataError, PictureError, AtlasError, LatentMapError)  # of one row: the others go on
NEVER: Cancel = lambda: False  # noqa: E731


class ComparePipeline:
    """Every generator of faces around the pipelines of the other tabs. Loads lazily; nothing of a request is kept.

    ``data`` is a CelebA folder on this machine, whose test pictures stand beside the generated ones; without it the
    nearest faces of the map do.
    """

    def __init__(
        self,
        faces: FacesPipeline,
        prompts: PromptsPipeline,
        latent_map: LatentMapPipeline,
        data: Path | None = None,
    ) -> None:
        self.makers, self.faces = Makers(faces, prompts), faces
        self.root = faces.root
        self._variations = VariationsPipeline(self.root)
        self._real = RealFaces(data) if data else None
        self._map = MapFaces(latent_map)

    def rows(self) -> list[Maker]:
        """What can be compared, in order; the first is what stands beside the generated pictures."""
        if self._real:
            first = Maker(REAL, "Real photographs", "Test pictures of the data on this machine.")
        else:
            about = "Faces that were drawn before; with LATENTSCAPE_DATA=DIR photographs of CelebA stand here."
            first = Maker("map", "Nearest of the map", about, self._map.missing() or "")
        kinds = ((name, KINDS[name]) for name in NAMES)
        return [first, *(Maker(n, kind.title, kind.about, self.makers.missing(n) or "") for n, kind in kinds)]

    # --- comparing ------------------------------------------------------------------------------------------------

    def compare(self, request: CompareRequest, *, cancel: Cancel = NEVER) -> Iterator[ComparedRow | CompareResult]:
        """Yield each row as it grows, and the result at the end. Raises ``RecipeError``, ``PictureError``."""
        rows = self.rows()
        unknown = [name for name in request.rows if name not in {row.name for row in rows}]
        if unknown:
            known = ", ".join(row.name for row in rows)
            raise RecipeError(f"There is no generator {str(unknown[0])[:40]!r}; there are {known}.")
        started = time.perf_counter()
        wanted = understand(request, lambda photo: self._see(photo, request.align))
        for row in (row for row in rows if not request.rows or row.name in request.rows):
            if cancel():
                break
            yield from self._row(row, wanted, request, cancel)
        yield CompareResult(wanted.seen, wanted.notes, 1000 * (time.perf_counter() - started), cancel())

    def _see(self, photo: Image.Image, align: bool) -> SeenFace:
        for part in ("classifier", "autoencoder-kl"):
            if problem := self.makers.pool.missing(part):
                raise CheckpointError(problem)
        if align:
            side = self.faces.side()
            photo = FaceAligner.for_model(self.root / "autoencoder-kl", side).square(photo, side)
        return self._variations.see(photo)

    def _row(self, maker: Maker, wanted: Wanted, request: CompareRequest, cancel: Cancel) -> Iterator[ComparedRow]:
        row = ComparedRow(maker.name, maker.title)
        try:
            generated = maker.name in KINDS
            yield from (
                self._generated(row, wanted, request, cancel) if generated else self._beside(row, wanted, request)
            )
        except PROBLEMS as error:
            yield replace(row, problem=str(error), finished=True)

    def _generated(
        self, row: ComparedRow, wanted: Wanted, request: CompareRequest, cancel: Cancel
    ) -> Iterator[ComparedRow]:
        """A generator's row after each of its pictures."""
        problem = self.makers.missing(row.name, wanted.seen is not None) or self._unanswerable(row.name, wanted)
        if problem:
            yield replace(row, problem=problem, finished=True)
            return
        self.makers.load(row.name)
        row = replace(row, given=self.makers.given(row.name, wanted))
        spent, began = 0.0, time.perf_counter()
        for seed, (image, recipe) in zip(
            request.seeds, self.makers.draw(row.name, wanted, request.seeds, cancel), strict=False
        ):
            spent += time.perf_counter() - began
            title = f"{row.title}, seed {seed}"
            picture = ComparedPicture(image, title, recipe, self._agreement(image, wanted))
            row = replace(row, pictures=(*row.pictures, picture))
            yield row
            began = time.perf_counter()  # what is seen in a picture is no part of its time
        drawn = len(row.pictures)
        yield replace(row, finished=True, milliseconds=1000 * spent / drawn if drawn else None)

    def _beside(self, row: ComparedRow, wanted: Wanted, request: CompareRequest) -> Iterator[ComparedRow]:
        """The row that the others are set beside: photographs, or faces of the map."""
        problem = self._unanswerable(row.name, wanted) or (not self._real and self._map.missing())
        if problem:
            yield replace(row, problem=problem, finished=True)
            return
        if self._real:
            found = self._real.closest(wanted.attributes, request.count, request.seed, self.faces.side())
            shown = [(f"Test picture {number}", image) for number, image in enumerate(found, start=1)]
            given = "Closest labels" if wanted.attributes.any() else "Any of them"
        else:
            found = self._map.closest(wanted, request.count, request.seed)
            shown = [(f"Face {number} of the map", image) for number, image in found]
            given = "Closest attributes" if wanted.attributes.any() else "Any of them"
            given = "Nearest in the classifier's embedding" if wanted.seen else given
        pictures = (ComparedPicture(image, title, None, self._agreement(image, wanted)) for title, image in shown)
        yield replace(row, given=given, pictures=tuple(pictures), finished=True)

    def _unanswerable(self, name: str, wanted: Wanted) -> str:
        reads = KINDS[name].reads if name in KINDS else "attributes"
        return NOT_NAMED if reads in ("attributes", "embedding") and not wanted.answerable else ""

    def _agreement(self, image: Image.Image, wanted: Wanted) -> float | None:
        """The share of the specified attributes that the classifier sees as requested; None without any."""
        specified = np.flatnonzero(wanted.attributes)
        if not len(specified) or self.makers.pool.missing("classifier"):
            return None
        achieved = self._variations.see(image).achieved
        seen = np.array([achieved[attributes.NAMES[index]] for index in specified]) > 0.5
        return float((seen == (wanted.attributes[specified] > 0)).mean())

    # --- the blind game -------------------------------------------------------------------------------------------

    def players(self) -> list[str]:
        """The makers whose pictures a game shows: photographs where they are here, and generators with weights."""
        return [*([REAL] if self._real else []), *(name for name in NAMES if not self.makers.missing(name))]

    def play(self, request: GameRequest, *, cancel: Cancel = NEVER) -> Iterator[Round]:
        """Yield the pictures of a game, each drawn for a combination of attributes as people have them.

        Raises ``CheckpointError`` where there are fewer than two makers, ``DataError`` for photographs that cannot
        be read.
        """
        makers = self.players()
        if len(makers) < 2:
            raise CheckpointError("A game needs two makers of pictures, and there are weights of fewer here.")
        size = self.faces.side()
        for index, maker in enumerate(_order(makers, request)):
            if cancel():
                return
            seed = (request.seed + index) % SEEDS
            values = attributes.resolve(draw_attributes(np.random.default_rng(seed))).values
            if maker == REAL:
                image = self._real.closest(np.zeros(attributes.COUNT), 1, seed, size)[0]
            else:
                image = next((image for image, _ in self._drawn(maker, values, seed, cancel)), None)
            if image is None:  # stopped within a picture
                return
            yield Round(Image.fromarray(to_pixels(image, size)), maker)

    def _drawn(self, maker: str, values: np.ndarray, seed: int, cancel: Cancel) -> Iterator[tuple]:
        return self.makers.draw(maker, described("attributes", values, seed=seed), [seed], cancel)


def _order(makers: list[str], request: GameRequest) -> list[str]:
    """Who makes which round: half of them photographs where there are some, the rest evenly by the generators."""
    dice = random.Random(request.seed)
    generated = [name for name in makers if name != REAL]
    real = request.rounds // 2 if REAL in makers else 0
    count = request.rounds - real
    order = [REAL] * real + generated * (count // len(generated)) + dice.sample(generated, count % len(generated))
    dice.shuffle(order)
    return order
