"""Checkpoint folders: where they are, how one is written, how one is loaded strictly or refused with a sentence.

A folder ``checkpoints/NAME`` holds safetensors (fp16), ``config.json``, ``metrics.json``, ``training.json``,
``samples.webp`` and ``README.md``; it alone rebuilds its model. Training and pipelines meet here and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # torch is imported where it is used, so that the page answers before it is loaded
    from torch import Tensor, nn

WEIGHTS = "diffusion_pytorch_model.safetensors"
ADAPTER = "pytorch_lora_weights.safetensors"  # of a style, as diffusers names it
SAMPLES = "samples.webp"
_TRAIN = "python scripts/train"
_PICTURES = "--data celeba=DIR --data food101=DIR"
COMMANDS = {  # in the order in which people look at them
    "faces": f"{_TRAIN}_faces.py --data celeba=DIR --out runs/faces",
    "text": f"{_TRAIN}_text.py {_PICTURES} --out runs/text --export checkpoints/text",
    "gan": f"{_TRAIN}_gan.py --data celeba=DIR --out runs/gan",
    "variations": f"{_TRAIN}_variations.py --data celeba=DIR --start checkpoints/faces --out runs/variations",
    "autoencoder-kl": f"{_TRAIN}_autoencoder.py {_PICTURES} --out runs/autoencoder-kl",
    "autoencoder-vae": f"{_TRAIN}_autoencoder.py --model vae {_PICTURES} --out runs/autoencoder-vae",
    "autoencoder-cae": f"{_TRAIN}_autoencoder.py --model cae {_PICTURES} --out runs/autoencoder-cae",
    "classifier": f"{_TRAIN}_classifier.py {_PICTURES} --out runs/classifier",
    "detector": "python scripts/import_detector.py centerface.onnx --out checkpoints/detector",
    "eyes": f"{_TRAIN}_eyes.py --data celeba=DIR --data food101=DIR --out runs/eyes --export checkpoints/eyes",
    "clip": f"{_TRAIN}_clip.py {_PICTURES} --classifier checkpoints/classifier --out runs/clip "
    "--export checkpoints/clip",
}
_OURS = (  # classes of core.models
    "EyeLocator",
    "FaceDetector",
    "FaceGenerator",
    "FaceUNet",
    "FlatAutoencoder",
    "PictureClassifier",
    "VariationUNet",
)
_LAYOUTS = {  # of other libraries: what says what it is, and the weights
    "clip": ("config.json", "model.safetensors"),
    "text": ("model_index.json", f"unet/{WEIGHTS}"),
}


class CheckpointError(RuntimeError):
    """A checkpoint that is missing, truncated or of another shape; the message says what to do."""


def root() -> Path:
    """``LATENTSCAPE_CHECKPOINTS`` or the repository's ``checkpoints``."""
    return Path(os.environ.get("LATENTSCAPE_CHECKPOINTS") or Path(__file__).resolve().parent.parent / "checkpoints")


def description(folder: Path) -> Path:
    """The JSON file that says what a checkpoint is."""
    return folder / _LAYOUTS.get(folder.name, ("config.json", ""))[0]


def weights(folder: Path) -> Path:
    """The file of a checkpoint's weights; of a pipeline, those of its denoiser."""
    own = folder / _LAYOUTS.get(folder.name, ("", WEIGHTS))[1]
    adapter = folder / ADAPTER
    return adapter if adapter.is_file() and not own.is_file() else own


def missing(folder: Path) -> str | None:
    """None when ``folder`` looks complete, else one sentence with the command that makes it."""
    if description(folder).is_file() and weights(folder).is_file():
        return None
    command = COMMANDS.get(folder.name)
    how = f"Make it with: {command}" if command else "The README says how one is made."
    return f"The checkpoint {folder.name!r} is not in {folder.parent.name or folder.parent}/. {how}"


def load_model(folder: str | Path) -> nn.Module:
    """A checkpoint folder -> its model in eval mode, float32, on the CPU. Raises :class:`CheckpointError`."""
    folder = Path(folder)
    problem = missing(folder)
    if problem:
        raise CheckpointError(problem)
    config = read_json(folder / "config.json")
    if not isinstance(config, dict) or config.get("_class_name") not in _classes():
        raise CheckpointError(f"{folder.name}: config.json names no model class that this program knows.")
    try:
        model = _classes()[config["_class_name"]].from_config(config)
    except Exception as error:  # torch and diffusers raise nearly anything for sizes that make no sense
        raise CheckpointError(f"{folder.name}: config.json does not describe a model ({error}).") from error
    load_weights(model, folder / WEIGHTS)
    return model.eval().requires_grad_(False)


def picture_size(folder: str | Path) -> int:
    """Side in pixels of the pictures that an autoencoder or a classifier takes; 64 where its config does not say."""
    side = read_json(Path(folder) / "config.json").get("sample_size", 64)
    if not isinstance(side, int) or not 8 <= side <= 2048:
        raise CheckpointError(f"{Path(folder).name}: config.json gives {side!r} as the side of its pictures.")
    return side


def load_weights(model: nn.Module, path: Path) -> None:
    """Strict: every tensor present, none too many, all of the right shape; half precision becomes float32."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = {key: value.float() if value.is_floating_point() else value for key, value in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path.parent.name}: the weights file is damaged or cut short ({error}).") from error
    wanted = model.state_dict()
    differing = sorted(wanted.keys() ^ tensors.keys()) or sorted(
        k for k in wanted if wanted[k].shape != tensors[k].shape
    )
    if differing:
        shown = ", ".join(differing[:3]) + (" ..." if len(differing) > 3 else "")
        raise CheckpointError(f"{path.parent.name}: the weights do not fit config.json; they differ in {shown}.")
    if any(not torch.isfinite(value).all() for value in tensors.values()):
        raise CheckpointError(f"{path.parent.name}: the weights hold values that are not numbers.")
    model.load_state_dict(tensors)


def fill(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """``weights`` of another model into ``model``. Raises :class:`CheckpointError` where they are of another shape."""
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError("The weights to start from are of another shape.") from error


def save_model(model: nn.Module, folder: Path) -> None:
    """Config and fp16 weights into ``folder``; other files in it stay. A full disk leaves the old weights in place."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: (value.half() if value.dtype == torch.float32 else value).contiguous().clone()
        for key, value in model.state_dict().items()
    }
    part = folder / f"{WEIGHTS}.part"
    try:
        with full_disk_is_os_error():
            save_file(tensors, part, {"format": "pt"})
        part.chmod(0o644)  # safetensors writes for the owner alone
        model.save_config(folder)
        os.replace(part, folder / WEIGHTS)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def full_disk_is_os_error() -> Iterator[None]:
    """Raise ``OSError`` where safetensors cannot write: it has an error of its own that is none."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise OSError(f"{error}") from error


def read_json(path: Path) -> dict:
    """A JSON object, or :class:`CheckpointError` with the file's name."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path.parent.name}/{path.name} cannot be read ({error}).") from error


def write_json(path: Path, content: Mapping) -> None:
    """Written whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def fingerprint(folder: Path) -> str:
    """Twelve hex digits of the weights' SHA-256: what an atlas or adapter was made with."""
    with open(weights(folder), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def curves(journal: Path) -> dict[str, dict[str, list[float]]]:
    """``log.jsonl`` -> ``{name: {"steps": [...], "values": [...], "seconds": [...]}}`` for ``training.json``."""
    result: dict[str, dict[str, list[float]]] = {}
    for line in journal.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if name not in ("step", "seconds"):
                curve = result.setdefault(name, {"steps": [], "values": [], "seconds": []})
                curve["steps"].append(row["step"])
                curve["values"].append(value)
                curve["seconds"].append(row["seconds"])
    return {name: _thin(curve) for name, curve in result.items()}


def _thin(curve: dict[str, list[float]], most: int = 400) -> dict[str, list[float]]:
    stride = max(1, len(curve["steps"]) // most)
    return {key: values[::stride] for key, values in curve.items()}


def _classes() -> dict[str, type[nn.Module]]:
    from diffusers import AutoencoderKL

    from core import models

    classes = (AutoencoderKL, *(getattr(models, name) for name in _OURS))
    return {cls.__name__: cls for cls in classes}
