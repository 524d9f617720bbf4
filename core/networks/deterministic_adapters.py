"""Copies of a steady network in styles, at a price that a moving slider can pay.

Laying out the weights of a convolution takes oneDNN thirty times as long as adding two that are laid out. Both are
linear, so the plain weights and what a style changes of them are laid out once, and every strength is a sum of the two.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.models.adapter_files import Adapter, LowRank
from core.models.adapters import ActiveAdapter, changed_weight
from core.networks.deterministic import Packed, convolve


class Change:
    """What an adapter changes of one convolution, laid out when it is first needed."""

    def __init__(self, update: LowRank) -> None:
        self.update = update
        self.weight: Tensor | None = None

    def laid_out(self, plain: Packed) -> Tensor:
        if self.weight is None:
            self.weight = plain.lay_out(self.update.delta().view(plain.shape))
        return self.weight


class Restyled(nn.Module):
    """A packed convolution with changes, each in a strength; summed for the first input it meets."""

    def __init__(self, plain: Packed, changes: Sequence[tuple[Change, float]]) -> None:
        super().__init__()
        self.plain, self.changes = plain, changes
        self.weight: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        if self.weight is None:
            self.weight, self.changes = self._changed(self.plain.laid_out(x)), ()
        return convolve(x, self.weight, self.plain.bias, self.plain.how)

    def _changed(self, weight: Tensor) -> Tensor:
        if any(change.update.magnitude is not None for change, _ in self.changes):  # DoRA is no sum
            updates = [(change.update, strength) for change, strength in self.changes]
            return self.plain.lay_out(changed_weight(weight.to_dense(), updates))
        for change, strength in self.changes:
            weight = torch.add(weight, change.laid_out(self.plain), alpha=strength)
        return weight


class StyledCopies:
    """``network`` went through :func:`core.networks.deterministic.steady` and is drawn with as it is. What the newest
    ``most`` adapters change stays laid out.
    """

    def __init__(self, network: nn.Module, most: int = 12) -> None:
        self.network, self._most = network, most
        self._changes: OrderedDict[str, dict[str, Change]] = OrderedDict()

    @torch.no_grad()
    def __call__(self, active: Sequence[ActiveAdapter]) -> nn.Module:
        """A copy in these styles; whatever none of them changes is shared."""
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
            if isinstance(plain, Packed):
                laid = [(self._of(one.adapter)[layer], strength) for one, strength in changes]
                setattr(result.get_submodule(parent), leaf, Restyled(plain, laid))
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
