"""Faces by attributes: draw, sweep, read a photo, edit a photo."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from core import attributes, checkpoints
from core.images import PictureError
from core.latents.spaces import picture_side
from core.networks.loading import LOADING
from core.networks.pool import NetworkPool, pool_of
from core.photos.alignment import Placement
from core.photos.detection import finder_of
from core.photos.squares import NO_FACE, LocatedFace, frame_of, locate_faces
from core.pipelines.faces import few_steps
from core.pipelines.faces.entanglement import entangled
from core.pipelines.faces.types import (
    MOST_PREVIEWED,
    PARTS,
    SWEEP_POINTS,
    ClassifiedPhoto,
    EditRequest,
    EditResult,
    Entanglement,
    Face,
    FacesResult,
    SweepPoint,
)
from core.pipelines.inside import Inside, Trajectory, follow_drawing, look_inside
from core.pipelines.progress import Cancel, Progress
from core.pipelines.styles.library import StyleLibrary
from core.recipe import Recipe, single

if TYPE_CHECKING:
    import numpy as np

    from core.pipelines.faces.engine import FaceEngine

MOST_BASELINES = 256
FOLLOWED = 0.8  # AUC of an attribute, read back by the classifier, from which drawn faces follow it


class FacesPipeline:
    """Loads lazily from ``checkpoints/{faces,autoencoder-kl,classifier}``; safe to call from several threads.

    Every picture is drawn alone, whatever the count: the same recipe is then the same picture bit for bit.
    """

    def __init__(self, root: str | Path | None = None, pool: NetworkPool | None = None) -> None:
        self.pool = pool or pool_of(root)
        self.root = self.pool.root
        self.library = StyleLibrary(self.root)
        self.finder = finder_of(self.root)
        self._engine: FaceEngine | None = None
        self._making = threading.Lock()
        self._baselines: OrderedDict[Recipe, dict[str, float]] = OrderedDict()
        self._keeping = threading.Lock()  # of the baselines; never held while a network runs

    @property
    def engine(self) -> FaceEngine:
        """Draws with the networks of the pool; one per pipeline, whichever thread needs it first."""
        with self._making:
            if self._engine is None:
                with LOADING:
                    from core.pipelines.faces.engine import FaceEngine  # with torch: not before somebody draws

                self._engine = FaceEngine(self.pool, self.library)
            return self._engine

    def missing(self) -> str | None:
        """A sentence with the command that makes the first missing checkpoint, or None when all is there."""
        return next(filter(None, map(self.pool.missing, PARTS)), None)

    def solvers(self) -> tuple[str, ...]:
        """Names of the solvers the present weights can be drawn with."""
        return self.engine.solvers()

    def few_steps(self) -> int:
        """Steps of the few-step solver; 0 where the weights have no adapter for it. No network is loaded."""
        return few_steps.steps_of(self.root)

    def warm(self) -> None:
        """Load the weights and draw once, so that the first drawing is as fast as the next."""
        for _ in self.draw(Recipe(steps=2, attributes={"Smiling": 1.0}), previews=False):
            pass

    def followed(self) -> list[str]:
        """The attributes that drawn faces were measured to follow; all of them where nothing was measured."""
        try:
            found = checkpoints.read_json(self.root / "faces" / "metrics.json")["attribute_auc"]
            return [name for name in attributes.NAMES if found[name]["samples"] >= FOLLOWED]
        except (checkpoints.CheckpointError, KeyError, TypeError):
            return list(attributes.NAMES)

    def side(self) -> int:
        """Pixels along a side of a face, without loading a network."""
        return picture_side(self.root)

    def draw(
        self, recipe: Recipe, *, previews: bool = True, cancel: Cancel | None = None
    ) -> Iterator[Progress | FacesResult]:
        """Yields :class:`Progress` after every step, then one :class:`FacesResult`. Raises ``RecipeError``.

        Of many pictures no previews are decoded: the finished ones show how it goes, and the others come sooner.
        """
        wanted = recipe.resolved()
        started = time.perf_counter()
        faces: list[Face] = []
        cancelled, previews = False, previews and recipe.count <= MOST_PREVIEWED
        for index in range(recipe.count):
            one = single(recipe, index)
            for step in self.engine.sample_steps(one, wanted.values):
                cancelled = cancel is not None and step.number < one.steps and cancel()
                if cancelled:
                    break
                shown = self.engine.picture(step.clean) if previews and _shows_preview(step.number, one.steps) else None
                yield Progress(step.number, one.steps, tuple(face.image for face in faces), shown)
            if cancelled and faces:  # half a picture is worth keeping only when there is no other
                break
            faces.append(self._face(self.engine.picture(step.clean if cancelled else step.latents), one))
            if cancelled:
                break
        milliseconds = (time.perf_counter() - started) * 1000
        notes = (*wanted.notes, *(["Stopped early; this is what was there."] if cancelled else []))
        yield FacesResult(tuple(faces), notes, milliseconds, cancelled)

    def sweep(
        self, recipe: Recipe, attribute: str, points: int = SWEEP_POINTS, *, cancel: Cancel | None = None
    ) -> Iterator[SweepPoint | FacesResult]:
        """One attribute from -1 to +1, everything else and the seed unchanged: each point when it is drawn, then all.
        Raises ``AttributeValueError`` for an unknown name.
        """
        first = single(recipe, 0)
        attributes.vector({attribute: 0.0})
        started = time.perf_counter()
        faces: list[Face] = []
        notes: list[str] = []
        cancelled = False
        for point in range(points):
            strength = round(-1 + 2 * point / max(1, points - 1), 3)
            one = replace(first, attributes={**first.attributes, attribute: strength})
            *_, result = self.draw(one, previews=False, cancel=cancel)
            cancelled = result.cancelled
            if cancelled:
                break
            faces += result.faces
            notes += [note for note in result.notes if note not in notes]
            yield SweepPoint(strength, faces[-1])
        yield FacesResult(tuple(faces), tuple(notes), (time.perf_counter() - started) * 1000, cancelled)

    def inside(self, recipe: Recipe, *, cancel: Cancel | None = None) -> Iterator[Progress | Inside]:
        """Draw the first picture once more and keep its steps: :class:`Progress` after each, then one :class:`Inside`,
        or nothing where it is cancelled. Raises ``RecipeError``.
        """
        one, engine = single(recipe, 0), self.engine
        steps = engine.sample_steps(one, one.resolved().values)
        yield from look_inside(steps, one, engine.objective, engine.picture, one.steps, cancel)

    def trajectory(self, recipe: Recipe) -> Trajectory:
        """The latents of every step of a recipe's first picture. Raises ``RecipeError``."""
        one, engine = single(recipe, 0), self.engine
        steps = engine.sample_steps(one, one.resolved().values)
        return follow_drawing(steps, one, engine.picture, one.steps, "kl")

    def locate(self, photo: Image.Image) -> tuple[LocatedFace, ...]:
        """The faces of a whole photo as squares in this model's frame, the largest first; none is no error."""
        return locate_faces(self.finder, photo, frame_of(self.root / "faces", self.engine.size))

    def placement(self, photo: Image.Image, face: int = 0) -> Placement:
        """The square of one face of a photo; 0 is the largest. Raises ``PictureError`` where there is no such face."""
        self.finder.require()
        faces = self.locate(photo)
        if not 0 <= face < len(faces):
            words = f"There is no face {face} in this photo: {len(faces)} were found, counted from 0."
            raise PictureError(words if faces else NO_FACE)
        return faces[face].placement

    def read(self, photo: Image.Image, placement: Placement | None = None) -> ClassifiedPhoto:
        """What the model and the classifier make of a photo: of the square of a face, or of the centre square."""
        from core.pipelines.faces.photo import face_square

        crop = face_square(photo, placement, self.engine.size)
        achieved = self.engine.read_picture(crop)
        return ClassifiedPhoto(crop, achieved, attributes.confident(achieved))

    def edit(self, request: EditRequest, *, cancel: Cancel | None = None) -> Iterator[Progress | EditResult]:
        """Yields :class:`Progress` after every step, then one :class:`EditResult`. Raises ``RecipeError``."""
        from core.pipelines.faces.photo import edit_photo

        yield from edit_photo(self.engine, request, cancel)

    def entanglement(self, recipe: Recipe, achieved: dict[str, float]) -> tuple[Entanglement, ...]:
        """What changed besides what was requested, against the :meth:`baseline`; the largest changes first."""
        return entangled(self.baseline(recipe), achieved, recipe.attributes)

    def baseline(self, recipe: Recipe) -> dict[str, float]:
        """The classifier's probabilities of a recipe's first picture, drawn in its styles with no attribute set.

        Its recipe is the key: it holds all that such a picture depends on; without attributes nothing is guided.
        """
        names = ("seed", "nearby", "steps", "solver", "styles", "style_parts")
        unset = Recipe(**{name: getattr(recipe, name) for name in names})
        with self._keeping:
            if unset in self._baselines:
                self._baselines.move_to_end(unset)
                return self._baselines[unset]
        found = self._face(self._finished(unset, unset.resolved().values), unset).achieved
        with self._keeping:
            self._baselines[unset] = found
            while len(self._baselines) > MOST_BASELINES:
                self._baselines.popitem(last=False)
        return found

    def _finished(self, one: Recipe, wanted: np.ndarray) -> Image.Image:
        for step in self.engine.sample_steps(one, wanted):
            last = step
        return self.engine.picture(last.latents)

    def _face(self, image: Image.Image, recipe: Recipe) -> Face:
        return Face(image, recipe, self.engine.read_picture(image, recipe))


def _shows_preview(step: int, steps: int) -> bool:
    """About four previews a picture: decoding every step would cost more than it shows."""
    return step < steps and step % max(1, round(steps / 5)) == 0
