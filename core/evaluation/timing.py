"""How long one picture takes to encode and to decode on this machine."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from core.images import to_tensor
from core.latents.codecs import OpenCodec

BATCHES = (1, 16)
FEWEST, MOST, SECONDS = 5, 40, 1.5  # calls that are timed, and when to stop before the most


def timings(codec: OpenCodec, pixels: np.ndarray) -> dict[str, dict[str, float]]:
    """uint8 (N, S, S, 3) -> milliseconds per picture in batches of 1 and of 16, the median of several after warm-up."""
    rows = {}
    for batch in BATCHES:
        x = to_tensor(np.resize(pixels, (batch, *pixels.shape[1:])))
        z = codec.encode(x)
        encode, decode = _median(lambda x=x: codec.encode(x)), _median(lambda z=z: codec.decode(z))
        rows[f"batch_{batch}"] = {"encode": encode / batch, "decode": decode / batch}
    return rows


def machine() -> str:
    """What the times were taken on."""
    threads = torch.get_num_threads()
    return f"{os.cpu_count()} CPU cores ({threads} thread{'s' if threads > 1 else ''}), float32"


def _median(call: Callable[[], torch.Tensor]) -> float:
    for _ in range(2):
        call()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < FEWEST or (len(taken) < MOST and time.perf_counter() - began < SECONDS):
        started = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)
