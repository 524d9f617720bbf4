"""Networks whose answer does not depend on the number of threads, bit for bit, with weights laid out once.

Of torch's CPU kernels three round differently when more threads share the work, all in channels_last: 1x1 convolutions
(sums over channels are split), group norm from 1024 positions on (sums over positions are split), and SiLU (the ends of
each thread's share, where it is not a whole number of vectors, go through another exponential). Each has an equal
that does not. 3x3 convolutions are steady, but lay out their weights anew at every call, which for small pictures takes
longer than the sums.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.models.face_unet import ResidualBlock

ONE_THREAD = 32768  # elements up to which torch leaves an elementwise operation to one thread
VECTORS = 64  # elements; a multiple of what any processor's loop takes at once


def steady(network: nn.Module) -> nn.Module:
    """Replaces those layers in place, for inference in channels_last; nothing can be trained or saved afterwards."""
    for name, module in list(network.named_modules()):
        parent, _, leaf = name.rpartition(".")
        if isinstance(module, nn.Conv2d) and module.kernel_size == module.stride == (1, 1):
            setattr(network.get_submodule(parent), leaf, Pointwise(module))
        elif isinstance(module, nn.Conv2d) and _packs(module):
            setattr(network.get_submodule(parent), leaf, Packed(module))
        elif isinstance(module, nn.GroupNorm):
            setattr(network.get_submodule(parent), leaf, SteadyNorm(module))
        elif isinstance(module, nn.SiLU):
            setattr(network.get_submodule(parent), leaf, SteadySiLU())
        elif isinstance(module, ResidualBlock) and module.activation is F.silu:
            module.activation = SteadySiLU()
    return network


class Pointwise(nn.Module):
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


class Packed(nn.Module):
    """A convolution whose weights oneDNN lays out once, for the first input it meets: the same sums, sooner."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.how = (convolution.padding, convolution.stride, convolution.dilation, convolution.groups)
        self.weight, self.bias = convolution.weight.detach(), convolution.bias
        self.shape = self.weight.shape
        self.met: torch.Size | None = None  # shape of that input

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        return convolve(x, self.laid_out(x), self.bias, self.how)

    def laid_out(self, x: Tensor) -> Tensor:
        """The weights as oneDNN wants them."""
        if self.met is None:
            self.met = x.shape
            self.weight = self.lay_out(self.weight)
        return self.weight

    def lay_out(self, weight: Tensor) -> Tensor:
        """Others of the same shape, in the layout of its own."""
        return torch.ops.mkldnn._reorder_convolution_weight(weight.contiguous(), *self.how, self.met)


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, how: tuple) -> Tensor:
    """A convolution with weights that were laid out."""
    return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *how, "none", [], "")


class SteadyNorm(nn.Module):
    """Group norm whose groups are each summed by one thread."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[2] * x.shape[3] < 1024:
            return self.norm(x)
        return self.norm(x.contiguous()).contiguous(memory_format=torch.channels_last)


class SteadySiLU(nn.Module):
    """x * sigmoid(x); where the threads' shares are uneven, a portion of one thread after the other."""

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or _whole_vectors(x.numel()):
            return F.silu(x)
        rows = x.permute(0, 2, 3, 1)  # (N, H, W, C)
        portions = rows.reshape(-1).split(ONE_THREAD)
        return torch.cat([F.silu(portion) for portion in portions]).view(rows.shape).permute(0, 3, 1, 2)


def _whole_vectors(elements: int) -> bool:
    """Whether torch gives each thread a share without such an end."""
    threads = min(torch.get_num_threads(), -(-elements // ONE_THREAD))
    return -(-elements // threads) % VECTORS == 0 and elements % VECTORS == 0
