"""Adapter files: written in the format of diffusers' ``load_lora_weights``, read with distrust.

A file may come from a stranger. It is safetensors or it is refused; its header is checked before any tensor is read,
and no number in it is used unless it is finite.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, save_file
from torch import Tensor

from core.checkpoints import CheckpointError, write_json

WEIGHTS = "pytorch_lora_weights.safetensors"
PREFIX = "unet."
METADATA = "latentscape"
MAX_BYTES = 512 * 2**20
MAX_HEADER = 8 * 2**20
MAX_RANK = 128
_DTYPES = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}
_TEXTS = ("base", "fingerprint", "renderer", "domain", "trigger", "title")
_FACTS = (*_TEXTS, "rank", "alpha", "targets", "framing")
_FOREIGN = ("dora_scale", "lora_magnitude_vector", "hada_w1", "lokr_w1", "oft_blocks", "lora_mid")


class AdapterError(CheckpointError):
    """An adapter that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Adapter:
    """``factors``: layer -> (down (R, I, ...), up (O, R, ...)), float32, any scale folded into ``up``."""

    name: str
    factors: dict[str, tuple[Tensor, Tensor]]
    facts: dict[str, object]  # base, fingerprint, rank, ...; empty for files of other programs
    mark: str  # twelve hex digits of the file's SHA-256
    notes: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        return max(down.shape[0] for down, _ in self.factors.values())


def write_adapter(adapter: Adapter, folder: Path) -> None:
    """fp16 weights with the facts in their header, and ``config.json``; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for layer, (down, up) in adapter.factors.items():
        tensors[f"{PREFIX}{layer}.lora_A.weight"] = down.half().cpu().contiguous()
        tensors[f"{PREFIX}{layer}.lora_B.weight"] = up.half().cpu().contiguous()
    part = folder / f"{WEIGHTS}.part"
    try:
        save_file(tensors, part, {"format": "pt", METADATA: json.dumps(adapter.facts)})
        part.chmod(0o644)  # safetensors writes for the owner alone
        write_json(folder / "config.json", {"_class_name": "Adapter", **adapter.facts})
        os.replace(part, folder / WEIGHTS)
    finally:
        part.unlink(missing_ok=True)


def read_adapter(path: str | Path, name: str = "") -> Adapter:
    """A style's folder or a .safetensors file -> its adapter. Raises :class:`AdapterError`."""
    path = Path(path)
    name = name or (path.name if path.is_dir() else path.stem)
    file = path / WEIGHTS if path.is_dir() else path
    try:
        if not file.is_file():
            raise AdapterError(f"The style {name[:64]!r} is not here: {file.name} is missing.")
        if file.stat().st_size > MAX_BYTES:
            raise AdapterError(f"{file.name} is larger than {MAX_BYTES // 2**20} MB, so it is not a LoRA.")
        data = file.read_bytes()
    except OSError as error:
        raise AdapterError(f"{file.name} cannot be read ({error.strerror}).") from error
    metadata = _check_header(data, file.name)
    try:
        tensors = load(data)
    except Exception as error:  # safetensors raises several kinds for what the header check let through
        raise AdapterError(f"{file.name} is damaged ({str(error)[:120]}).") from error
    if any(not torch.isfinite(value).all() for value in tensors.values()):
        raise AdapterError(f"{file.name} holds values that are not numbers; train or download it again.")
    factors, notes = _factors(tensors, file.name, _alpha(metadata))
    ranks = {down.shape[0] for down, _ in factors.values()}
    if max(ranks) > MAX_RANK:
        raise AdapterError(f"{file.name} has rank {max(ranks)}; styles of rank {MAX_RANK} and less can be worn.")
    mark = hashlib.sha256(data).hexdigest()[:12]
    return Adapter(name, factors, _facts(metadata, file.name), mark, notes)


def _check_header(data: bytes, name: str) -> Mapping[str, str]:
    """The file's own description, after its sizes were compared with the bytes that are there."""
    if data[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or data[:4] == b"PK\3\4":
        raise AdapterError(f"{name} is a pickle, which can run programs when it is opened; only safetensors are read.")
    if len(data) < 10:
        raise AdapterError(f"{name} is empty or cut short.")
    (length,) = struct.unpack("<Q", data[:8])
    if length > MAX_HEADER:
        raise AdapterError(f"{name} is not a safetensors file: its header claims {length:,} bytes.")
    if 8 + length > len(data):
        raise AdapterError(f"{name} is cut short: its header does not end.")
    try:
        header = json.loads(data[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        ends = [_entry_end(entry) for entry in header.values()]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise AdapterError(f"{name} is not a safetensors file of a LoRA: its header cannot be read.") from error
    if not ends:
        raise AdapterError(f"{name} holds no weights.")
    there = len(data) - 8 - length
    if max(ends) > there:
        raise AdapterError(f"{name} is cut short: {max(ends):,} bytes of weights are announced, {there:,} are there.")
    return metadata if isinstance(metadata, dict) else {}


def _entry_end(entry: Mapping) -> int:
    """One tensor of the header -> where its bytes end. Raises ``ValueError`` where its numbers make no sense."""
    start, end = entry["data_offsets"]
    shape = entry["shape"]
    if not all(isinstance(n, int) and n >= 0 for n in (start, end, *shape)):
        raise ValueError("sizes are whole numbers")
    if entry["dtype"] not in _DTYPES or end - start != _DTYPES[entry["dtype"]] * math.prod(shape):
        raise ValueError("a shape and its bytes disagree")
    return end


def _facts(metadata: Mapping[str, str], name: str) -> dict[str, object]:
    text = metadata.get(METADATA)
    if text is None:
        return {}
    try:
        facts = json.loads(text)
        known = {key: facts[key] for key in _FACTS if key in facts}
    except (ValueError, TypeError, RecursionError) as error:
        raise AdapterError(f"{name}: what it says of itself cannot be read.") from error
    if not all(isinstance(known.get(key, ""), str) for key in _TEXTS):
        raise AdapterError(f"{name}: what it says of itself cannot be read.")
    return known


def _alpha(metadata: Mapping[str, str]) -> float | None:
    """What diffusers' training scripts write of peft's settings; nothing there means alpha = rank."""
    try:
        alpha = json.loads(metadata["lora_adapter_metadata"])["unet.lora_alpha"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    return float(alpha) if isinstance(alpha, int | float) and math.isfinite(alpha) else None


def _factors(
    tensors: dict[str, Tensor], name: str, alpha_of_all: float | None
) -> tuple[dict[str, tuple[Tensor, Tensor]], tuple[str, ...]]:
    """Tensors by any of the names that LoRA files have -> factors by layer, and what was left out."""
    foreign = next((key for key in tensors if any(mark in key for mark in _FOREIGN)), None)
    if foreign:
        raise AdapterError(f"{name} is another kind of adapter than LoRA ({foreign[-60:]}), which cannot be worn here.")
    alphas: Mapping[str, float] = {}
    if not all(key.startswith(PREFIX) and ".lora_" in key for key in tensors):
        tensors, alphas = _translated(tensors, name)
    notes = () if all(key.startswith(PREFIX) for key in tensors) else ("Its text encoder part is not used.",)
    factors = {}
    for key, down in tensors.items():
        layer = key.removeprefix(PREFIX).removesuffix(".lora_A.weight")
        if not key.startswith(PREFIX) or not key.endswith(".lora_A.weight"):
            continue
        up = tensors.get(f"{PREFIX}{layer}.lora_B.weight")
        if up is None or down.ndim not in (2, 4) or up.ndim != down.ndim or up.flatten(1).shape[1] != down.shape[0]:
            raise AdapterError(f"{name} is damaged: the two halves of {layer[:80]} do not fit each other.")
        alpha = alphas.get(layer, alpha_of_all or down.shape[0])
        factors[layer] = (down.float(), up.float() * (float(alpha) / down.shape[0]))
    paired = sum(1 for key in tensors if key.startswith(PREFIX))
    if not factors or paired != 2 * len(factors):
        raise AdapterError(f"{name} holds no LoRA for a denoiser, or more than a LoRA.")
    return factors, notes


def _translated(tensors: dict[str, Tensor], name: str) -> tuple[dict[str, Tensor], Mapping[str, float]]:
    """The names of other programs (kohya, old diffusers) -> peft's, by diffusers' own tables; alpha by layer."""
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_unet_state_dict_to_peft

    try:
        state, alphas = StableDiffusionPipeline.lora_state_dict(dict(tensors))
        unet = {key.removeprefix(PREFIX): value for key, value in state.items() if key.startswith(PREFIX)}
        rest = {key: value for key, value in state.items() if not key.startswith(PREFIX)}
        converted = {f"{PREFIX}{key}": value for key, value in convert_unet_state_dict_to_peft(unet).items()}
    except Exception as error:  # tables for a dozen formats raise nearly anything for one that is not among them
        raise AdapterError(f"{name} holds no LoRA in a known format.") from error
    scales = convert_unet_state_dict_to_peft({key.removeprefix(PREFIX): value for key, value in (alphas or {}).items()})
    by_layer = {key.removesuffix(".alpha").removesuffix(".lora_A.weight"): value for key, value in scales.items()}
    return {**converted, **rest}, by_layer
