"""Autoencoders by name or folder: the built-in one, any checkpoint folder, and Stable Diffusion's on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from diffusers import AutoencoderKL

from core import checkpoints
from core.models import LatentCodec

NAMES = {"kl": "autoencoder-kl"}  # short names of built-in autoencoders -> checkpoint folder
LARGEST = 256  # pixels along a side that a model made for larger pictures is given
FILES = (checkpoints.WEIGHTS, "diffusion_pytorch_model.fp16.safetensors")


@dataclass(frozen=True)
class OpenCodec:
    """An autoencoder ready to encode, the fingerprint of its weights, and the side of pictures it expects."""

    codec: LatentCodec
    fingerprint: str
    size: int


def codec_folder(model: str | Path, root: Path) -> Path:
    """``kl``, a checkpoint's name or a folder (also one with a ``vae`` folder inside) -> the autoencoder's folder.

    Raises ``CheckpointError`` with what could have been asked for.
    """
    name = NAMES.get(str(model), str(model))
    if name in NAMES.values():
        return root / name
    for folder in (Path(model) / "vae", Path(model)):
        if (folder / "config.json").is_file():
            return folder
    raise checkpoints.CheckpointError(
        f"There is no autoencoder {name[:80]!r}. Name one of {', '.join(NAMES)}, or a folder with config.json and "
        "safetensors, such as a Stable Diffusion folder."
    )


def open_codec(model: str | Path, root: Path) -> OpenCodec:
    """Load an autoencoder from this machine; nothing is fetched. Raises ``CheckpointError``."""
    folder = codec_folder(model, root)
    if folder.parent == root:
        autoencoder = checkpoints.load_model(folder)
        if not isinstance(autoencoder, AutoencoderKL):
            raise checkpoints.CheckpointError(f"{folder.name} is a {type(autoencoder).__name__}, not an autoencoder.")
        mark = checkpoints.fingerprint(folder)
    else:
        autoencoder, mark = _foreign(folder)
    size = autoencoder.config.sample_size
    side = min(size if isinstance(size, int) else max(size), LARGEST)
    return OpenCodec(LatentCodec(autoencoder), mark, side)


def _foreign(folder: Path) -> tuple[AutoencoderKL, str]:
    """A folder that others wrote: diffusers renames the weights of older versions; none may lack, none be left over."""
    weights = next((folder / file for file in FILES if (folder / file).is_file()), None)
    if weights is None:
        raise checkpoints.CheckpointError(f"{folder} holds no {FILES[0]}; other weight formats are not opened.")
    found = checkpoints.read_json(folder / "config.json")
    if found.get("_class_name") != "AutoencoderKL":
        raise checkpoints.CheckpointError(
            f"{folder} holds a {str(found.get('_class_name'))[:40]}, not an AutoencoderKL."
        )
    try:
        autoencoder, report = AutoencoderKL.from_pretrained(
            folder,
            variant="fp16" if "fp16" in weights.name else None,
            local_files_only=True,
            use_safetensors=True,
            low_cpu_mem_usage=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise checkpoints.CheckpointError(f"{folder} cannot be opened ({str(error)[:200]}).") from error
    differing = [*report["missing_keys"], *report["unexpected_keys"]]
    if differing:
        raise checkpoints.CheckpointError(
            f"{folder}: the weights do not fit config.json; they differ in {differing[0]}."
        )
    with open(weights, "rb") as file:
        mark = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    return autoencoder.float().eval().requires_grad_(False), mark
