"""Pictures from sentences: draws and morphs them, shows the attention of words, and classifies the results."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from core import checkpoints
from core.captions.parsing import ParsedPrompt
from core.captions.weights import plain_words, read_weights
from core.networks.loading import LOADING
from core.networks.pool import NetworkPool, pool_of
from core.pipelines.inside import Inside, Trajectory, follow_drawing, look_inside
from core.pipelines.progress import Cancel, Progress
from core.pipelines.prompts.tags import apply_tags, without_tags
from core.pipelines.prompts.text import cleaned, read_prompt, vocabulary_note, whole_words
from core.pipelines.prompts.types import (
    DRAFTED,
    Drawing,
    MorphResult,
    PromptRequest,
    PromptsResult,
    Readback,
    usual_of,
)
from core.pipelines.styles.library import StyleLibrary
from core.recipe import Recipe, RecipeError, single
from core.stable_diffusion.catalogue import Catalogue
from core.stable_diffusion.describe import describe

if TYPE_CHECKING:
    from core.pipelines.prompts.engine import DrawnPicture, TextEngine
    from core.pipelines.prompts.readback import PictureReader

BUILT_IN = "text"
STABLE_DIFFUSION = "stable-diffusion"  # the model of its recipes
MOST_LCM_STEPS = 50  # of the teacher's schedule that diffusers' scheduler counts in
_STOPPED = "Stopped early; this is what was there."


class PromptsPipeline:
    """``text``, the built-in model; ``sd``, the one of ``LATENTSCAPE_SD``; a folder, a file or a model id in the cache.

    Except for the built-in one, a recipe's ``checkpoint`` names another model of this machine, which is drawn with
    instead; nothing that one request says changes what another draws with. Loads lazily, and keeps one large model in
    memory at a time; safe to call from several threads. Every picture is drawn alone, whatever the count.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        model: str = BUILT_IN,
        pool: NetworkPool | None = None,
        library: StyleLibrary | None = None,
    ) -> None:
        self.pool = pool or pool_of(root)
        self.root, self.model = self.pool.root, model
        self.library = library or StyleLibrary(self.root)  # the faces pipeline's, where a page has both
        self.catalogue = Catalogue(model)
        self._engine: TextEngine | None = None
        self._reader: PictureReader | None = None
        self._making = threading.Lock()

    @property
    def built_in(self) -> bool:
        return self.model == BUILT_IN

    @property
    def engine(self) -> TextEngine:
        """The engine of the usual model. Raises ``CheckpointError``."""
        return self.engine_for()

    def engine_for(self, checkpoint: str = "") -> TextEngine:
        """The engine that draws with a model of this machine by the networks of the pool. Raises ``CheckpointError``.

        The newest is kept; drawings under way end with the one that they began with.
        """
        path = self._find(checkpoint)
        with self._making:
            if self._engine is not None and self._engine.folder != path:
                self.pool.unload_text(self._engine.folder)
                self._engine = None
            if self._engine is None:
                with LOADING:
                    from core.pipelines.prompts.engine import TextEngine  # with torch: not before somebody draws

                self._engine = TextEngine(self.pool, path, self.library)
            return self._engine

    def missing(self, checkpoint: str = "") -> str | None:
        """Say how to get a missing model; None if it is present."""
        try:
            path = self._find(checkpoint)
        except checkpoints.CheckpointError as error:
            return str(error)
        return None if self.built_in else describe(path).problem or None

    def choices(self) -> tuple[str, ...]:
        """List the names of Stable Diffusion models that can be drawn with; the usual one is the first."""
        if self.built_in:
            return ()
        names, usual = self.catalogue.usable(), "" if self.missing() else self.usual().checkpoint
        return tuple(dict.fromkeys([*([usual] if usual else []), *names]))

    def loaded_path(self) -> Path | None:
        """Return the folder or file of the model that is in memory; None while there is none."""
        with self._making:
            engine = self._engine
        return engine.folder if engine is not None and self.pool.loaded_text(engine.folder) else None

    def unload(self) -> None:
        """Free the memory of the model; the next drawing loads it again."""
        with self._making:
            engine, self._engine = self._engine, None
        if engine is not None:
            self.pool.unload_text(engine.folder)

    def solvers(self, checkpoint: str = "") -> tuple[str, ...]:
        return self.engine_for(checkpoint).solvers()

    def has_prior(self) -> bool:
        """Return whether the model can make drafts."""
        return not self.missing() and _holds(self._find() / "prior", checkpoints.WEIGHTS)

    def usual(self, checkpoint: str = "") -> Recipe:
        """Return the default settings of a model: from a draft if it makes drafts, of few steps if it was distilled."""
        if self.built_in:
            return DRAFTED if self.has_prior() else Recipe(model=BUILT_IN)
        if self.missing(checkpoint):
            return usual_of("")
        path = self._find(checkpoint)
        return replace(usual_of(describe(path).distilled), checkpoint=self.catalogue.name_of(path))

    def named(self, recipe: Recipe) -> Recipe:
        """The recipe with the name of the model that draws it. Raises ``CheckpointError``."""
        model = BUILT_IN if self.built_in else STABLE_DIFFUSION
        checkpoint = "" if self.built_in else recipe.checkpoint or self.catalogue.name_of(self._find())
        same = (recipe.model, recipe.checkpoint) == (model, checkpoint)
        return recipe if same else replace(recipe, model=model, checkpoint=checkpoint)

    def _find(self, checkpoint: str = "") -> Path:
        return built_in_folder(self.root) if self.built_in else self.catalogue.path_of(checkpoint)

    def warm(self) -> None:
        """Load the weights and draw once, so that no request waits for them."""
        for _ in self.draw(PromptRequest(replace(self.usual(), steps=2, prompt="a smiling woman")), previews=False):
            pass

    def parse(self, prompt: str) -> ParsedPrompt:
        """Parse a prompt with the captions' vocabulary; the spans are those of the cleaned prompt."""
        return read_prompt(prompt)

    def window(self, prompt: str) -> int | None:
        """Count the characters of a cleaned prompt that the text encoder reads; None if that is not known yet."""
        from core.pipelines.prompts.window import kept_characters

        if not self.built_in:
            return len(prompt)  # long prompts are read by parts
        return None if self.missing() else kept_characters(self.root / BUILT_IN, plain_words(prompt))

    def read_part(self, prompt: str) -> str:
        """The words of a cleaned prompt that the text encoder reads: nothing behind them is understood or achieved."""
        return whole_words(prompt, self.window(prompt))

    def best_needs(self) -> str | None:
        """Say how to get the CLIP that scores pictures; None if it is present."""
        return checkpoints.missing(self.root / "clip")

    def draw(
        self, request: PromptRequest, *, previews: bool = True, cancel: Cancel | None = None
    ) -> Iterator[Progress | PromptsResult]:
        """Yields :class:`Progress` after every step, then one :class:`PromptsResult`. Raises ``RecipeError``."""
        request, engine = self._fitted(request)
        recipe, notes = request.recipe, request.notes
        parsed = read_prompt(self.read_part(recipe.prompt))
        notes += vocabulary_note(parsed) if self.built_in else ()
        notes += _reading_notes(engine, recipe.prompt, recipe.negative_prompt) + engine.adapter_notes(recipe.styles)
        started = time.perf_counter()
        drawings: list[Drawing] = []
        cancelled = False
        for index in range(recipe.count):
            one = replace(request, recipe=single(recipe, index))
            drawn = engine.drawn(one)
            for step in drawn.steps():
                cancelled = cancel is not None and step.number < drawn.count and cancel()
                if cancelled:
                    break
                shown = drawn.preview(step) if previews and _shows_preview(step.number, drawn.count) else None
                yield Progress(step.number, drawn.count, tuple(drawing.image for drawing in drawings), shown)
            if cancelled and drawings:  # half a picture is worth keeping only when there is no other
                break
            drawings.append(drawn.finish(step.clean if cancelled else step.latents))
            if cancelled:
                break
        milliseconds = (time.perf_counter() - started) * 1000
        notes = (*notes, *([_STOPPED] if cancelled else []))
        yield PromptsResult(tuple(drawings), parsed, notes, milliseconds, cancelled)

    def inside(self, request: PromptRequest, *, cancel: Cancel | None = None) -> Iterator[Progress | Inside]:
        """Draw the first picture once more and keep its steps: :class:`Progress` after each, then one :class:`Inside`,
        or nothing where it is cancelled. Large models show their quick previews.
        """
        engine, drawn = self._first(request)
        of = drawn.request.recipe, engine.objective, engine.quick_picture, drawn.count
        yield from look_inside(drawn.steps(), *of, cancel)

    def trajectory(self, request: PromptRequest) -> Trajectory:
        """The latents of every step of a request's first picture. Raises ``RecipeError``, ``CheckpointError``."""
        engine, drawn = self._first(request)
        return follow_drawing(drawn.steps(), drawn.request.recipe, engine.picture, drawn.count, engine.codec_key)

    def _first(self, request: PromptRequest) -> tuple[TextEngine, DrawnPicture]:
        request, engine = self._fitted(request)
        return engine, engine.drawn(PromptRequest(single(request.recipe, 0)))

    def morph(
        self, request: PromptRequest, prompt: str, frames: int = 9, *, cancel: Cancel | None = None
    ) -> Iterator[Progress | MorphResult]:
        """Morph from the request's prompt to another in 2 to 60 frames; yields :class:`Progress` after every frame."""
        if not 2 <= frames <= 60:
            raise RecipeError("A morph has 2 to 60 frames.")
        request, engine = self._fitted(request)
        other, more = cleaned(prompt)
        other, tags = without_tags(other, "in the second prompt: the styles of the first are kept")
        more += tags + _reading_notes(engine, request.recipe.prompt, request.recipe.negative_prompt, other)
        request = replace(request, recipe=single(request.recipe, 0), maps=False, film=False)
        started = time.perf_counter()
        images: list[Image.Image] = []
        for index in range(frames):
            if cancel is not None and images and cancel():
                break
            drawn = engine.drawn(request, towards=(other, index / (frames - 1)))
            for step in drawn.steps():
                last = step
            images.append(drawn.finish(last.latents).image)
            yield Progress(index + 1, frames, tuple(images), images[-1])
        cancelled = len(images) < frames
        notes = (*request.notes, *more, *([_STOPPED] if cancelled else []))
        yield MorphResult(tuple(images), notes, (time.perf_counter() - started) * 1000, cancelled)

    def readback(self, image: Image.Image, prompt: str) -> Readback:
        """Compare a picture with its prompt, by the classifier and CLIP."""
        return self.reader.readback(image, cleaned(prompt)[0])

    @property
    def reader(self) -> PictureReader:
        with self._making:
            if self._reader is None:
                with LOADING:
                    from core.pipelines.prompts.readback import PictureReader

                self._reader = PictureReader(self.pool)
            return self._reader

    def _fitted(self, request: PromptRequest) -> tuple[PromptRequest, TextEngine]:
        """Adapt the request to the model that it names, and open that. Raises ``RecipeError``, ``CheckpointError``."""
        recipe, notes = apply_tags(self.named(request.recipe), self.library, BUILT_IN if self.built_in else "sd")
        if recipe.start == "prior" and not self.has_prior():
            raise RecipeError("This model has no draft to start from; start from noise.")
        engine = self.engine_for(recipe.checkpoint)
        solvers = engine.solvers()
        if recipe.solver not in solvers:
            raise RecipeError(f"This model cannot be drawn with {recipe.solver}; use {', '.join(solvers)}.")
        if recipe.solver == "lcm" and recipe.steps > MOST_LCM_STEPS:
            raise RecipeError(f"The lcm solver takes at most {MOST_LCM_STEPS} steps; 4 to 8 are usual.")
        return replace(request, recipe=recipe, notes=(*request.notes, *notes)), engine


def built_in_folder(root: Path) -> Path:
    """Return the folder of the built-in pipeline. Raises ``CheckpointError`` with the command that makes it."""
    if _holds(root / BUILT_IN, "model_index.json", f"unet/{checkpoints.WEIGHTS}"):
        return root / BUILT_IN
    how = checkpoints.COMMANDS[BUILT_IN]
    raise checkpoints.CheckpointError(f"The checkpoint 'text' is not in {root.name}/. Make it with: {how}")


def _reading_notes(engine: TextEngine, prompt: str, negative: str, other: str = "") -> tuple[str, ...]:
    """Describe what of the prompts is not read, and which signs in them have no effect."""
    named = ((prompt, ""), (negative, " of the negative prompt"), (other, " of the second prompt"))
    notes = [note for text, _ in named for note in read_weights(text).notes]
    notes += [note for text, of in named for note in engine.cut_note(text, of)]
    return tuple(dict.fromkeys(notes))


def _holds(folder: Path, *files: str) -> bool:
    return all((folder / file).is_file() for file in files)


def _shows_preview(step: int, steps: int) -> bool:
    """Choose about four steps per picture for previews; decoding every step would be slow."""
    return step < steps and step % max(1, round(steps / 5)) == 0
