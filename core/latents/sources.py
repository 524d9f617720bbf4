"""Finds each autoencoder on this machine and reads its metadata. Loads no network and downloads nothing."""

from __future__ import annotations

import functools
import json
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import checkpoints
from core.checkpoints import CheckpointError
from core.stable_diffusion.autoencoders import KL, TINY, lying_here, shapes_of
from core.stable_diffusion.locate import cleaned_path

BUILT_IN = {"cae": "autoencoder-cae", "vae": "autoencoder-vae", "kl": "autoencoder-kl"}  # key -> checkpoint folder
TITLES = {"cae": "Convolutional autoencoder", "vae": "Variational autoencoder", "kl": "KL autoencoder"}
FILES = (checkpoints.WEIGHTS, "diffusion_pytorch_model.fp16.safetensors")
CLASSES = ("AutoencoderKL", "AutoencoderTiny", "FlatAutoencoder")
LARGEST = 256  # pixels along a side: models for larger pictures get this size
MOST_HEADER = 16 * 2**20  # bytes
_MODEL_ID = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}")


@dataclass(frozen=True)
class Hosted:
    """An autoencoder from the Hub: where the environment's ``variable`` says, at one of ``places`` (model id,
    subfolder) in the Hugging Face cache, or in ``LATENTSCAPE_MODELS``. A download fetches the first place."""

    title: str
    variable: str
    places: tuple[tuple[str, str], ...]
    bytes: int  # of that download
    latent_shape: tuple[int, int, int]  # of a picture of 256 px
    parameters: int
    kind: str = KL  # its class

    @property
    def offer(self) -> str:
        return f"{self.bytes / 1e6:.1f} MB from the Hugging Face Hub"


HOSTED = {
    "sd": Hosted(
        "Stable Diffusion VAE",
        "LATENTSCAPE_SD",
        (("stabilityai/sd-vae-ft-mse", ""), ("stable-diffusion-v1-5/stable-diffusion-v1-5", "vae")),
        334_643_823,
        (4, 32, 32),
        83_653_863,
    ),
    "taesd": Hosted(
        "TAESD", "LATENTSCAPE_TAESD", (("madebyollin/taesd", ""),), 9_793_806, (4, 32, 32), 2_445_063, TINY
    ),
}
KEYS = (*BUILT_IN, *HOSTED)


@dataclass(frozen=True)
class Metadata:
    """What config.json and the header of the weights contain."""

    kind: str  # name of the class
    size: int  # pixels along a side that it is given
    latent_shape: tuple[int, ...]  # of one picture of ``size``
    parameters: int
    variational: bool = False  # a flat code whose prior is N(0, 1)

    @property
    def flat(self) -> bool:
        return len(self.latent_shape) == 1


def find(model: str | Path, root: Path) -> Path:
    """Return the weights' folder or file of a key, a model id in the Hugging Face cache, or a folder (also one with
    ``vae``).

    Raises ``CheckpointError`` with the names that can be requested.
    """
    name = str(model)
    if name in BUILT_IN or name in BUILT_IN.values():
        folder = root / BUILT_IN.get(name, name)
        problem = checkpoints.missing(folder)
        if problem:
            raise CheckpointError(problem)
        return folder
    if name in HOSTED:
        return _hosted(name)
    name = cleaned_path(name)
    found = _in_folder(Path(name)) or (cached(name) if _MODEL_ID.fullmatch(name) else None)
    if found:
        return found
    raise CheckpointError(
        f"There is no autoencoder {name[:80]!r}. Name one of {', '.join(KEYS)}, or a folder with config.json and "
        "safetensors, such as a Stable Diffusion folder."
    )


def _hosted(key: str) -> Path:
    model = HOSTED[key]
    named = cleaned_path(os.environ.get(model.variable, ""))
    if named and Path(named).is_file():
        shapes_of(Path(named))
        return Path(named)
    if named:
        found = _in_folder(Path(named)) or (cached(named) if _MODEL_ID.fullmatch(named) else None)
        if found:
            return found
        raise CheckpointError(f"{model.variable} is set to {named[:120]}, but no autoencoder lies there.")
    for repository, subfolder in model.places:
        if found := cached(repository, (subfolder,)):
            return found
    for found in lying_here(model.kind):
        return found
    raise CheckpointError(
        f"The weights of {model.title} are not on this machine. Download them ({model.offer}), put them into models/, "
        f"or set {model.variable} to a folder or a file that holds them."
    )


def _in_folder(folder: Path) -> Path | None:
    return next((one for one in (folder / "vae", folder) if (one / "config.json").is_file()), None)


def cached(repository: str, subfolders: tuple[str, ...] = ("vae", "")) -> Path | None:
    """Return the folder in the Hugging Face cache that holds config.json and safetensors of a model, or None."""
    from huggingface_hub import try_to_load_from_cache

    for subfolder in subfolders:
        inside = f"{subfolder}/" if subfolder else ""
        config = try_to_load_from_cache(repository, f"{inside}config.json")
        weights = [try_to_load_from_cache(repository, inside + file) for file in FILES]
        if isinstance(config, str) and any(isinstance(file, str) for file in weights):
            return Path(config).parent
    return None


def weights_file(folder: Path) -> Path:
    """Return the weights file of a folder. Raises ``CheckpointError`` if there is no safetensors file."""
    if folder.is_file():
        return folder
    found = next((folder / file for file in FILES if (folder / file).is_file()), None)
    if found is None:
        raise CheckpointError(f"{folder} holds no {FILES[0]}; other weight formats are not opened.")
    return found


def metadata(folder: Path) -> Metadata:
    """Read a folder's config.json and the header of its weights, or that of a single file; no tensors.

    Raises ``CheckpointError``.
    """
    if folder.is_file():
        return _of_file(folder)
    config = checkpoints.read_json(folder / "config.json")
    kind = config.get("_class_name") if isinstance(config, dict) else None
    if kind not in CLASSES:
        raise CheckpointError(f"{folder} holds a {str(kind)[:40]}, not an {', '.join(CLASSES[:-1])} or {CLASSES[-1]}.")
    weights = weights_file(folder)
    parameters = _parameters(weights, weights.stat().st_mtime_ns)
    try:
        if kind == "FlatAutoencoder":
            shape = (int(config["code_dim"]),)
            return Metadata(kind, int(config["sample_size"]), shape, parameters, bool(config["variational"]))
        size = config.get("sample_size", 32 if kind == "AutoencoderKL" else LARGEST)  # diffusers' own defaults
        size = min(int(size if isinstance(size, int) else max(size)), LARGEST)
        widths = "block_out_channels" if kind == "AutoencoderKL" else "encoder_block_out_channels"
        inner = size // 2 ** (len(config.get(widths, (64,) if kind == "AutoencoderKL" else (64,) * 4)) - 1)
        return Metadata(kind, size, (int(config.get("latent_channels", 4)), inner, inner), parameters)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder.name}: config.json does not describe a model ({error}).") from error


def _of_file(file: Path) -> Metadata:
    kind, _, shapes = shapes_of(file)
    parameters = int(sum(np.prod(shape, dtype=np.int64) for shape in shapes.values()))
    levels = sum(f"encoder.down.{level}.block.0.conv1.weight" in shapes for level in range(8)) if kind == KL else 4
    inner = LARGEST // 2 ** (levels - 1)
    channels = shapes.get("decoder.conv_in.weight", (0, 4))[1]
    return Metadata(kind, LARGEST, (int(channels), inner, inner), parameters)


@functools.lru_cache(maxsize=64)
def _parameters(weights: Path, changed: int) -> int:
    """Count the numbers in a safetensors file from its header. ``changed``, its time, is part of the cache's key."""
    try:
        with open(weights, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > MOST_HEADER:
                raise ValueError("its header is too long")
            header = json.loads(file.read(length))
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return int(sum(np.prod(shape, dtype=np.int64) for shape in shapes))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise CheckpointError(f"{weights.parent} cannot be opened: the weights file is damaged ({error}).") from error


def percentiles(folder: Path, fingerprint: str) -> list[np.ndarray]:
    """PSNR at the percentiles 0 to 100 of the test pictures, one array (101,) per set; empty where not measured.

    Figures that were measured with other weights are ignored.
    """
    try:
        metrics = checkpoints.read_json(folder / "metrics.json")
        tables = [np.asarray(table, dtype=float) for table in metrics["psnr_percentiles"].values()]
    except (CheckpointError, KeyError, TypeError, ValueError, AttributeError):
        return []
    known = metrics.get("weights", fingerprint) == fingerprint
    return [table for table in tables if known and table.shape == (101,)]


def percentile(decibels: float, tables: list[np.ndarray]) -> float | None:
    """Return the share of test pictures, 0 to 100, with a lower PSNR; every set weighs the same.

    The kind of the picture is unknown, so it is compared with all sets.
    """
    if not tables:
        return None
    return float(np.mean([np.interp(decibels, table, np.arange(101.0)) for table in tables]))
