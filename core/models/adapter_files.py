"""Adapter files: written in the format of diffusers' ``load_lora_weights``, read with distrust.

A file may come from a stranger. It is safetensors or it is refused; its header is checked before any tensor is read,
and no number in it is used unless it is finite. What is in memory is the file's tensors once, as they are stored.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from core.checkpoints import full_disk_is_os_error, write_json
from core.models.adapter_formats import LAYERS_PER_BLOCK, AdapterError, Layers, LowRank, read_layers, to_half
from core.safetensors_header import Header, read_header

__all__ = ["WEIGHTS", "Adapter", "AdapterError", "LowRank", "read_adapter", "weights_file", "write_adapter"]

WEIGHTS = "pytorch_lora_weights.safetensors"
PEFT_WEIGHTS, PEFT_CONFIG = "adapter_model.safetensors", "adapter_config.json"
PREFIX = "unet."
METADATA = "latentscape"
MAX_BYTES = 2**30
MAX_RANK = 512
_SIGNS = ("lora", "hada_", "lokr_", "oft_", "dora_scale")  # of a LoRA, and of what is refused by its name
_TEXTS = ("base", "fingerprint", "renderer", "domain", "trigger", "title")
_KNOWN = (*_TEXTS, "rank", "alpha", "targets", "framing")
_MAX_CONFIG = 2**20


@dataclass(frozen=True)
class Adapter:
    """A low-rank update per layer of the denoiser, and of the text encoder where the file has such a part."""

    name: str
    layers: Layers
    metadata: dict[str, object]  # base, fingerprint of the base, rank, ...; empty for files of other programs
    fingerprint: str  # twelve hex digits of the file's SHA-256
    text_layers: Layers = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        return max(one.rank for one in (*self.layers.values(), *self.text_layers.values()))

    @property
    def size(self) -> int:
        """Bytes of its tensors in memory."""
        every = [*self.layers.values(), *self.text_layers.values()]
        every += [one.times for one in every if one.times is not None]
        return sum(half.numel() * half.element_size() for one in every for half in (one.down, one.up))


def write_adapter(adapter: Adapter, folder: Path) -> None:
    """fp16 weights with the metadata in their header, and ``config.json``; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for layer, one in adapter.layers.items():
        up = one.up.float() * one.scale  # so that every reader finds alpha = rank
        tensors[f"{PREFIX}{layer}.lora_A.weight"] = one.down.half().cpu().contiguous()
        tensors[f"{PREFIX}{layer}.lora_B.weight"] = up.half().cpu().contiguous()
    part = folder / f"{WEIGHTS}.part"
    try:
        with full_disk_is_os_error():
            save_file(tensors, part, {"format": "pt", METADATA: json.dumps(adapter.metadata)})
        part.chmod(0o644)  # safetensors writes for the owner alone
        write_json(folder / "config.json", {"_class_name": "Adapter", **adapter.metadata})
        os.replace(part, folder / WEIGHTS)
    finally:
        part.unlink(missing_ok=True)


def read_adapter(path: str | Path, name: str = "", *, layers_per_block: int = LAYERS_PER_BLOCK) -> Adapter:
    """A style's folder, a folder that peft saved, or a .safetensors file -> its adapter.

    ``layers_per_block`` is the denoiser's, for names of the original trainers. Raises :class:`AdapterError`.
    """
    path = Path(path)
    name = name or (path.name if path.is_dir() else path.stem)
    file = weights_file(path)
    try:
        if not file.is_file():
            raise AdapterError(f"The style {name[:64]!r} is not here: {file.name} is missing.")
        metadata = check_header(file).metadata
        tensors = _tensors(file)
        config = _peft_config_file(file)
        with open(file, "rb") as opened:
            fingerprint = hashlib.file_digest(opened, "sha256").hexdigest()[:12]
    except OSError as error:
        raise AdapterError(f"{file.name} cannot be read ({error.strerror}).") from error
    layers, text_layers, notes = read_layers(
        tensors, metadata, file.name, config=config, layers_per_block=layers_per_block
    )
    adapter = Adapter(name, layers, _metadata(metadata, file.name), fingerprint, text_layers, notes)
    if adapter.rank > MAX_RANK:
        raise AdapterError(f"{file.name} has rank {adapter.rank}; styles of rank {MAX_RANK} and less can be applied.")
    return adapter


def brought_as(path: Path) -> str:
    """Return the name of the file that a visitor brought, which sentences use; "" for any other style."""
    try:
        return str(json.loads((path / "config.json").read_text(encoding="utf-8")).get("file") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def weights_file(path: Path) -> Path:
    """A folder or a file -> the file of its weights, which may be missing."""
    if not path.is_dir():
        return path
    return path / (PEFT_WEIGHTS if (path / PEFT_WEIGHTS).is_file() else WEIGHTS)


def check_header(file: Path) -> Header:
    """Judges a file without reading a tensor. Raises :class:`AdapterError`, ``OSError``."""
    header, name = read_header(file, AdapterError), file.name
    if not any(sign in key for key in header.shapes for sign in _SIGNS):
        raise AdapterError(f"{name} holds no LoRA: none of its tensors is a part of one.")
    if file.stat().st_size > MAX_BYTES:
        raise AdapterError(f"{name} is larger than {MAX_BYTES // 2**20} MB; no LoRA for these models is.")
    return header


def _tensors(file: Path) -> dict[str, Tensor]:
    """Every tensor as it is stored, one after the other; eight-bit floats as float16. Raises :class:`AdapterError`."""
    result = {}
    try:
        with safe_open(file, "pt") as opened:
            for key in opened.keys():  # noqa: SIM118 - not a dict
                # A copy: memory that is mapped from a file changes with the file.
                value = to_half(opened.get_tensor(key)).clone()
                if not torch.isfinite(value).all():
                    raise AdapterError(f"{file.name} holds values that are not numbers; train or download it again.")
                result[key] = value
    except SafetensorError as error:  # what the header check let through
        raise AdapterError(f"{file.name} is damaged ({str(error)[:120]}).") from error
    return result


def _peft_config_file(file: Path) -> object:
    """What ``adapter_config.json`` says beside a file that peft saved, or None."""
    path = file.parent / PEFT_CONFIG
    if file.name != PEFT_WEIGHTS or not path.is_file():
        return None
    if path.stat().st_size > _MAX_CONFIG:
        raise AdapterError(f"{PEFT_CONFIG} is too large to be peft's.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise AdapterError(f"{PEFT_CONFIG} cannot be read.") from error
    if not isinstance(config, dict):
        raise AdapterError(f"{PEFT_CONFIG} cannot be read.")
    return config


def _metadata(header: Mapping[str, str], name: str) -> dict[str, object]:
    """What our own training wrote into the header."""
    text = header.get(METADATA)
    if text is None:
        return {}
    try:
        said = json.loads(text)
        known = {key: said[key] for key in _KNOWN if key in said}
    except (ValueError, TypeError, RecursionError) as error:
        raise AdapterError(f"{name}: what it says of itself cannot be read.") from error
    if not all(isinstance(known.get(key, ""), str) for key in _TEXTS):
        raise AdapterError(f"{name}: what it says of itself cannot be read.")
    return known
