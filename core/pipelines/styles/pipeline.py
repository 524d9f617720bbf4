"""Styles: draws a wall of styles, a picture in several, a grid of strengths, edits photos, and trains styles."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.checkpoints import CheckpointError
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest, EditResult, Face, FacesResult
from core.pipelines.progress import Cancel, Progress
from core.pipelines.prompts.types import Drawing, PromptRequest, PromptsResult
from core.pipelines.styles.types import (
    BASES,
    MOST_TILES,
    NO_STYLE,
    STRENGTHS,
    GridResult,
    StyleInfo,
    StyleSet,
    Tile,
    WallResult,
    unstyled,
)
from core.recipe import Recipe, RecipeError, single

if TYPE_CHECKING:
    from core.pipelines.prompts.pipeline import PromptsPipeline
    from core.pipelines.styles.jobs import StyleTrainer


class StylesPipeline:
    """Draws through the faces pipeline, and where a recipe's model is ``text`` or ``stable-diffusion`` through the
    prompts pipeline of that model, which has to share the styles of the faces pipeline.

    Nothing is kept between calls but weights: the styles of a picture are in its recipe.
    """

    def __init__(
        self,
        faces: FacesPipeline,
        prompts: PromptsPipeline | None = None,
        stable_diffusion: PromptsPipeline | None = None,
    ) -> None:
        self.faces = faces
        self._prompts = {"text": prompts, "sd": stable_diffusion}
        self.library = faces.library
        self._trainer: StyleTrainer | None = None

    @property
    def trainer(self) -> StyleTrainer:
        """The trainer, which runs trainings in the background, one at a time."""
        if self._trainer is None:
            from core.pipelines.styles.jobs import StyleTrainer

            self._trainer = StyleTrainer(self.library, self.faces.root)
        return self._trainer

    def missing(self, base: str = "faces", checkpoint: str = "") -> str | None:
        """Say what the styles' model lacks, of Stable Diffusion one of this name or any; None if it is present."""
        if base == "faces":
            return self.faces.missing()
        pipeline = self._prompts[base]
        if pipeline is None:
            return "This model is not opened here."
        return None if not checkpoint and pipeline.choices() else pipeline.missing(checkpoint)

    def stable_diffusion(self) -> PromptsPipeline | None:
        """Return the pipeline of Stable Diffusion, where one can be drawn with."""
        return None if self.missing("sd") else self._prompts["sd"]

    def named(self, recipe: Recipe) -> Recipe:
        """The recipe with the name of the model that draws it. Raises ``CheckpointError``."""
        return recipe if recipe.model == "faces" else self._of(recipe.model).named(recipe)

    def bases(self) -> tuple[str, ...]:
        """List the models that styles can be applied to: faces, text, sd."""
        return tuple(base for base in BASES.values() if not self.missing(base))

    def styles(self, session: str = "", base: str = "faces") -> tuple[StyleInfo, ...]:
        """List the styles that this session may apply to a model, and files that do not name their model."""
        return tuple(info for info in self.library.styles(session) if info.base in ("", base))

    def add(
        self, session: str, path: str | Path, title: str = "", base: str = "faces", checkpoint: str = ""
    ) -> StyleInfo:
        """Add an uploaded safetensors file to this session. Raises ``CheckpointError`` if it does not fit."""
        info = self.library.add(session, Path(path), title, base)
        try:
            self._check_fit(info.name, base, checkpoint)
        except CheckpointError:
            self.library.remove(session, info.name)
            raise
        return info

    def draw(
        self, recipe: Recipe, active: StyleSet = NO_STYLE, *, previews: bool = True, cancel: Cancel | None = None
    ) -> Iterator[Progress | FacesResult | PromptsResult]:
        """Draw a recipe in these styles, or in its own if none are given. Raises what their methods raise."""
        recipe = active.onto(recipe) if active.weights else recipe
        if recipe.model == "faces":
            yield from self.faces.draw(recipe, previews=previews, cancel=cancel)
            return
        yield from self._of(recipe.model).draw(PromptRequest(recipe), previews=previews, cancel=cancel)

    def wall(
        self,
        recipe: Recipe,
        names: Sequence[str] | None = None,
        *,
        session: str = "",
        weight: float = 1.0,
        cancel: Cancel | None = None,
    ) -> Iterator[WallResult]:
        """The first picture of a recipe in each of these styles, "" for none: what there is after each of them, then
        all. Without names plain and in every style of the session. One style that cannot be applied stops nothing.
        """
        plain = unstyled(recipe)
        if names is None:
            names = ["", *(info.name for info in self.styles(session, BASES.get(plain.model, "")))]
        started, tiles, problems = time.perf_counter(), [], []

        def so_far(cancelled: bool = False) -> WallResult:
            return WallResult(tuple(tiles), tuple(problems), (time.perf_counter() - started) * 1000, cancelled)

        for name in names[:MOST_TILES]:
            if cancel is not None and cancel():
                yield so_far(cancelled=True)
                return
            try:
                tiles.append(self._tile(plain, name, weight))
            except CheckpointError as error:
                problems.append((name, str(error)))
            yield so_far()
        yield so_far()

    def grid(
        self,
        recipe: Recipe,
        names: Sequence[str],
        weights: Sequence[float] = STRENGTHS,
        *,
        cancel: Cancel | None = None,
    ) -> Iterator[Progress | GridResult]:
        """Draw one seed in several styles, each at several weights; yields :class:`Progress` after each picture."""
        if not names or not weights or len(names) * len(weights) > MOST_TILES:
            raise RecipeError(f"A grid has 1 to {MOST_TILES} pictures; choose fewer styles or strengths.")
        first = single(recipe, 0)
        plain = replace(first, styles={}) if first.styles else first
        started, rows, done, cancelled = time.perf_counter(), [], [], False
        for name in names:
            row = []
            for weight in weights:
                cancelled = cancel is not None and bool(done) and cancel()
                if cancelled:
                    break
                row.append(self._tile(plain, name, weight))
                done.append(row[-1].image)
                yield Progress(len(done), len(names) * len(weights), tuple(done))
            if cancelled:
                break
            rows.append(tuple(row))
        milliseconds = (time.perf_counter() - started) * 1000
        yield GridResult(tuple(rows), tuple(names[: len(rows)]), tuple(weights), milliseconds, cancelled)

    def photo(
        self, request: EditRequest, active: StyleSet, *, cancel: Cancel | None = None
    ) -> Iterator[Progress | EditResult]:
        """Edit a photo with styles, through inversion; also changes the attributes of the request's recipe."""
        yield from self.faces.edit(replace(request, recipe=active.onto(request.recipe)), cancel=cancel)

    def close_session(self, session: str) -> None:
        """End the trainings of a closed page and remove its styles."""
        if self._trainer is not None:
            self._trainer.close_session(session)
        self.library.forget(session)

    def _tile(self, plain: Recipe, name: str, weight: float) -> Tile:
        recipe = replace(plain, styles={name: float(weight)}) if name and weight else plain
        picture = first_picture(list(self.draw(recipe, previews=False))[-1])
        return Tile(picture.image, name, float(weight) if name else 0.0, picture.recipe)

    def _of(self, model: str) -> PromptsPipeline:
        pipeline = self._prompts.get(BASES.get(model, ""))
        if pipeline is None:
            raise RecipeError("Styles cannot be applied to this recipe: its model is not opened here.")
        return pipeline

    def _check_fit(self, name: str, base: str, checkpoint: str) -> None:
        """Raise ``CheckpointError`` if the style does not fit the model."""
        model = next(model for model, known in BASES.items() if known == base)
        engine = self.faces.engine if base == "faces" else self._of(model).engine_for(checkpoint)
        engine.with_adapters(Recipe(styles={name: 1.0}))


def first_picture(result: FacesResult | PromptsResult) -> Face | Drawing:
    """Return the first picture of the result of :meth:`StylesPipeline.draw`; it has an image and a recipe."""
    return result.faces[0] if isinstance(result, FacesResult) else result.drawings[0]
