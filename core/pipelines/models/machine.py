"""Stable Diffusion on this machine: which models lie here, and which of them is loaded."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints import CheckpointError
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.stable_diffusion.describe import LCM, TURBO, ModelInfo, describe
from core.stable_diffusion.locate import found, locate

SPACE = "SPACE_ID"  # set on a Space, where visitors are strangers
PARTS = ("text encoder", "denoiser", "autoencoder")  # in the order in which they are read
_DISTILLED = {TURBO: "Turbo: 1 to 4 steps without guidance", LCM: "latent consistency: 4 to 8 steps"}


@dataclass(frozen=True)
class MachineModel:
    """One model that lies here. ``key`` chooses it; ``problem`` says why it cannot be drawn with."""

    key: str
    title: str
    info: ModelInfo
    loaded: bool = False

    @property
    def problem(self) -> str:
        return self.info.problem

    @property
    def detail(self) -> str:
        """Size, precision and memory in one line."""
        info = self.info
        if info.problem:
            return info.problem
        size = f"{info.bytes / 1e9:.1f} GB on disk" if info.bytes >= 1e8 else f"{info.bytes / 1e6:.1f} MB on disk"
        parts = [info.kind, size, info.precision, f"needs about {info.memory / 1e9:.1f} GB of memory"]
        return ", ".join(part for part in (*parts, _DISTILLED.get(info.distilled, "")) if part)


@dataclass(frozen=True)
class Loading:
    """A part is being read: the ``number``-th of ``count``."""

    part: str
    number: int
    count: int = len(PARTS)


class MachineModels:
    """Chooses the model that ``stable_diffusion`` draws with. One is in memory at a time, for everybody on this server.

    Safe to call from several threads.
    """

    def __init__(self, stable_diffusion: PromptsPipeline) -> None:
        self.pipeline = stable_diffusion
        self._loading = threading.Lock()

    def listed(self) -> tuple[MachineModel, ...]:
        """List what lies here, and the one that was typed and is loaded."""
        chosen = self._chosen()
        models = [self._model(title, path, chosen) for title, path in found()]
        if chosen is not None and all(Path(model.key) != chosen for model in models):
            models.append(self._model(chosen.name, chosen, chosen))
        return tuple(models)

    def typed(self, text: str) -> MachineModel:
        """Describe what was typed: a path or an id. Raises ``CheckpointError``."""
        if not text.strip():
            raise CheckpointError("Type the path of a folder or file, or the id of a model in the Hugging Face cache.")
        path = locate(text)
        if os.environ.get(SPACE) and all(path != lying for _, lying in found()):
            raise CheckpointError("Visitors of a Space load only the models that its owner has put there.")
        return self._model(path.name, path, self._chosen())

    def load(self, key: str) -> Iterator[Loading | MachineModel]:
        """Load a model instead of the present one; yields :class:`Loading` of each part. Raises ``CheckpointError``."""
        model = self.typed(key)
        if model.problem:
            raise CheckpointError(model.problem)
        if not self._loading.acquire(blocking=False):
            raise CheckpointError("Another model is being loaded; wait until it is there.")
        try:
            self.unload()
            self.pipeline.choose(str(model.info.path))
            yield from _progress(self.pipeline)
        finally:
            self._loading.release()
        yield MachineModel(model.key, model.title, model.info, loaded=True)

    def unload(self) -> None:
        """Free the memory of the loaded model. It stays chosen, and is loaded again when somebody draws with it."""
        self.pipeline.unload()

    def _chosen(self) -> Path | None:
        return self.pipeline.loaded_path()

    def _model(self, title: str, path: Path, chosen: Path | None) -> MachineModel:
        return MachineModel(str(path), title, describe(path), loaded=chosen is not None and path == chosen)


def _progress(pipeline: PromptsPipeline) -> Iterator[Loading]:
    """Load in a thread and yield what it reads. Raises what it raises."""
    told: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            pipeline.engine.load(told.put)
            told.put(None)
        except Exception as error:
            told.put(error)

    threading.Thread(target=work, name="load-model", daemon=True).start()
    while (said := told.get()) is not None:
        if isinstance(said, BaseException):
            raise said
        yield Loading(said, PARTS.index(said) + 1)
