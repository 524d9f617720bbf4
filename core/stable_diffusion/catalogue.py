"""The Stable Diffusion models of a machine by the names that recipes give them. Paths stay on the machine."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from core.checkpoints import CheckpointError
from core.stable_diffusion.describe import describe
from core.stable_diffusion.locate import VARIABLE, found, locate

USUAL = "sd"


class Catalogue:
    """Names of models and where they lie; ``usual`` is drawn with where a recipe names none.

    Safe for several threads.
    """

    def __init__(self, usual: str = USUAL) -> None:
        self.usual = usual
        self._typed: dict[str, Path] = {}
        self._lock = threading.Lock()

    def listed(self) -> dict[str, Path]:
        """Return name -> folder or file of what was found, and of what the owner typed."""
        with self._lock:
            typed = dict(self._typed)
        return {**typed, **dict(found())}

    def usable(self) -> list[str]:
        """Return the names of those that can be drawn with."""
        return [name for name, path in self.listed().items() if not describe(path).problem]

    def path_of(self, name: str = "") -> Path:
        """Return where a model lies, the usual one for "". Raises ``CheckpointError``, for all absent names alike."""
        if not name:
            return self._usual_path()
        listed = self.listed()
        if name in listed:
            return listed[name]
        if self.usual != USUAL and name == (usual := self._usual_path()).name:
            return usual
        raise CheckpointError(
            f"The model {name[:80]!r} is not on this machine. Put it into models/ under this name, or choose another "
            "one in the Models tab."
        )

    def name_of(self, path: Path) -> str:
        """Return what recipes call the model at ``path``."""
        real = path.resolve()
        return next((name for name, other in self.listed().items() if other.resolve() == real), path.name)

    def add(self, path: Path) -> str:
        """Name a model that the owner of the machine typed; a name that is taken gets its folder's before it."""
        name = self.name_of(path)
        listed = self.listed()
        while name in listed and listed[name].resolve() != path.resolve():
            name = f"{path.parent.name}/{name}"
        with self._lock:
            self._typed[name] = path
        return name

    def _usual_path(self) -> Path:
        try:
            return locate(self.usual)
        except CheckpointError:
            names = self.usable() if self.usual == USUAL and not os.environ.get(VARIABLE) else []
            if not names:
                raise
            raise CheckpointError(
                f"Several models of Stable Diffusion are on this machine; choose one of them: {', '.join(names)[:200]}."
            ) from None
