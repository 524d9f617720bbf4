"""UMAP and t-SNE in a process of their own, one map at a time.

numba, which UMAP compiles with, is neither safe under several threads nor something that a server should run while it
responds. The process takes seconds to start, so it is kept for a minute in case more maps follow.
"""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from core.latents.projection import fit

log = logging.getLogger(__name__)


class ProjectionError(RuntimeError):
    """A map that could not be fitted; the message is one sentence."""


def fit_in_process(kind: str, reduced: np.ndarray, seed: int = 0, *, patience: float = 1800) -> np.ndarray:
    """:func:`core.latents.projection.fit` in another process. Callers wait for each other.

    Raises :class:`ProjectionError`, also where it takes longer than ``patience`` seconds: the process is then ended.
    """
    return _PROCESS.fit(kind, np.asarray(reduced, np.float32), seed, patience)


class _FittingProcess:
    """A pool of one process, closed when it has had nothing to do for a minute."""

    IDLE = 60.0  # seconds

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._closing: threading.Timer | None = None

    def fit(self, kind: str, reduced: np.ndarray, seed: int, patience: float) -> np.ndarray:
        with self._lock:
            if self._closing is not None:
                self._closing.cancel()
            if self._pool is None:
                # spawn: a forked copy of a process that has threads can hang
                spawn = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(1, spawn, initializer=_prepare)
            try:
                return self._pool.submit(_fit_within, patience, kind, reduced, seed).result()
            except Exception as error:  # whatever umap raises, or the end of the process
                log.warning("The map %s failed.", kind, exc_info=error)
                if isinstance(error, BrokenProcessPool):
                    self._close()
                raise ProjectionError(f"The map {kind} could not be fitted; the log says why.") from error
            finally:
                self._closing = threading.Timer(self.IDLE, self._close_idle)
                self._closing.daemon = True
                self._closing.start()

    def _close_idle(self) -> None:
        with self._lock:
            if threading.current_thread() is self._closing:  # no map has been requested since
                self._close()

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None


_PROCESS = _FittingProcess()


def _prepare() -> None:
    """Settings of the other process. It ends with this one, and what libraries print goes to the log."""
    warnings.simplefilter("ignore")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(5)  # whoever waits for the page comes first
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches both processes
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _fit_within(patience: float, kind: str, reduced: np.ndarray, seed: int) -> np.ndarray:
    """After ``patience`` seconds the process ends and the log says what it was doing."""
    faulthandler.dump_traceback_later(patience, exit=True)
    try:
        return fit(kind, reduced, seed)
    finally:
        faulthandler.cancel_dump_traceback_later()
