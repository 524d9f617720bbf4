"""Stable Diffusion on this machine: which models lie here, and which of them is in memory."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints import CheckpointError
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.stable_diffusion.describe import LCM, TURBO, ModelInfo, describe
from core.stable_diffusion.locate import cleaned_path, locate

PARTS = ("text encoder", "denoiser", "autoencoder")  # in the order in which they are read
_DISTILLED = {TURBO: "Turbo: 1 to 4 steps without guidance", LCM: "latent consistency: 4 to 8 steps"}


@dataclass(frozen=True)
class MachineModel:
    """One model that lies here. ``name`` is what recipes call it; ``problem`` says why it cannot be drawn with."""

    name: str
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
    """Lists, loads and unloads models. One is in memory at a time, for everybody on this server; what somebody draws
    with is in their recipes, and is loaded again when it is needed. Safe to call from several threads.
    """

    def __init__(self, stable_diffusion: PromptsPipeline) -> None:
        self.pipeline = stable_diffusion
        self._loading = threading.Lock()

    def listed(self) -> tuple[MachineModel, ...]:
        """List what lies here."""
        return tuple(self._model(name, path) for name, path in self.pipeline.catalogue.listed().items())

    def named(self, text: str, *, owner: bool = False) -> MachineModel:
        """Describe a listed model, or what the machine's owner typed: a path or an id. Raises ``CheckpointError``.

        Others learn nothing of files that are not listed: whatever they type of those, there is nothing of that name.
        """
        name = cleaned_path(text)
        if not name:
            raise CheckpointError("Type the path of a folder or file, or the id of a model in the Hugging Face cache.")
        catalogue = self.pipeline.catalogue
        if owner and name not in catalogue.listed():
            path = locate(name)
            return self._model(catalogue.add(path), path)
        return self._model(name, catalogue.path_of(name))

    def load(self, name: str) -> Iterator[Loading | MachineModel]:
        """Load a listed model instead of the present one; yields :class:`Loading` of each part.

        Raises ``CheckpointError``.
        """
        model = self.named(name)
        if model.problem:
            raise CheckpointError(model.problem)
        if not self._loading.acquire(blocking=False):
            raise CheckpointError("Another model is being loaded; wait until it is there.")
        try:
            yield from _progress(self.pipeline, model.name)
        finally:
            self._loading.release()
        yield MachineModel(model.name, model.info, loaded=True)

    def unload(self) -> None:
        """Free the memory of the loaded model. It is loaded again when somebody draws with it."""
        self.pipeline.unload()

    def _model(self, name: str, path: Path) -> MachineModel:
        return MachineModel(name, describe(path), loaded=path == self.pipeline.loaded_path())


def _progress(pipeline: PromptsPipeline, name: str) -> Iterator[Loading]:
    """Load in a thread and yield what it reads. Raises what it raises."""
    reports: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            pipeline.engine_for(name).load(reports.put)
            reports.put(None)
        except Exception as error:
            reports.put(error)

    threading.Thread(target=work, name="load-model", daemon=True).start()
    while (said := reports.get()) is not None:
        if isinstance(said, BaseException):
            raise said
        yield Loading(said, PARTS.index(said) + 1)
