"""LoRA files of any program -> low-rank updates by layer name, at the strength that peft gives them.

diffusers translates the names: of the original trainers (kohya, sgm), of its own older versions, of peft. peft's
``LoraConfig`` says the scale of each layer: alpha and rank, patterns of both, rsLoRA (arXiv:2312.03732), DoRA
(arXiv:2402.09353). LoHa (arXiv:2108.06098), which diffusers does not open, is read as two LoRAs that are multiplied.
Other kinds of adapters and adapters for other models are refused by name. Where the layers of a kohya file have
different alphas, each keeps its own, as its trainer means it; diffusers gives attention layers the commonest one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from core.checkpoints import CheckpointError

LAYERS_PER_BLOCK = 2  # of Stable Diffusion 1.5; the original trainers number the blocks of the network one by one
PREFIXES = ("unet", "text_encoder")
_CONFIG_KEYS = ("r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora")
_MOST_PATTERNS = 4096
_PATTERN = re.compile(r"[\w.^$|*\\-]{1,200}")  # no groups and few stars: a stranger's pattern cannot run for ever
_OTHER_KINDS = {
    "hada_t": "LoHa in Tucker's form",
    "lokr_": "LoKr",
    "oft_": "OFT",
    "boft_": "BOFT",
    "ia3_": "IA3",
    "vera_": "VeRA",
}
_OTHER_KINDS |= {"lora_mid": "a LoRA in Tucker's form", "diff": "differences of whole weights"}
_HALVES = {"lora_A.weight": "down", "lora_B.weight": "up", "lora_magnitude_vector": "magnitude"}
_HALVES["lora_magnitude_vector.weight"] = "magnitude"
_HADAMARD = re.compile(r"^(.*)\.hada_w([12])_([ab])(?:\.weight)?$")
_DORA_DROPPED = "Its dora_scale values are left out, as diffusers leaves them out; the rest of it is applied."


class AdapterError(CheckpointError):
    """An adapter that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class LowRank:
    """The update of one layer, ``scale * up @ down``, in LoHa multiplied with another one by elements. With a
    ``magnitude`` (DoRA) every output channel of the updated weight is brought to that length.
    """

    down: Tensor  # (R, I) or (R, I, K, K), as stored
    up: Tensor  # (O, R) or (O, R, 1, 1)
    scale: float = 1.0
    magnitude: Tensor | None = None  # (O,)
    times: LowRank | None = None

    @property
    def rank(self) -> int:
        return self.down.shape[0]

    def delta(self) -> Tensor:
        """The update as a matrix (O, I * K * K), float32."""
        delta = self.scale * (self.up.flatten(1).float() @ self.down.flatten(1).float())
        return delta if self.times is None else delta * self.times.delta()


Layers = dict[str, LowRank]


def read_layers(
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str],
    name: str,
    *,
    config: object = None,
    layers_per_block: int = LAYERS_PER_BLOCK,
) -> tuple[Layers, Layers, tuple[str, ...]]:
    """Tensors by any program's names -> the updates of the denoiser, those of the text encoder, and notes.

    ``metadata`` is the header of the safetensors file, ``config`` what an ``adapter_config.json`` beside it says;
    ``layers_per_block`` is the denoiser's. Raises :class:`AdapterError`.
    """
    _refuse_other_kinds(tensors, name)
    _refuse_other_models(tensors, name)
    notes = (_DORA_DROPPED,) if any("dora_scale" in key for key in tensors) else ()
    first, second = _hadamard(tensors)
    by_part, alphas = _peft_names(first, name, layers_per_block)
    multiplied = _peft_names(second, name, layers_per_block)[0] if second else {part: {} for part in PREFIXES}
    layers = {}
    for part in PREFIXES:
        settings = _peft_config(metadata, part, config, name)
        layers[part] = _paired(by_part[part], name, alphas, part, settings)
        for layer, times in _paired(multiplied[part], name, {}, part, None).items():
            layers[part][layer] = replace(layers[part][layer], times=times)
    if not layers["unet"] and not layers["text_encoder"]:
        raise AdapterError(f"{name} holds no LoRA for a denoiser.")
    return layers["unet"], layers["text_encoder"], notes


def _hadamard(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """LoHa's two products by the names of two LoRAs; whatever else there is belongs to the first."""
    products: tuple[dict[str, Tensor], dict[str, Tensor]] = {}, {}
    for key, value in tensors.items():
        found = _HADAMARD.match(key)
        if found is None:
            products[0][key] = value
            continue
        layer, number, half = found.groups()
        halves = ("lora_up", "lora_down") if layer.startswith("lora_") else ("lora_B", "lora_A")
        products[int(number) - 1][f"{layer}.{halves['ab'.index(half)]}.weight"] = value
    return products


def _refuse_other_kinds(keys: Mapping[str, Tensor], name: str) -> None:
    for key in keys:
        last = key.removesuffix(".weight").rpartition(".")[2]
        kind = next((title for sign, title in _OTHER_KINDS.items() if last.startswith(sign)), None)
        if kind:
            raise AdapterError(f"{name} is another kind of adapter than LoRA: {kind} ({key[-60:]}).")
        if ".lora_down." in key and key.replace(".lora_down.", ".lora_up.") not in keys:
            raise AdapterError(f"{name} is incomplete: {key[:80]} is one half of a LoRA, and the other is missing.")
        if key.endswith(("lora_B.bias", "lora_up.bias", "lora.up.bias")):
            raise AdapterError(f"{name} changes biases too ({key[-60:]}), which is not supported.")


def _refuse_other_models(tensors: Mapping[str, Tensor], name: str) -> None:
    """By layers that Stable Diffusion 1.x does not have, and by the width of the text it was trained to read."""
    other = ""
    for key, value in tensors.items():
        if "lora_te2" in key or "text_encoder_2" in key or re.search(r"label_emb|add_embedding", key):
            other = "SDXL"
        elif re.search(r"double_blocks|single_blocks|single_transformer|joint_blocks|(^|[._])transformer\.", key):
            other = "a diffusion transformer such as Flux or Stable Diffusion 3"
        elif re.search(r"transformer_blocks[._][1-9]", key):
            other = "SDXL"
        elif re.search(r"attn2[._](processor\.)?to_[kv].*(down|lora_A)", key) and value.ndim >= 2:
            width = value.shape[1]
            other = {2048: "SDXL", 1280: "the SDXL refiner", 1024: "Stable Diffusion 2"}.get(width, other)
        if other:
            raise AdapterError(f"{name} was made for {other}, whose layers differ from those of the models here.")


def _peft_names(
    tensors: Mapping[str, Tensor], name: str, layers_per_block: int
) -> tuple[dict[str, dict[str, Tensor]], dict[str, float]]:
    """Tensors by part and peft's names, and alphas by part and layer, where the file has its own."""
    from diffusers import StableDiffusionPipeline

    alone = re.compile(r"\.alpha$")
    try:
        if all(key.startswith(("lora_unet_", "lora_te_", "lora_te1_")) for key in tensors):
            blocks = SimpleNamespace(layers_per_block=layers_per_block)
            state, found = StableDiffusionPipeline.lora_state_dict(dict(tensors), unet_config=blocks)
            alphas = {alone.sub("", key): float(value) for key, value in (found or {}).items()}
        else:
            plain = {_plain(key): value for key, value in tensors.items() if "dora_scale" not in key}
            alphas = {alone.sub("", key): float(value) for key, value in plain.items() if key.endswith(".alpha")}
            state = {key: value for key, value in plain.items() if not key.endswith(".alpha")}
        by_part = {part: _converted(state, part) for part in PREFIXES}
        layers = {
            f"{part}.{_layer(key)}": alpha for part in PREFIXES for key, alpha in _converted(alphas, part).items()
        }
    except Exception as error:  # tables for a dozen formats raise nearly anything for one that is not among them
        raise AdapterError(f"{name} holds no LoRA in a known format.") from error
    rest = [key for key in state if not key.startswith(tuple(f"{part}." for part in PREFIXES))]
    if rest:
        raise AdapterError(f"{name} holds more than a LoRA: {rest[0][:80]}.")
    return by_part, layers


def _plain(key: str) -> str:
    """Without what peft puts before the names, and with the part that diffusers expects there."""
    key = key.removeprefix("base_model.model.")
    key = re.sub(r"\.(lora_[AB]|lora_magnitude_vector)\.(?!weight$)\w+(\.weight)?$", r".\1\2", key)
    if not key.startswith(tuple(f"{part}." for part in PREFIXES)) and "." in key:
        return f"unet.{key}"
    return key


def _converted(state: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The entries of one part, without its prefix, by peft's names."""
    from diffusers.utils import convert_state_dict_to_peft, convert_unet_state_dict_to_peft
    from diffusers.utils.state_dict_utils import StateDictType

    own = {key.removeprefix(f"{part}."): value for key, value in state.items() if key.startswith(f"{part}.")}
    if part == "unet":
        return convert_unet_state_dict_to_peft(own)
    peft = convert_state_dict_to_peft(own, StateDictType.DIFFUSERS_OLD)
    return {key.removeprefix("text_model."): value for key, value in peft.items()}


def _layer(key: str) -> str:
    return re.sub(r"\.lora_(A|B|magnitude_vector)(\.weight)?$", "", key)


def _paired(
    state: Mapping[str, Tensor], name: str, alphas: Mapping[str, float], part: str, config: Any
) -> dict[str, LowRank]:
    """Halves by peft's names -> whole updates with their scales."""
    halves: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        layer = _layer(key)
        half = _HALVES.get(key[len(layer) + 1 :])
        if half is None:
            raise AdapterError(f"{name} holds more than a LoRA: {key[:80]}.")
        halves.setdefault(layer, {})[half] = value
    layers = {}
    for layer, found in halves.items():
        down, up, magnitude = found.get("down"), found.get("up"), found.get("magnitude")
        fits = down is not None and up is not None and down.ndim in (2, 4) and down.ndim == up.ndim
        if not fits or up.flatten(1).shape[1] != down.shape[0] or not down.shape[0]:
            raise AdapterError(f"{name} is damaged: the two halves of {layer[:80]} do not fit each other.")
        if magnitude is not None and magnitude.numel() != up.shape[0]:
            raise AdapterError(f"{name} is damaged: the DoRA magnitude of {layer[:80]} has another size.")
        alpha = alphas.get(f"{part}.{layer}")
        scale = _scale(config, layer, down.shape[0], name) if alpha is None else alpha / down.shape[0]
        if not math.isfinite(scale):
            raise AdapterError(f"{name} holds a scale that is not a number ({layer[:80]}).")
        layers[layer] = LowRank(down, up, scale, None if magnitude is None else magnitude.flatten())
    return layers


def _scale(config: Any, layer: str, rank: int, name: str) -> float:
    """alpha / rank as peft finds them for a layer; 1 where the file says nothing of it."""
    if config is None:
        return 1.0
    from peft.utils.other import get_pattern_key

    said = config.rank_pattern.get(get_pattern_key(config.rank_pattern.keys(), layer), config.r)
    alpha = config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), layer), config.lora_alpha)
    if said != rank:
        raise AdapterError(f"{name} is damaged: {layer[:80]} has rank {rank}, and its settings say {said}.")
    return float(alpha) / (math.sqrt(rank) if config.use_rslora else rank)


def _peft_config(metadata: Mapping[str, str], part: str, config: object, name: str) -> Any:
    """peft's ``LoraConfig`` of a part, of the settings that change how strong an adapter is; None where there are none.

    Nothing else is taken from a stranger's file: some of peft's settings import modules by name.
    """
    from peft import LoraConfig

    try:
        if "lora_adapter_metadata" in metadata:
            every = json.loads(metadata["lora_adapter_metadata"])
            said = {key.removeprefix(f"{part}."): value for key, value in every.items() if key.startswith(f"{part}.")}
        else:
            said = dict(config) if config is not None else {}
        kind = said.get("peft_type") or "LORA"
        said = {"lora_alpha": said.get("alpha"), **said}  # as LoHa calls it
        known = {key: said[key] for key in _CONFIG_KEYS if said.get(key) is not None}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise AdapterError(f"{name}: the settings of its LoRA cannot be read.") from error
    if str(kind).rpartition(".")[2] not in ("LORA", "LOHA"):
        raise AdapterError(f"{name} is another kind of adapter than LoRA: {str(kind)[:40]}.")
    if not known:
        return None
    if not _sensible(known):
        raise AdapterError(f"{name}: the settings of its LoRA make no sense.")
    return LoraConfig(**known)


def _sensible(known: Mapping[str, object]) -> bool:
    def number(value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    def patterns(value: object) -> bool:
        return isinstance(value, dict) and len(value) <= _MOST_PATTERNS and all(map(_pattern, value.items()))

    def _pattern(item: tuple[object, object]) -> bool:
        key, value = item
        return isinstance(key, str) and bool(_PATTERN.fullmatch(key)) and key.count("*") <= 2 and number(value)

    whole = isinstance(known.get("r", 8), int) and number(known.get("r", 8)) and known.get("r", 8) > 0
    numbers = whole and number(known.get("lora_alpha", 8))
    flags = all(isinstance(known.get(key, False), bool) for key in ("use_rslora", "use_dora"))
    return numbers and flags and all(patterns(known.get(key, {})) for key in ("rank_pattern", "alpha_pattern"))


def to_half(tensor: Tensor) -> Tensor:
    """Eight-bit floats -> float16, without loss; others as they are."""
    return tensor.half() if tensor.dtype in (torch.float8_e4m3fn, torch.float8_e5m2) else tensor
