"""Full fine-tuning of a denoiser, and its distillation into the nearest small adapter.

Low-rank factors learn a look within minutes. A change of composition is larger: in the same time a full fine-tune
reaches a lower error on it than factors do. Its change is of low rank in the directions in which each layer's input
varies, so most of it still fits into an adapter.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints
from core.models.adapter_files import WEIGHTS, Adapter, LowRank, read_adapter
from core.models.adapters import ActiveAdapter, merged, targeted
from core.training.lora.data import StyleBase

_SEEN = 2048  # positions of a batch that a layer's second moments are taken from
_RIDGE = 1e-4  # of the mean variance, added so that unseen directions keep a cost


def full_model(base: StyleBase, start: Path | None) -> nn.Module:
    """A copy of the base to be trained, from the weights in ``start`` or in the style there. Raises
    ``CheckpointError``.
    """
    if start is None:
        return copy.deepcopy(base.network).requires_grad_(True)
    if (start / WEIGHTS).is_file():
        return copy.deepcopy(merged(base.network, [ActiveAdapter(read_adapter(start), 1.0)])).requires_grad_(True)
    return open_full(base, start).requires_grad_(True)


def open_full(base: StyleBase, folder: Path) -> nn.Module:
    """What :func:`core.training.lora.train.train_style` saved of a full fine-tune. Raises ``CheckpointError``."""
    model = copy.deepcopy(base.network)
    checkpoints.load_weights(model, folder / checkpoints.WEIGHTS)
    return model.eval().requires_grad_(False)


@torch.no_grad()
def distilled(
    network: nn.Module, tuned: nn.Module, targets: Sequence[str], rank: int, batches: Sequence[tuple[Tensor, ...]]
) -> Adapter:
    """The adapter of ``rank`` with which the output of each layer of ``network`` comes nearest to that of ``tuned``, on
    the inputs of that layer in ``batches``.

    With C = L L^T their second moments, |(W - B A) x|^2 has the mean |(W - B A) L|^2, whose best B A L is the truncated
    singular value decomposition of W L (Wang et al. 2024, "SVD-LLM", arXiv:2403.07378). Biases and norms are left out.
    """
    moments = _moments(tuned, targets, batches)
    old, layers = targeted(network, targets), {}
    for name, layer in targeted(tuned, targets).items():
        change = layer.weight.float().flatten(1) - old[name].weight.float().flatten(1)  # (O, I * K * K)
        root = torch.linalg.cholesky(moments[name]).to(change.dtype)
        u, s, v = torch.linalg.svd(change @ root, full_matrices=False)
        kept = min(rank, len(s))
        size = s[:kept].sqrt()
        down = torch.linalg.solve_triangular(root.T, v[:kept].T, upper=True).T * size[:, None]
        tail = (1, 1) if layer.weight.ndim == 4 else ()
        up = (u[:, :kept] * size).reshape(len(u), kept, *tail)
        layers[name] = LowRank(down.reshape(kept, *layer.weight.shape[1:]).contiguous(), up.contiguous())
    return Adapter("distilled", layers, {}, "")


def _moments(tuned: nn.Module, targets: Sequence[str], batches: Sequence[tuple[Tensor, ...]]) -> dict[str, Tensor]:
    """Second moments of every layer's input, float64 (I * K * K, I * K * K), a little of each variance added."""
    sums: dict[str, Tensor] = {}
    counts: dict[str, int] = {}

    def add(name: str, layer: nn.Module, x: Tensor) -> None:
        rows = _rows(layer, x.float())
        chosen = torch.randperm(len(rows), generator=torch.Generator().manual_seed(len(counts)))[:_SEEN]
        rows = rows[chosen.to(rows.device)].double().cpu()
        sums[name], counts[name] = sums.get(name, 0) + rows.T @ rows, counts.get(name, 0) + len(rows)

    hooks = [
        layer.register_forward_pre_hook(lambda module, inputs, name=name: add(name, module, inputs[0]))
        for name, layer in targeted(tuned, targets).items()
    ]
    try:
        for batch in batches:
            tuned(*batch)
    finally:
        for hook in hooks:
            hook.remove()
    moments = {name: value / counts[name] for name, value in sums.items()}
    return {
        name: value + torch.eye(len(value), dtype=value.dtype) * _RIDGE * value.diagonal().mean()
        for name, value in moments.items()
    }


def _rows(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer's input as it meets its weight: (places, I * K * K)."""
    if isinstance(layer, nn.Conv2d):
        patches = F.unfold(x, layer.kernel_size, layer.dilation, layer.padding, layer.stride)  # (N, I * K * K, places)
        return patches.transpose(1, 2).flatten(0, 1)
    return x.flatten(0, -2)
