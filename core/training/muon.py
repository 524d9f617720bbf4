"""Muon: momentum whose update is orthogonalised, for the matrices inside a network."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from core.hardware import cpu_has_bf16

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # steepest at zero; singular values end between 0.7 and 1.2
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) for matrices and convolutions.

    A convolution (O, I, h, w) counts as a matrix (O, I h w); torch's own Muon takes none. Updates have the root mean
    square of AdamW's, so one learning rate and one weight decay serve both (Liu et al. 2025, arXiv:2502.16982).
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float = 0.0, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if not parameters:
                continue
            gradients = [p.grad for p in parameters]
            for p in parameters:
                self.state[p].setdefault("momentum", torch.zeros_like(p))
            buffers = [self.state[p]["momentum"] for p in parameters]
            torch._foreach_lerp_(buffers, gradients, 1 - group["momentum"])
            updates = torch._foreach_lerp(gradients, buffers, group["momentum"])  # Nesterov's look ahead
            torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
            for indices in _same_shape(parameters):
                directions = orthogonalised(torch.stack([_matrix(updates[i]) for i in indices]))
                rate = 0.2 * max(directions.shape[1:]) ** 0.5 * group["lr"]
                for i, direction in zip(indices, directions, strict=True):
                    last = parameters[i].movedim(1, -1)  # a view, so this writes to the parameter
                    last.sub_(direction.view(last.shape), alpha=rate)


def _matrix(weight: Tensor) -> Tensor:
    """(O, I) as it is; (O, I, h, w) -> (O, h w I), a view where channels lie last in memory, as in training."""
    return weight if weight.ndim == 2 else weight.movedim(1, -1).flatten(1)


def orthogonalised(matrices: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """(B, M, N) -> about U V^T of each matrix U S V^T: its singular values become 0.7 to 1.2.

    The products are in bfloat16 where the device has it; the iteration forgives their rounding.
    """
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalised(matrices.mT, dtype).mT
    if dtype is None:
        dtype = torch.bfloat16 if matrices.is_cuda or cpu_has_bf16() else torch.float32
    a, b, c = NEWTON_SCHULZ
    x = matrices.to(dtype)
    x.div_(matrices.flatten(1).norm(dim=1).clamp(min=1e-7)[:, None, None])
    for _ in range(ITERATIONS):
        gram = x @ x.mT  # (B, M, M)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.to(matrices.dtype)


def matrices_and_rest(module: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Trained parameters -> those for Muon, and the others: vectors, embeddings, the first and the last layer."""
    inner = [m for m in module.modules() if isinstance(m, nn.Linear | nn.Conv2d) and m.weight.requires_grad]
    chosen = {id(m.weight): m.weight for m in inner[1:-1] if min(m.weight.flatten(1).shape) > 1}
    parameters = trained(module)
    return [p for p in parameters if id(p) in chosen], [p for p in parameters if id(p) not in chosen]


def trained(module: nn.Module) -> list[nn.Parameter]:
    """Parameters that take a gradient."""
    return [p for p in module.parameters() if p.requires_grad]


def _same_shape(parameters: list[nn.Parameter]) -> list[list[int]]:
    found: dict[torch.Size, list[int]] = {}
    for index, parameter in enumerate(parameters):
        found.setdefault(parameter.shape, []).append(index)
    return list(found.values())
