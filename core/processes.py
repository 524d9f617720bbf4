"""Several processes at one job, started by ``accelerate launch``: which share is whose, and who waits for whom."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE_HOURS = 12  # that processes wait for one of them: it may decode a data set or validate meanwhile


@dataclass(frozen=True)
class Processes:
    """This process's number and how many there are. Alone: number 0 of 1, and nobody to wait for."""

    index: int = 0
    count: int = 1

    @classmethod
    def launched(cls) -> Processes:
        """What ``accelerate launch`` (or torchrun, or MPI) has started; alone where it was none of them."""
        if not any(os.environ.get(name) for name in ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE")):
            return cls()
        state = _state()
        return cls(state.process_index, state.num_processes)

    @property
    def device(self) -> str:
        """Where this process computes: a GPU of its own on machines that have some, else the CPU."""
        import torch

        return f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"

    @property
    def main(self) -> bool:
        """Whether this is the one process that writes logs and checkpoints."""
        return self.index == 0

    def wait(self) -> None:
        """Returns when every process has come here."""
        if self.count > 1:
            _state().wait_for_everyone()

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """The main process does the block alone; the others follow when it is done, and find what it has written."""
        if not self.main:
            self.wait()
        yield
        if self.main:
            self.wait()


def _state():
    from datetime import timedelta

    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available(), timeout=timedelta(hours=PATIENCE_HOURS))
