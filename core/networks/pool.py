"""One pool of networks: each is loaded once per process and checkpoint root, and shared by all tabs.

Importing this module does not import torch; a network's libraries are imported with the first network.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from core import checkpoints
from core.checkpoints import CheckpointError
from core.latents import sources
from core.networks.fair_lock import FairLock
from core.networks.loading import LOADING

if TYPE_CHECKING:
    from core.latents.codecs import OpenCodec
    from core.networks.text_pipeline import TextNetworks

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

Stamps = dict[Path, tuple[int, int] | None]  # file -> time of its last change in nanoseconds and bytes; None: no file
FILES = {  # kind of network -> the files in its folder that it is made of
    "faces": ("config.json", "scheduler_config.json", checkpoints.WEIGHTS),
    "classifier": ("config.json", checkpoints.WEIGHTS),
    "classifier-gradients": ("config.json", checkpoints.WEIGHTS),
    "gan": ("config.json", checkpoints.WEIGHTS),
    "variations": ("config.json", "scheduler_config.json", checkpoints.WEIGHTS),
    "clip": ("config.json", "model.safetensors", "tokenizer.json"),
    "autoencoder": ("config.json", *sources.FILES),
    "text": ("model_index.json", *(f"{part}/*.safetensors" for part in ("unet", "vae", "text_encoder", "prior"))),
}


@dataclass(frozen=True)
class _Loaded:
    network: Any
    stamps: Stamps


class NetworkPool:
    """The networks of one checkpoint root. Safe to call from several threads.

    Networks run one at a time, since torch uses every core within a call: :meth:`run` holds :attr:`lock` for one call,
    and threads get it in the order of their requests. So a long job lets others run between its steps. Never
    call :meth:`get` while holding the lock: another thread may be loading, which takes seconds.
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root else checkpoints.root()
        self.lock = FairLock()
        self._loaded: dict[tuple[str, Path], _Loaded] = {}

    def missing(self, name: str) -> str | None:
        """Return a sentence with the command that makes a missing checkpoint, or None if it is present."""
        return checkpoints.missing(self.root / name)

    def get(self, name: str) -> Any:
        """Return ``classifier``, ``faces``, ``gan``, ``variations``, ``clip`` (with its tokenizer), ``text`` or
        ``autoencoder-{kl,vae,cae}``.

        Networks are in eval mode, on the CPU, in float32; a later call returns the same object. Raises
        ``CheckpointError`` for one that is missing, damaged or changed on disk since it was loaded.
        """
        if name in sources.BUILT_IN.values():
            return self.codec(name)
        return self._once(name, self.root / name)

    def usable(self, name: str) -> Any | None:
        """Return what :meth:`get` does, or None where it raises: for what a result can do without."""
        if self.missing(name):
            return None
        try:
            return self.get(name)
        except CheckpointError as error:
            log.warning("%s What needs it alone is left out.", error)
            return None

    def classifier(self, name: str) -> Any:
        """Return a classifier of any name. Raises ``CheckpointError`` as :meth:`get` does."""
        return self._once("classifier", self.root / name)

    def differentiable(self, name: str) -> Any:
        """Return a classifier whose layers have gradients, which those of :meth:`get` have not. Hold :attr:`lock` while
        calling it. Raises ``CheckpointError`` as :meth:`get` does.
        """
        return self._once("classifier-gradients", self.root / name)

    def codec(self, model: str | Path) -> OpenCodec:
        """Return an autoencoder by key (``kl``, ``sd`` ...), checkpoint name, folder or id in the Hugging Face cache.

        Raises ``CheckpointError`` as :meth:`get` does.
        """
        name = sources.BUILT_IN.get(str(model), str(model))
        built_in = name in sources.BUILT_IN.values()
        return self._once("autoencoder", self.root / name if built_in else sources.find(name, self.root))

    def text(self, path: Path, report: Callable[[str], None] | None = None) -> TextNetworks:
        """Return the networks of a text pipeline, a folder or a file; ``report`` is called with each part.

        Raises ``CheckpointError`` as :meth:`get` does.
        """
        return self._once("text", path, **({"report": report} if report else {}))

    def loaded_text(self, path: Path) -> bool:
        """Return whether a text pipeline is in memory."""
        return ("text", path.resolve()) in self._loaded

    def unload_text(self, path: Path) -> None:
        """Forget a text pipeline and its autoencoder; their memory is free once no drawing uses them."""
        with LOADING:
            self._loaded.pop(("text", path.resolve()), None)
            self._loaded.pop(("autoencoder", (path / "vae").resolve()), None)

    def keep_text(self, path: Path) -> None:
        """Forget all text pipelines but this one and the built-in one: one large model is kept at a time."""
        kept = path.resolve(), (self.root / "text").resolve()
        for other in [folder for kind, folder in list(self._loaded) if kind == "text" and folder not in kept]:
            self.unload_text(other)

    def check_text(self, path: Path) -> None:
        """Raise ``CheckpointError`` if a text pipeline in memory has changed on disk."""
        loaded = self._loaded.get(("text", path.resolve()))
        if loaded is not None:
            _check_unchanged(loaded, path)

    def run(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a network while no other network runs. The returned tensors are inference tensors."""
        import torch

        with self.lock, torch.inference_mode():
            return call(*args, **kwargs)

    def _once(self, kind: str, folder: Path, **options: Any) -> Any:
        key = kind, folder.resolve()
        found = self._loaded.get(key)
        if found is None:
            with LOADING:  # one at a time: the libraries patch torch while they build a network
                found = self._loaded.get(key) or self._load(kind, folder, **options)
                self._loaded[key] = found
        _check_unchanged(found, folder)
        return found.network

    def _load(self, kind: str, folder: Path, **options: Any) -> _Loaded:
        from core.networks import loaders

        files = [folder] if folder.is_file() else [f for pattern in FILES[kind] for f in folder.glob(pattern)]
        stamps = _stamped(files)
        network = loaders.LOADERS[kind](folder, self.root, self.codec, **options)
        if _stamped(stamps) != stamps:
            raise CheckpointError(f"The checkpoint {folder.name!r} changed while it was being read; try again.")
        return _Loaded(network, stamps)


def _check_unchanged(loaded: _Loaded, folder: Path) -> None:
    if _stamped(loaded.stamps) != loaded.stamps:
        raise CheckpointError(
            f"The checkpoint {folder.name!r} has changed on disk since it was loaded; restart the app to use it."
        )


def _stamped(files: Iterable[Path]) -> Stamps:
    result: Stamps = {}
    for file in files:
        try:
            stat = file.stat()
            result[file] = stat.st_mtime_ns, stat.st_size
        except OSError:
            result[file] = None
    return result


_POOLS: WeakValueDictionary[Path, NetworkPool] = WeakValueDictionary()
_GUARD = threading.Lock()


def pool_of(root: str | Path | None = None) -> NetworkPool:
    """Return the pool of a checkpoint root: one per process, for as long as it is used."""
    path = (Path(root) if root else checkpoints.root()).absolute()
    with _GUARD:
        pool = _POOLS.get(path.resolve())
        if pool is None:
            pool = _POOLS[path.resolve()] = NetworkPool(path)
        return pool
