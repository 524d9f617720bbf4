"""Low-rank adapters of a denoiser: what is trained, and copies of a network with adapters merged into its weights.

LoRA: Hu et al. 2021 (arXiv:2106.09685). peft places, names, starts and runs what is trained, and says how strong a
file is. Training goes through peft's layers: a step of 16 faces took 373 ms there and 383 ms through merged weights
(one thread, bfloat16). Drawing goes through merged weights, W + B A: a call for one face took 25 ms with them and 35 ms
with two adapters attached.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from core.models.adapter_files import Adapter, AdapterError, LowRank, write_adapter
from core.models.adapter_formats import LAYERS_PER_BLOCK

MAX_RANK = 128
PARTS = ("early", "middle", "late")
TARGETS = {
    "faces": ("conv1", "conv2", "skip", "query", "key_value", "out", "conv_in", "conv_out"),
    "text": (
        *("conv1", "conv2", "conv_shortcut", "to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out"),
        *("conv_in", "conv_out"),
    ),
}
EVERYWHERE = {  # what changes where things are in a picture, not how they look, needs the other layers too
    "faces": (
        *TARGETS["faces"],
        *("time.mlp.0", "time.mlp.2", "pool.0", "pool.2", "embed"),
        *("downsample.0", "downsample.1", "upsample.0", "upsample.1"),
    ),
    "text": (
        *TARGETS["text"],
        *("linear_1", "linear_2", "time_emb_proj", "net.0.proj", "net.2", "downsamplers.0.conv", "upsamplers.0.conv"),
    ),
}
_TITLES = {"faces": "the face model", "text": "the built-in text model", "sd": "Stable Diffusion"}


@dataclass(frozen=True)
class ActiveAdapter:
    """An adapter with its weight, and how much of that each part of the network takes: early, middle, late."""

    adapter: Adapter
    weight: float
    parts: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def key(self) -> tuple:
        return self.adapter.fingerprint, self.weight, self.parts

    def strength(self, layer: str) -> float:
        """How much of the update a layer takes."""
        return self.weight * self.parts[PARTS.index(part_of(layer))]


@dataclass(frozen=True)
class Base:
    """A network that adapters are for: ``kind`` faces, text or sd, and the fingerprint of its weights. Files of other
    programs may change the text encoder, too.
    """

    kind: str
    network: nn.Module
    fingerprint: Callable[[], str] = field(repr=False)
    text_encoder: nn.Module | None = None

    @property
    def layers_per_block(self) -> int:
        """Of a diffusers U-Net; for names that number its blocks one by one."""
        return getattr(getattr(self.network, "config", None), "layers_per_block", LAYERS_PER_BLOCK)


def layers_of(network: nn.Module) -> dict[str, nn.Module]:
    """Every layer that can take an adapter: linear ones and plain convolutions."""
    plain = {name: m for name, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    return {name: m for name, m in plain.items() if not isinstance(m, nn.Conv2d) or m.groups == 1}


def targeted(network: nn.Module, targets: Iterable[str]) -> dict[str, nn.Module]:
    """The layers that peft would find for ``target_modules``: those whose name ends so."""
    ends = tuple(targets)
    return {n: m for n, m in layers_of(network).items() if any(n == end or n.endswith(f".{end}") for end in ends)}


def part_of(name: str) -> str:
    """A layer's name -> where it stands in the network: ``early`` (down), ``middle`` or ``late`` (up)."""
    head = name.split(".", 1)[0]
    if head in ("middle", "mid_block"):
        return "middle"
    late = ("up", "up_blocks", "upsample", "conv_out", "norm_out", "conv_norm_out")
    return "late" if head in late else "early"


def check_fit(adapter: Adapter, base: Base) -> None:
    """Raises :class:`AdapterError` with what does not fit: the base it was made for, its weights, a layer, a shape."""
    made_for, name = adapter.metadata.get("base", ""), adapter.name
    if made_for and made_for != base.kind:
        raise AdapterError(
            f"The style {name!r} was made for {_TITLES.get(made_for, 'another model')}, and this is "
            f"{_TITLES[base.kind]}."
        )
    if not adapter.layers and base.text_encoder is None:
        raise AdapterError(f"The style {name!r} changes a text encoder alone, and {_TITLES[base.kind]} has none.")
    _check_layers(adapter, adapter.layers, layers_of(base.network), base)
    if base.text_encoder is not None:
        _check_layers(adapter, adapter.text_layers, layers_of(base.text_encoder), base)
    trained_on = adapter.metadata.get("fingerprint", "")
    if trained_on and trained_on != base.fingerprint():
        raise AdapterError(
            f"The style {name!r} was trained on other weights of this model ({trained_on}, here "
            f"{base.fingerprint()}); train it again."
        )


def _check_layers(
    adapter: Adapter, updates: Mapping[str, LowRank], layers: Mapping[str, nn.Module], base: Base
) -> None:
    name = adapter.name
    unknown = [layer for layer in updates if layer not in layers]
    shared = {"conv_in", "conv_out"}  # both kinds of network call them so
    if unknown and set(updates) - shared == set(unknown) - shared:
        other = "a face model" if any(".blocks." in layer for layer in unknown) else ""
        other = "a Stable Diffusion model" if any("_blocks." in layer for layer in unknown) else other
        if base.kind == "sd" and "Stable" in other:
            other = f"another Stable Diffusion model ({unknown[0][:80]})"
        raise AdapterError(
            f"The style {name!r} is for {other or 'another kind of network'}: {_TITLES[base.kind]} has none of its "
            "layers."
        )
    if unknown:
        raise AdapterError(f"The style {name!r} changes a layer that this model does not have: {unknown[0][:80]}.")
    for layer, update in updates.items():
        wanted = layers[layer].weight.shape
        if update.up.shape[0] != wanted[0] or update.down[0].numel() != math.prod(wanted[1:]):
            had = f"{update.up.shape[0]}x{update.down[0].numel()}"
            raise AdapterError(
                f"The style {name!r} was made for a model of another shape: its layer {layer[:80]} is {had}, "
                f"this model's is {wanted[0]}x{math.prod(wanted[1:])}."
            )


@torch.no_grad()
def merged(network: nn.Module, active: Sequence[ActiveAdapter]) -> nn.Module:
    """A copy with the adapters in its weights; tensors that none of them touches are shared with ``network``."""
    changes: dict[str, list[tuple[LowRank, float]]] = {}
    for one in active:
        for layer, update in one.adapter.layers.items():
            if strength := one.strength(layer):
                changes.setdefault(layer, []).append((update, strength))
    return _changed(network, changes)


@torch.no_grad()
def merged_text_encoder(encoder: nn.Module, active: Sequence[ActiveAdapter]) -> nn.Module:
    """A copy of the text encoder with the text parts of the adapters; the parts of the denoiser do not matter."""
    changes: dict[str, list[tuple[LowRank, float]]] = {}
    for one in active:
        for layer, update in one.adapter.text_layers.items():
            if one.weight:
                changes.setdefault(layer, []).append((update, one.weight))
    return _changed(encoder, changes)


def _changed(network: nn.Module, changes: Mapping[str, Sequence[tuple[LowRank, float]]]) -> nn.Module:
    result = _sharing_copy(network)
    for layer, updates in changes.items():
        weight = changed_weight(network.get_submodule(layer).weight, updates)
        result.get_submodule(layer).weight = nn.Parameter(weight, requires_grad=False)
    return result.eval()


def changed_weight(old: Tensor, updates: Iterable[tuple[LowRank, float]]) -> Tensor:
    """A layer's weight with updates in their strengths, as peft merges them; kind and memory order stay."""
    plain = rows = old.float().flatten(1)  # (O, I * K * K)
    for update, strength in updates:
        if update.times is not None:
            rows = rows + strength * update.delta().to(old.device)
            continue
        down, up = (half.to(old.device).float().flatten(1) for half in (update.down, update.up))
        rows = torch.addmm(rows, up, down, alpha=strength * update.scale)
        if update.magnitude is not None:
            length = torch.addmm(plain, up, down, alpha=strength * update.scale).norm(dim=1)
            rows = rows * (update.magnitude.to(old.device).float() / length)[:, None]
    weight = rows.view(old.shape).to(old.dtype)
    return weight if old.is_contiguous() else weight.contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def reduced(adapter: Adapter, rank: int) -> Adapter:
    """The nearest adapter of at most that rank: each layer's update without its smallest singular values (Eckart and
    Young 1936).
    """
    if not 1 <= rank <= MAX_RANK:
        raise AdapterError(f"The rank of a style lies between 1 and {MAX_RANK}.")
    if rank >= adapter.rank:
        return adapter
    layers = {}
    for name, update in adapter.layers.items():
        u, s, v = torch.linalg.svd(update.delta(), full_matrices=False)
        size = s[:rank].sqrt()
        down = (size[:, None] * v[:rank]).contiguous().view(len(size), *update.down.shape[1:])
        up = (u[:, :rank] * size).contiguous().view(update.up.shape[0], len(size), *update.up.shape[2:])
        layers[name] = LowRank(down, up)
    return Adapter(adapter.name, layers, {**adapter.metadata, "rank": rank, "alpha": rank}, "")


def _sharing_copy(network: nn.Module) -> nn.Module:
    """Other modules around the same tensors."""
    return copy.deepcopy(network, {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())})


class AdapterFactors(nn.Module):
    """The trainable factors of one adapter, without the network they belong to: peft's own, of alpha = rank.

    ``targets`` end the names of the layers. The update starts as zero. To run the network with the factors, call
    ``torch.func.functional_call(factors.attached(network), factors.by_name(), inputs)``.
    """

    def __init__(self, network: nn.Module, targets: Sequence[str], rank: int, metadata: Mapping[str, object]) -> None:
        from peft import LoraConfig, get_peft_model_state_dict  # slow to import

        super().__init__()
        layers = targeted(network, targets)
        if not layers:
            raise AdapterError(f"This model has no layers named {', '.join(targets)[:120]}.")
        if not 1 <= rank <= MAX_RANK:
            raise AdapterError(f"The rank of a style lies between 1 and {MAX_RANK}.")
        self.config = LoraConfig(r=rank, lora_alpha=rank, target_modules=list(layers))
        state = get_peft_model_state_dict(self.attached(network))
        self.names = tuple(layers)
        self.metadata = {**metadata, "rank": rank, "alpha": rank, "targets": list(targets)}
        self.down = nn.ParameterList(state[f"{name}.lora_A.weight"].clone() for name in layers)
        self.up = nn.ParameterList(state[f"{name}.lora_B.weight"].clone() for name in layers)

    def attached(self, network: nn.Module) -> nn.Module:
        """peft's layers around the network's own tensors; their factors are to be replaced by :meth:`by_name`."""
        from peft import inject_adapter_in_model

        return inject_adapter_in_model(self.config, _sharing_copy(network)).eval()

    def by_name(self) -> dict[str, Tensor]:
        """The factors by the names that they have in :meth:`attached`."""
        downs = {f"{name}.lora_A.default.weight": down for name, down in zip(self.names, self.down, strict=True)}
        return downs | {f"{name}.lora_B.default.weight": up for name, up in zip(self.names, self.up, strict=True)}

    def adapter(self, name: str = "trained") -> Adapter:
        """As it would be read back, but in full precision."""
        layers = {n: LowRank(d.detach(), u.detach()) for n, d, u in zip(self.names, self.down, self.up, strict=True)}
        return Adapter(name, layers, dict(self.metadata), "")

    def save_pretrained(self, folder: str | Path) -> None:
        """``pytorch_lora_weights.safetensors`` and ``config.json``; the loop keeps its best and last this way."""
        write_adapter(self.adapter(), Path(folder))

    @torch.no_grad()
    def begin(self, adapter: Adapter) -> None:
        """Start from a finished one of at most this rank; layers that it does not have start as they are. Raises
        :class:`AdapterError`.
        """
        if not set(adapter.layers) <= set(self.names):
            raise AdapterError(f"The style {adapter.name!r} changes other layers than are trained here.")
        if any(one.magnitude is not None or one.times is not None for one in adapter.layers.values()):
            raise AdapterError(f"The style {adapter.name!r} is no plain LoRA, which is what can be trained further.")
        if adapter.rank > self.metadata["rank"]:
            raise AdapterError(f"The style {adapter.name!r} has rank {adapter.rank}, more than is trained here.")
        for name, down, up in zip(self.names, self.down, self.up, strict=True):
            if update := adapter.layers.get(name):
                down[: update.rank] = update.down.float()
                up[:, : update.rank] = update.up.float() * update.scale
