"""Reconstructs pictures with an autoencoder, measures the loss, and edits, samples and interpolates latents."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.checkpoints import CheckpointError
from core.images import PictureError, to_pixels
from core.latents import sources
from core.latents.surgery import between, check, operate
from core.networks.loading import LOADING
from core.networks.pool import NetworkPool, pool_of
from core.photos.squares import FaceAligner
from core.pipelines.progress import Cancel
from core.pipelines.reconstruction.latent_view import view
from core.pipelines.reconstruction.types import (
    Advance,
    Cell,
    GridRequest,
    LatentView,
    ModelInfo,
    Reconstruction,
    ReconstructionRequest,
    SurgeryRequest,
)
from core.recipe import RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from core.latents.codecs import OpenCodec
    from core.pipelines.reconstruction.engine import Change, CodecEngine

MOST_STRIP = 64  # pictures of one sample, interpolation or traversal
WHOLE_PIXELS = 24_000_000  # of a photo that is reconstructed in its own size
LEAST_SIDE = 16
OWN_SIDE = 128  # pixels; larger models are foreign ones, which take seconds a picture

Before = tuple[np.ndarray, np.ndarray | None]  # a picture's pixels (S, S, 3) and its embedding (D,)


class ReconstructionPipeline:
    """Loads lazily from ``checkpoints``, ``LATENTSCAPE_SD``, ``LATENTSCAPE_TAESD`` and the Hugging Face cache.

    Safe to call from several threads. Requests name models by key. With ``folders``, they may also name folders and
    model ids of this machine; that is for commands and notebooks, not for a public page.
    """

    def __init__(
        self, root: str | Path | None = None, pool: NetworkPool | None = None, *, folders: bool = False
    ) -> None:
        self.pool = pool or pool_of(root)
        self.root = self.pool.root
        self.folders = folders
        self._engine: CodecEngine | None = None
        self._making = threading.Lock()

    @property
    def engine(self) -> CodecEngine:
        """The engine that runs the networks of the pool; made once per pipeline, when it is first needed."""
        with self._making:
            if self._engine is None:
                with LOADING:  # with torch: not before somebody needs it
                    from core.pipelines.reconstruction.engine import CodecEngine

                self._engine = CodecEngine(self.pool)
            return self._engine

    def models(self) -> list[ModelInfo]:
        """List all models by key, present or not. Reads headers only: takes milliseconds."""
        return [self.model(key) for key in sources.KEYS]

    def model(self, key: str) -> ModelInfo:
        """Describe one model. Raises ``RecipeError`` for a name that is no key, unless ``folders`` is set."""
        self._allowed(key)
        hosted = sources.HOSTED.get(key)
        title = hosted.title if hosted else sources.TITLES.get(key, Path(key).name)
        try:
            metadata = sources.metadata(sources.find(key, self.root))
        except CheckpointError as error:
            if hosted is None:
                return ModelInfo(key, title, False, str(error))
            place = (sources.LARGEST, hosted.latent_shape, hosted.parameters)
            return ModelInfo(key, title, False, str(error), hosted.offer, *place)
        shape = (metadata.size, metadata.latent_shape, metadata.parameters, metadata.flat, metadata.variational)
        return ModelInfo(key, title, True, "", "", *shape)

    def missing(self, model: str) -> str | None:
        """Say how to get a missing autoencoder; None if one is present."""
        return self.model(model).problem or None

    def aligner(self) -> FaceAligner:
        """What brings the faces of photos into the frame of the built-in autoencoders. Raises ``CheckpointError``."""
        return FaceAligner.for_model(self.root / "autoencoder-kl", self.model("kl").size)

    def warm(self) -> None:
        """Load the built-in models that are present, so that no request waits for them."""
        for key in sources.BUILT_IN:
            if not self.missing(key):
                self.engine.codec(key)
        self.engine.embed(Image.new("RGB", (64, 64)))

    def reconstruct(self, request: ReconstructionRequest) -> Reconstruction:
        """Reconstruct a picture.

        Raises ``CheckpointError`` if the model cannot be loaded, ``RecipeError`` if it cannot do this.
        """
        if request.whole:
            *_, result = self.whole(request)
            return result
        return self._reconstruct(request.picture, request.model, {})

    def whole(
        self, request: ReconstructionRequest, *, cancel: Cancel | None = None
    ) -> Iterator[Advance | Reconstruction]:
        """Reconstruct a picture in its own size: an :class:`Advance` per tile, then a :class:`Reconstruction`.

        When cancelled, it ends without a result. ``core.latents.tiles`` says how far tiles differ from one piece.
        """
        codec = self._codec(request.model)
        _fits_whole(request.picture, flat=codec.flat)
        for step in self.engine.whole(codec, np.array(request.picture.convert("RGB"))):
            yield step
            if cancel and cancel():
                return

    def grid(self, request: GridRequest) -> Iterator[Cell]:
        """Yield cells as they are finished, row by row, large models after all small ones. Close the iterator to stop.

        Each cell equals the result of :meth:`reconstruct`. A model that fails affects its own cells only.
        """
        total = len(request.pictures) * len(request.models)
        columns = list(enumerate(request.models))
        slow = [self._slow(model) for model in request.models]
        done = 0
        for part in (False, True):
            for row, (_, picture) in enumerate(request.pictures):
                seen: dict[int, Before] = {}
                for column, model in columns:
                    if slow[column] == part:
                        done += 1
                        yield self._cell(Cell(row, column, done, total), picture, model, seen)

    def latent(self, request: ReconstructionRequest) -> LatentView:
        """Show the latents of the centre square."""
        self._codec(request.model)
        return view(self.engine.encode(request.model, request.picture)[0].float().numpy())

    def operate(self, request: SurgeryRequest) -> Reconstruction:
        """Edit latents: ``before`` is the input, ``latents`` and ``after`` are the results of the operations."""
        codec = self._codec(request.model)
        check(request.surgery, codec.latent_shape[0], other=request.other is not None)
        other = None
        if request.other is not None and request.surgery.swap:
            other = self.engine.encode(request.model, request.other)
        return self._reconstruct(request.picture, request.model, {}, lambda z: operate(z, request.surgery, other))

    def sample(self, model: str, seed: int, count: int = 1) -> list[Image.Image]:
        """Decode samples of N(0, 1); number i has seed + i. Only models with ``ModelInfo.prior`` give pictures."""
        self._codec(model)
        seeds = range(seed, seed + _count(count, 1))
        return [self.engine.picture(model, self.engine.noise(model, one % 2**63)) for one in seeds]

    def interpolate(
        self, model: str, first: Image.Image, second: Image.Image, steps: int = 8, *, spherical: bool = False
    ) -> list[Image.Image]:
        """Interpolate between two pictures' latents, both ends included: along a line, or an arc for flat codes."""
        if spherical and not self._codec(model).flat:
            raise RecipeError("Latents with places are interpolated in straight lines; only flat codes along an arc.")
        shares = np.linspace(0, 1, _count(steps, 2))
        start, end = (self._encoded(model, picture) for picture in (first, second))
        return [self.engine.picture(model, between(start, end, float(x), spherical=spherical)) for x in shares]

    def traverse(
        self, model: str, picture: Image.Image | None, dimension: int, values: Sequence[float]
    ) -> list[Image.Image]:
        """Vary one dimension of the code (of a grid: the mean of one channel) over ``values``, in standard deviations.

        The other dimensions are those of ``picture``, or zero (the mean over the data) without one.
        """
        codec = self._codec(model)
        if not 0 <= dimension < codec.latent_shape[0]:
            raise RecipeError(f"There is no dimension {dimension}; this model has 0 to {codec.latent_shape[0] - 1}.")
        _count(len(values), 1)
        z = 0 * self.engine.noise(model, 0) if picture is None else self._encoded(model, picture)
        moved = []
        for value in values:
            one = z.clone()
            one[:, dimension] += float(value) - one[:, dimension].mean()
            moved.append(self.engine.picture(model, one))
        return moved

    # --- in between ---------------------------------------------------------------------------------------------------

    def _allowed(self, model: str) -> None:
        if model not in sources.KEYS and not self.folders:
            raise RecipeError(f"There is no model {model[:60]!r}; choose one of {', '.join(sources.KEYS)}.")

    def _codec(self, model: str) -> OpenCodec:
        self._allowed(model)
        return self.engine.codec(model)

    def _encoded(self, model: str, picture: Image.Image) -> Tensor:
        self._codec(model)
        return self.engine.encode(model, picture)

    def _slow(self, model: str) -> bool:
        try:
            info = self.model(model)
        except RecipeError:
            return False
        return info.present and info.size > OWN_SIDE

    def _cell(self, cell: Cell, picture: Image.Image, model: str, seen: dict[int, Before]) -> Cell:
        try:
            result, problem = self._reconstruct(picture, model, seen), ""
        except (CheckpointError, PictureError, RecipeError) as error:
            result, problem = None, str(error)
        return Cell(cell.row, cell.column, cell.done, cell.total, result, problem)

    def _reconstruct(
        self, picture: Image.Image, model: str, seen: dict[int, Before], change: Change | None = None
    ) -> Reconstruction:
        """``seen`` caches pixels and embedding by size, so that a row of models embeds the picture once."""
        codec, engine = self._codec(model), self.engine
        if codec.size not in seen:
            pixels = to_pixels(picture, codec.size)
            seen[codec.size] = pixels, engine.embed(Image.fromarray(pixels))
        result = engine.through(codec, *seen[codec.size], change)
        return replace(result, percentile=engine.percentile(model, result.psnr))


def _fits_whole(picture: Image.Image, *, flat: bool) -> None:
    width, height = picture.size
    if flat:
        raise RecipeError("This model makes one code of a square picture; choose one with a grid of latents.")
    if width * height > WHOLE_PIXELS:
        raise RecipeError(
            f"This photo has {width * height / 1e6:.0f} megapixels; at most {WHOLE_PIXELS // 10**6} can be sent "
            "through whole. Make it smaller, or use its centre square."
        )
    if min(width, height) < LEAST_SIDE:
        raise RecipeError(f"A photo needs {LEAST_SIDE} pixels or more along each side to be sent through whole.")


def _count(count: int, least: int) -> int:
    if not least <= count <= MOST_STRIP:
        raise RecipeError(f"Ask for {least} to {MOST_STRIP} pictures at once.")
    return count
