"""Makes copies of a deterministic network with adapters, fast enough to follow a slider.

oneDNN takes thirty times as long to pack the weights of a convolution as to add two packed ones. Packing is linear, so
the plain weights and the change by an adapter are packed once, and every strength is a sum of the two.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.models.adapter_files import Adapter, LowRank
from core.models.adapters import ActiveAdapter, changed_weight
from core.networks.deterministic import PackedConv, convolve


class Change:
    """The change of one convolution by an adapter, packed when it is first needed."""

    def __init__(self, update: LowRank) -> None:
        self.update = update
        self.weight: Tensor | None = None

    def packed(self, plain: PackedConv) -> Tensor:
        if self.weight is None:
            self.weight = plain.pack(self.update.delta().view(plain.shape))
        return self.weight


class ChangedConv(nn.Module):
    """A packed convolution with changes, each with a strength; they are summed at the first input."""

    def __init__(self, plain: PackedConv, changes: Sequence[tuple[Change, float]]) -> None:
        super().__init__()
        self.plain, self.changes = plain, changes
        self.weight: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        if self.weight is None:
            self.weight, self.changes = self._changed(self.plain.packed(x)), ()
        return convolve(x, self.weight, self.plain.bias, self.plain.options)

    def _changed(self, weight: Tensor) -> Tensor:
        if any(change.update.magnitude is not None for change, _ in self.changes):  # DoRA is not linear in its strength
            updates = [(change.update, strength) for change, strength in self.changes]
            return self.plain.pack(changed_weight(weight.to_dense(), updates))
        for change, strength in self.changes:
            weight = torch.add(weight, change.packed(self.plain), alpha=strength)
        return weight


class AdaptedCopies:
    """Copies of ``network``, which ``make_deterministic`` has changed and which is not changed here.

    The packed changes of the newest ``most`` adapters are kept.
    """

    def __init__(self, network: nn.Module, most: int = 12) -> None:
        self.network, self._most = network, most
        self._changes: OrderedDict[str, dict[str, Change]] = OrderedDict()

    @torch.no_grad()
    def __call__(self, active: Sequence[ActiveAdapter]) -> nn.Module:
        """Make a copy with these adapters. Layers that no adapter changes are shared."""
        layers: dict[str, list[tuple[ActiveAdapter, float]]] = {}
        for one in active:
            for layer in one.adapter.layers:
                if strength := one.strength(layer):
                    layers.setdefault(layer, []).append((one, strength))
        shared = {id(m): m for m in self.network.modules() if not any(m.children())}
        result = copy.deepcopy(self.network, shared)
        for layer, changes in layers.items():
            plain = self.network.get_submodule(layer)
            parent, _, leaf = layer.rpartition(".")
            if isinstance(plain, PackedConv):
                packed = [(self._of(one.adapter)[layer], strength) for one, strength in changes]
                setattr(result.get_submodule(parent), leaf, ChangedConv(plain, packed))
                continue
            own = copy.deepcopy(plain, {id(tensor): tensor for tensor in plain.parameters()})
            updates = [(one.adapter.layers[layer], strength) for one, strength in changes]
            own.weight = nn.Parameter(changed_weight(plain.weight, updates), requires_grad=False)
            setattr(result.get_submodule(parent), leaf, own)
        return result.eval()

    def _of(self, adapter: Adapter) -> dict[str, Change]:
        key = adapter.fingerprint
        if key not in self._changes:
            while len(self._changes) >= self._most:
                self._changes.popitem(last=False)
            self._changes[key] = {layer: Change(update) for layer, update in adapter.layers.items()}
        self._changes.move_to_end(key)
        return self._changes[key]
