"""Describes a Stable Diffusion folder or file from its configuration and headers, before any weights are read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.checkpoints import CheckpointError, read_json
from core.safetensors_header import Header, read_header

PARTS = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
VARIANTS = ("", "fp16")  # in the order in which they are chosen
UNET, VAE, CLIP = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
_FIRST = f"{UNET}input_blocks.0.0.weight"
_OTHERS = (  # a part of a tensor's name -> what the file is
    ("conditioner.embedders.", "made for SDXL"),
    ("label_emb.", "made for SDXL"),
    ("joint_blocks.", "made for Stable Diffusion 3"),
    ("double_blocks.", "made for Flux"),
    ("cond_stage_model.model.", "made for Stable Diffusion 2; bring it as a folder in diffusers' layout"),
    ("lora_", "a LoRA; load it in the Styles tab"),
    ("control_model.", "a ControlNet"),
    ("motion_modules.", "a motion module"),
)
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
_DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}
TURBO, LCM = "turbo", "lcm"


@dataclass(frozen=True)
class ModelInfo:
    """What a model is. ``problem`` is a sentence where it cannot be drawn with."""

    path: Path
    kind: str = "Stable Diffusion 1.5"
    bytes: int = 0  # of its files
    parameters: int = 0
    precision: str = ""  # as stored
    distilled: str = ""  # turbo or lcm: few steps without guidance
    problem: str = ""

    @property
    def memory(self) -> int:
        """Bytes in memory once loaded and with a style applied, with the denoiser in 16 bits: on processors without
        bfloat16 it takes twice as many.
        """
        return round(self.parameters * 2 * 2 + 1.2e9)


def describe(path: Path) -> ModelInfo:
    """Describe a pipeline's folder or a single file; what is wrong with it is in ``problem``."""
    inside = [path, *(path / part for part in PARTS), path / "model_index.json"]
    return _described(path, tuple(one.stat().st_mtime_ns if one.exists() else 0 for one in inside))


@lru_cache(maxsize=256)
def _described(path: Path, changed: tuple[int, ...]) -> ModelInfo:
    """``changed``, times of its files and folders, is part of the cache's key."""
    try:
        return _of_file(path) if path.is_file() else _of_folder(path)
    except (CheckpointError, OSError) as error:
        return ModelInfo(path, kind="", problem=str(error))


def part_files(folder: Path, part: str) -> tuple[list[Path], str | None]:
    """A part's files of weights, whole or in shards, and their variant. Raises ``CheckpointError``."""
    for variant in VARIANTS:
        stem = f"{PARTS[part]}.{variant}" if variant else PARTS[part]
        whole, index = folder / part / f"{stem}.safetensors", _index(folder / part, PARTS[part], variant)
        if whole.is_file():
            return [whole], variant or None
        if index is not None:
            named = read_json(index).get("weight_map")
            shards = sorted({str(name) for name in named.values()}) if isinstance(named, dict) else []
            missing = [name for name in shards if not (folder / part / name).is_file()]
            if not shards or missing or any("/" in name for name in shards):
                raise CheckpointError(f"{folder.name}/{part} lacks {missing[0] if missing else 'its shards'}.")
            return [folder / part / name for name in shards], variant or None
    raise CheckpointError(f"{folder.name}/{part} holds no safetensors; other weight formats are not opened.")


def files_of(path: Path) -> list[Path]:
    """List all files of weights of a model. Raises ``CheckpointError``."""
    return [path] if path.is_file() else [file for part in PARTS for file in part_files(path, part)[0]]


def denoiser_fingerprint(path: Path) -> str:
    """Twelve hex digits of the SHA-256 of the denoiser's files: what an adapter was made with."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else part_files(path, "unet")[0]:
        with open(file, "rb") as opened:
            while block := opened.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:12]


def check_file(path: Path) -> Header:
    """Check from its header that a file holds a whole 1.5-class model. Raises ``CheckpointError``."""
    header = read_header(path)
    shapes = header.shapes
    for sign, what in _OTHERS:
        if any(sign in name for name in shapes):
            raise CheckpointError(f"{path.name} is {what}; here 1.5-class models are drawn.")
    if any(name.startswith(("encoder.", "decoder.")) for name in shapes):
        raise CheckpointError(f"{path.name} is an autoencoder; the Reconstruction tab shows what it keeps.")
    if _FIRST not in shapes:
        raise CheckpointError(f"{path.name} is no Stable Diffusion model in a single file: it holds no denoiser.")
    _check_channels(path.name, shapes[_FIRST][1] if len(shapes[_FIRST]) == 4 else 0)
    lacking = [what for prefix, what in ((CLIP, "text encoder"), (VAE, "autoencoder")) if not _has(shapes, prefix)]
    if lacking:
        raise CheckpointError(
            f"{path.name} holds no {' and no '.join(lacking)}; bring the whole model, as one file or as a folder in "
            "diffusers' layout."
        )
    return header


def _of_file(path: Path) -> ModelInfo:
    if path.suffix.lower() != ".safetensors":
        raise CheckpointError(
            f"{path.name} is no safetensors file; other weight formats can run programs and stay closed."
        )
    header = check_file(path)
    counts = _parameters(path)
    return ModelInfo(
        path,
        bytes=path.stat().st_size,
        parameters=sum(counts.values()),
        precision=_precision(counts),
        distilled=_distilled(path.stem, {}, {}, ema=header),
    )


def _of_folder(folder: Path) -> ModelInfo:
    index = read_json(folder / "model_index.json")
    named = str(index.get("_class_name", ""))
    if "XL" in named or "text_encoder_2" in index:
        raise CheckpointError(f"{folder.name} is made for SDXL; here 1.5-class models are drawn.")
    if not (folder / "unet" / "config.json").is_file():
        raise CheckpointError(
            f"{folder.name} is a {named[:40] or 'model of another kind'}, which is not drawn with here."
        )
    unet = read_json(folder / "unet" / "config.json")
    _check_channels(folder.name, unet.get("in_channels", 4), unet.get("out_channels", 4))
    if "stable" not in named.lower() and "latentconsistency" not in named.lower():
        raise CheckpointError(f"{folder.name} is a {named[:40]}, which is not drawn with here.")
    files = files_of(folder)
    counts: Counter[str] = Counter()
    for file in files:
        try:
            counts += _parameters(file)
        except CheckpointError as error:
            raise CheckpointError(f"{folder.name} cannot be opened ({error}).") from error
    scheduler = folder / "scheduler" / "scheduler_config.json"
    schedule = read_json(scheduler) if scheduler.is_file() else {}
    return ModelInfo(
        folder,
        kind="Stable Diffusion 2" if unet.get("cross_attention_dim") == 1024 else "Stable Diffusion 1.5",
        bytes=sum(file.stat().st_size for file in files),
        parameters=sum(counts.values()),
        precision=_precision(counts),
        distilled=_distilled(_title(folder), unet, schedule),
    )


def _title(folder: Path) -> str:
    """A folder's name; in the Hugging Face cache, where it is a number, its repository's."""
    cached = [part for part in folder.parts if part.startswith("models--")]
    return cached[-1] if cached else folder.name


def _distilled(title: str, unet: dict, schedule: dict, ema: Header | None = None) -> str:
    named = str(schedule.get("_class_name", ""))
    if unet.get("time_cond_proj_dim") or named.startswith("LCM") or "lcm" in title.lower():
        return LCM
    trailing = named.startswith("Euler") and schedule.get("timestep_spacing") == "trailing"
    return TURBO if trailing or "turbo" in title.lower() else ""


def _check_channels(name: str, channels: object, drawn: object = 4) -> None:
    if channels == drawn:  # also of an autoencoder with 8 or 9 latent channels
        return
    if channels == 9:
        raise CheckpointError(f"{name} is an inpainting model (9 channels); models that draw whole pictures have 4.")
    if channels == 8:
        raise CheckpointError(f"{name} edits pictures by instructions (8 channels); models that draw them have 4.")
    raise CheckpointError(f"{name} has {channels} input channels; models that draw whole pictures have {drawn}.")


def _has(shapes: dict[str, tuple[int, ...]], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in shapes)


def _index(folder: Path, stem: str, variant: str) -> Path | None:
    names = (f"{stem}.safetensors.index.{variant}.json", f"{stem}.{variant}.safetensors.index.json")
    names = names if variant else (f"{stem}.safetensors.index.json",)
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _parameters(file: Path) -> Counter[str]:
    """Count the numbers of a safetensors file by their type, from its header."""
    read_header(file)  # says what is wrong with a damaged one
    with open(file, "rb") as opened:
        entries = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
    counts: Counter[str] = Counter()
    for name, entry in entries.items():
        if name != "__metadata__" and not name.startswith("model_ema."):
            start, end = entry["data_offsets"]
            counts[entry["dtype"]] += (end - start) // _DTYPE_BYTES.get(entry["dtype"], 1)
    return counts


def _precision(counts: Counter[str]) -> str:
    kinds = [kind for kind, count in counts.items() if count > 0.01 * counts.total()]
    return _DTYPES.get(kinds[0], kinds[0]) if len(kinds) == 1 else "mixed"
