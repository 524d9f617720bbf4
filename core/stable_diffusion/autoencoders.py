"""Autoencoders of others in single files and folders: which of the files on a machine hold one, and of what form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.checkpoints import CheckpointError, read_json
from core.safetensors_header import read_header
from core.stable_diffusion.describe import VAE
from core.stable_diffusion.locate import is_pipeline, lying

KL, TINY = "AutoencoderKL", "AutoencoderTiny"
PARTS = ("encoder.", "decoder.", "quant_conv.", "post_quant_conv.")
_FIRST = "encoder.down.0.block.0.conv1.weight"
_FIRST_TINY = "encoder.layers.0.weight"

Shapes = dict[str, tuple[int, ...]]


def shapes_of(file: Path) -> tuple[str, str, Shapes]:
    """Return the class of a file's autoencoder, the prefix of its tensors, and their shapes without it.

    Raises ``CheckpointError`` where the file holds none.
    """
    shapes = read_header(file).shapes
    for kind, prefix, sign in ((KL, "", _FIRST), (KL, VAE, _FIRST), (TINY, "", _FIRST_TINY)):
        if prefix + sign in shapes:
            own = {name.removeprefix(prefix): shape for name, shape in shapes.items() if name.startswith(prefix)}
            return kind, prefix, {name: shape for name, shape in own.items() if name.startswith(PARTS)}
    raise CheckpointError(f"{file.name} holds no autoencoder.")


def lying_here(kind: str) -> Iterator[Path]:
    """Yield the autoencoders of a class in ``LATENTSCAPE_MODELS``: those by themselves, then those of whole models."""
    whole = []
    for path in lying():
        if is_pipeline(path):
            whole.append(path / "vae")
        elif path.is_file() and (path.parent / "config.json").is_file():
            whole.append(path.parent)
        elif path.is_file() and (prefix := _prefix(path, kind)) is not None:
            if not prefix:
                yield path
            else:
                whole.append(path)
    yield from (path for path in dict.fromkeys(whole) if path.is_file() or _kind_of(path) == kind)


def _prefix(file: Path, kind: str) -> str | None:
    try:
        found, prefix, _ = shapes_of(file)
    except (CheckpointError, OSError):
        return None
    return prefix if found == kind else None


def _kind_of(folder: Path) -> str:
    try:
        return str(read_json(folder / "config.json").get("_class_name"))
    except (CheckpointError, AttributeError):
        return ""
