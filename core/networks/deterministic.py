"""Makes the output of networks independent of the number of threads, bit for bit, and packs convolution weights once.

Five of torch's CPU kernels round differently when more threads share the work: 1x1 convolutions (sums over channels are
split), group norm from 1024 positions on (sums over positions are split), SiLU (the ends of each thread's share, where
it is not a whole number of vectors, go through another exponential), GELU of a tensor with gaps (likewise), and linear
layers of five or six rows (sums are split). Each has an equivalent that does not. 3x3 convolutions are deterministic,
but repack their weights at every call, which for small pictures takes longer than the sums. All of it in channels_last.
"""

from __future__ import annotations

import torch
from diffusers.models.activations import GEGLU
from torch import Tensor, nn
from torch.nn import functional as F

from core.models.face_unet import ResidualBlock

ONE_THREAD = 32768  # elements up to which torch leaves an elementwise operation to one thread
VECTORS = 64  # elements; a multiple of what any processor's loop takes at once
FEW_ROWS = 4  # of a linear layer, up to which one thread sums


def make_deterministic(network: nn.Module) -> nn.Module:
    """Replace those layers in place for inference in channels_last; training and saving are no longer possible."""
    for name, module in list(network.named_modules()):
        parent, _, leaf = name.rpartition(".")
        if (replaced := _equivalent(module)) is not None:
            setattr(network.get_submodule(parent), leaf, replaced)
        elif isinstance(module, ResidualBlock) and module.activation is F.silu:
            module.activation = DeterministicSiLU()
    return network


def _equivalent(module: nn.Module) -> nn.Module | None:
    if isinstance(module, nn.Conv2d):
        if module.kernel_size == module.stride == (1, 1):
            return PointwiseConv(module)
        return PackedConv(module) if _packs(module) else None
    kinds = {
        nn.GroupNorm: DeterministicGroupNorm,
        nn.SiLU: lambda _: DeterministicSiLU(),
        nn.Linear: DeterministicLinear,
        GEGLU: DeterministicGEGLU,
    }
    return kinds[type(module)](module) if type(module) in kinds else None


class PointwiseConv(nn.Module):
    """A 1x1 convolution of stride 1 as one matrix product over positions, whatever the memory order of the input."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        rows = x.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1)  # (N, H, W, C)
        return F.linear(rows, self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)  # (N, C, H, W)


def _packs(convolution: nn.Conv2d) -> bool:
    plain = convolution.padding_mode == "zeros" and not isinstance(convolution.padding, str)
    return plain and convolution.weight.dtype == torch.float32 and torch.backends.mkldnn.is_available()


class PackedConv(nn.Module):
    """A convolution whose weights oneDNN packs once, for its first input: the same sums in less time.

    Inputs of other shapes give the same bits, whichever shape the weights were packed for.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.options = (convolution.padding, convolution.stride, convolution.dilation, convolution.groups)
        self.weight, self.bias = convolution.weight.detach(), convolution.bias
        self.shape = self.weight.shape
        self.packed_for: torch.Size | None = None  # shape of that input

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return convolve(x, self.packed(x), self.bias, self.options)

    def packed(self, x: Tensor) -> Tensor:
        """Return the weights in oneDNN's own layout."""
        if self.packed_for is None:
            self.packed_for = x.shape
            self.weight = self.pack(self.weight)
        return self.weight

    def pack(self, weight: Tensor) -> Tensor:
        """Pack other weights of the same shape into the same layout."""
        return torch.ops.mkldnn._reorder_convolution_weight(weight.contiguous(), *self.options, self.packed_for)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, options: tuple) -> Tensor:
    """A convolution with packed weights."""
    return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *options, "none", [], "")


class DeterministicGroupNorm(nn.Module):
    """Group norm whose groups are each summed by one thread."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[2] * x.shape[3] < 1024:
            return self.norm(x)
        return self.norm(x.contiguous()).contiguous(memory_format=torch.channels_last)


class DeterministicSiLU(nn.Module):
    """x * sigmoid(x); if the threads' shares are uneven, one portion at a time on one thread."""

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or _whole_vectors(x.numel()):
            return F.silu(x)
        rows = x.permute(0, 2, 3, 1)  # (N, H, W, C)
        portions = rows.reshape(-1).split(ONE_THREAD)
        return torch.cat([F.silu(portion) for portion in portions]).view(rows.shape).permute(0, 3, 1, 2)


class DeterministicGEGLU(nn.Module):
    """A linear layer whose first half is gated by GELU of the second (Shazeer 2020, arXiv:2002.05202)."""

    def __init__(self, geglu: GEGLU) -> None:
        super().__init__()
        self.proj = geglu.proj

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate.contiguous())


class DeterministicLinear(nn.Module):
    """A linear layer that takes single rows (N, D) a few at a time."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 2 or len(x) <= FEW_ROWS:
            return F.linear(x, self.weight, self.bias)
        return torch.cat([F.linear(rows, self.weight, self.bias) for rows in x.split(FEW_ROWS)])


def _whole_vectors(elements: int) -> bool:
    """Return whether torch gives each thread a whole number of vectors."""
    threads = min(torch.get_num_threads(), -(-elements // ONE_THREAD))
    return -(-elements // threads) % VECTORS == 0 and elements % VECTORS == 0
