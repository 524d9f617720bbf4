"""Random numbers for the rows of a batch that several processes share.

Every process draws for the whole batch from the same seed and keeps its own rows: one in ``count``, beginning with its
number. So the batch of a step is the same for any number of processes. Drawing is cheap; reading and computing is done
for the own rows only. Each function takes a plain ``torch.Generator`` as well, of which every row is kept.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core.processes import Processes


class SharedGenerator(torch.Generator):
    """A CPU generator that knows which rows are this process's. Used directly by torch, it draws the same numbers in
    every process: for choices that concern the whole batch.
    """

    def __new__(cls, seed: int, processes: Processes) -> SharedGenerator:
        return super().__new__(cls)

    def __init__(self, seed: int, processes: Processes) -> None:
        self.processes = processes
        self.manual_seed(seed)


def rand(generator: torch.Generator, count: int, *shape: int) -> Tensor:
    """Even numbers in [0, 1): float (count, *shape)."""
    return _own(generator, count, lambda whole: torch.rand(whole, *shape, generator=generator))


def randn(generator: torch.Generator, count: int, *shape: int) -> Tensor:
    """Normal numbers: float (count, *shape)."""
    return _own(generator, count, lambda whole: torch.randn(whole, *shape, generator=generator))


def integers(generator: torch.Generator, high: int, count: int) -> Tensor:
    """Whole numbers from 0 to ``high`` - 1: int64 (count,)."""
    return _own(generator, count, lambda whole: torch.randint(high, (whole,), generator=generator))


def weighted(generator: torch.Generator, weights: Tensor, count: int) -> Tensor:
    """Indices into ``weights`` (N,), as likely as these are large, with replacement: int64 (count,)."""
    return _own(
        generator, count, lambda whole: torch.multinomial(weights, whole, replacement=True, generator=generator)
    )


def _own(generator: torch.Generator, count: int, draw: Callable[[int], Tensor]) -> Tensor:
    processes = getattr(generator, "processes", Processes())
    return draw(count * processes.count)[processes.index :: processes.count]
