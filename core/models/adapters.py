"""Low-rank adapters of a denoiser: what is trained, and copies of a network with styles merged into its weights.

LoRA: Hu et al. 2021 (arXiv:2106.09685). Names, shapes and start are peft's, so that a file of ours is one that peft
and diffusers read. The update is added to the weights themselves, W + B A, in training as in drawing: an adapter
beside the network costs many small operations at every step, which on a CPU takes longer than the network.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from core.models.adapter_files import Adapter, AdapterError, write_adapter
from core.models.face_unet import FaceUNet

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
class Worn:
    """An adapter with its weight, and how much of that each part of the network takes: early, middle, late."""

    adapter: Adapter
    weight: float
    parts: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def key(self) -> tuple:
        return self.adapter.mark, self.weight, self.parts

    def strength(self, layer: str) -> float:
        """How much of the update a layer takes."""
        return self.weight * self.parts[PARTS.index(part_of(layer))]


@dataclass(frozen=True)
class Base:
    """A network that adapters are for: ``kind`` faces, text or sd; ``mark`` tells the fingerprint of its weights."""

    kind: str
    network: nn.Module
    mark: Callable[[], str] = field(repr=False)


def kind_of(network: nn.Module) -> str:
    return "faces" if isinstance(network, FaceUNet) else "text"


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
    made_for, name = adapter.facts.get("base", ""), adapter.name
    if made_for and made_for != base.kind:
        raise AdapterError(
            f"The style {name!r} was made for {_TITLES.get(made_for, 'another model')}, and this is "
            f"{_TITLES[base.kind]}."
        )
    layers = layers_of(base.network)
    unknown = [layer for layer in adapter.factors if layer not in layers]
    shared = {"conv_in", "conv_out"}  # both kinds of network call them so
    if unknown and set(adapter.factors) - shared == set(unknown) - shared:
        other = "a face model" if any(".blocks." in layer for layer in unknown) else ""
        other = "a Stable Diffusion model" if any("_blocks." in layer for layer in unknown) else other
        raise AdapterError(
            f"The style {name!r} is for {other or 'another kind of network'}: {_TITLES[base.kind]} has none of its "
            "layers."
        )
    if unknown:
        raise AdapterError(f"The style {name!r} changes a layer that this model does not have: {unknown[0][:80]}.")
    for layer, (down, up) in adapter.factors.items():
        wanted = layers[layer].weight.shape
        if up.shape[0] != wanted[0] or down[0].numel() != math.prod(wanted[1:]):
            had = f"{up.shape[0]}x{down[0].numel()}"
            raise AdapterError(
                f"The style {name!r} was made for a model of another shape: its layer {layer[:80]} is {had}, "
                f"this model's is {wanted[0]}x{math.prod(wanted[1:])}."
            )
    mark = adapter.facts.get("fingerprint", "")
    if mark and mark != base.mark():
        raise AdapterError(
            f"The style {name!r} was trained on other weights of this model ({mark}, here {base.mark()}); "
            "train it again."
        )


@torch.no_grad()
def merged(network: nn.Module, worn: Sequence[Worn]) -> nn.Module:
    """A copy with the adapters in its weights; tensors that none of them touches are shared with ``network``."""
    result = copy.deepcopy(network, {id(tensor): tensor for tensor in _tensors(network)})
    changes: dict[str, list[tuple[Tensor, Tensor, float]]] = {}
    for one in worn:
        for layer, factors in one.adapter.factors.items():
            if strength := one.strength(layer):
                changes.setdefault(layer, []).append((*factors, strength))
    for layer, factors in changes.items():
        weight = changed_weight(network.get_submodule(layer).weight, factors)
        result.get_submodule(layer).weight = nn.Parameter(weight, requires_grad=False)
    return result.eval()


def changed_weight(old: Tensor, changes: Iterable[tuple[Tensor, Tensor, float]]) -> Tensor:
    """A layer's weight with factors (down, up) added, each in its strength; kind and memory order stay."""
    rows = old.float().flatten(1)  # (O, I * K * K)
    for down, up, strength in changes:
        rows = torch.addmm(rows, up.to(old.device).flatten(1), down.to(old.device).flatten(1), alpha=strength)
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
    factors = {}
    for name, (down, up) in adapter.factors.items():
        u, s, v = torch.linalg.svd(up.flatten(1).float() @ down.flatten(1).float(), full_matrices=False)
        size = s[:rank].sqrt()
        shapes = (len(size), *down.shape[1:]), (up.shape[0], len(size), *up.shape[2:])
        halves = size[:, None] * v[:rank], u[:, :rank] * size
        factors[name] = tuple(half.contiguous().view(shape) for half, shape in zip(halves, shapes, strict=True))
    return Adapter(adapter.name, factors, {**adapter.facts, "rank": rank, "alpha": rank}, "")


def delta(down: Tensor, up: Tensor, shape: Sequence[int]) -> Tensor:
    """Factors (R, I, K, K) or (R, I) and (O, R, 1, 1) or (O, R) -> the update of a weight (O, I, K, K) or (O, I)."""
    return (up.flatten(1) @ down.flatten(1)).view(tuple(shape))


def _tensors(network: nn.Module) -> Iterable[Tensor]:
    yield from network.parameters()
    yield from network.buffers()


class AdapterFactors(nn.Module):
    """The trainable factors of one adapter, apart from the network they belong to.

    ``targets`` end the names of the layers. The update starts as zero and has peft's scale for alpha = rank.
    """

    def __init__(self, network: nn.Module, targets: Sequence[str], rank: int, facts: Mapping[str, object]) -> None:
        super().__init__()
        layers = targeted(network, targets)
        if not layers:
            raise AdapterError(f"This model has no layers named {', '.join(targets)[:120]}.")
        if not 1 <= rank <= MAX_RANK:
            raise AdapterError(f"The rank of a style lies between 1 and {MAX_RANK}.")
        self.names = tuple(layers)
        self.facts = {**facts, "rank": rank, "alpha": rank, "targets": list(targets)}
        self.down, self.up = nn.ParameterList(), nn.ParameterList()
        for layer in layers.values():
            weight = layer.weight
            tail = (1, 1) if weight.ndim == 4 else ()
            down = torch.empty(rank, *weight.shape[1:])
            nn.init.kaiming_uniform_(down, a=math.sqrt(5))
            self.down.append(nn.Parameter(down))
            self.up.append(nn.Parameter(torch.zeros(weight.shape[0], rank, *tail)))

    def weights(self, network: nn.Module) -> dict[str, Tensor]:
        """The network's changed weights by parameter name, for ``torch.func.functional_call``."""
        result = {}
        for name, down, up in zip(self.names, self.down, self.up, strict=True):
            weight = network.get_parameter(f"{name}.weight")
            result[f"{name}.weight"] = weight + delta(down, up, weight.shape)
        return result

    def adapter(self, name: str = "trained") -> Adapter:
        """As it would be read back, but in full precision."""
        factors = {n: (d.detach(), u.detach()) for n, d, u in zip(self.names, self.down, self.up, strict=True)}
        return Adapter(name, factors, dict(self.facts), "")

    def save_pretrained(self, folder: str | Path) -> None:
        """``pytorch_lora_weights.safetensors`` and ``config.json``; the loop keeps its best and last this way."""
        write_adapter(self.adapter(), Path(folder))

    @torch.no_grad()
    def load(self, adapter: Adapter) -> None:
        """Take over the factors of a file of the same layers and rank. Raises :class:`AdapterError`."""
        if tuple(sorted(adapter.factors)) != tuple(sorted(self.names)):
            raise AdapterError(f"The style {adapter.name!r} changes other layers than are trained here.")
        for name, down, up in zip(self.names, self.down, self.up, strict=True):
            old_down, old_up = adapter.factors[name]
            if old_down.shape != down.shape or old_up.shape != up.shape:
                raise AdapterError(f"The style {adapter.name!r} has another rank than is trained here.")
            down.copy_(old_down)
            up.copy_(old_up)

    @torch.no_grad()
    def begin(self, adapter: Adapter) -> None:
        """Start from a finished one of at most this rank; layers that it does not have start as they are. Raises
        :class:`AdapterError`.
        """
        if not set(adapter.factors) <= set(self.names):
            raise AdapterError(f"The style {adapter.name!r} changes other layers than are trained here.")
        if adapter.rank > self.facts["rank"]:
            raise AdapterError(f"The style {adapter.name!r} has rank {adapter.rank}, more than is trained here.")
        for name, down, up in zip(self.names, self.down, self.up, strict=True):
            if name in adapter.factors:
                old_down, old_up = adapter.factors[name]
                down[: len(old_down)] = old_down
                up[:, : len(old_down)] = old_up
