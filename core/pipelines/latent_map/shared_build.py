"""Builds an atlas with several processes: each encodes a share of the pictures and fits a share of the maps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import checkpoints
from core.latents.projection import LEAST
from core.latents.spaces import ENCODERS, Space
from core.pipelines.latent_map.build import BATCH, SLOW_MAPS, Fit, encode_pictures, make_space
from core.pipelines.latent_map.types import Advance
from core.processes import Processes

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine


def encode_together(
    engine: LatentMapEngine, pixels: np.ndarray, state: Path, processes: Processes
) -> Iterator[Advance | dict[str, np.ndarray]]:
    """Run :func:`encode_pictures` with errors on this process's rows; ends with the arrays of all pictures. A stopped
    run resumes if the number of processes is the same."""
    folders = [state / f"share-{index}-of-{processes.count}" for index in range(processes.count)]
    batches = np.array_split(
        np.arange(-(-len(pixels) // BATCH)), processes.count
    )  # whole batches: the same as with one process
    shares = [slice(part[0] * BATCH, (part[-1] + 1) * BATCH) for part in batches if len(part)]
    if processes.index < len(shares):
        folders[processes.index].mkdir(parents=True, exist_ok=True)
        own = encode_pictures(engine, pixels[shares[processes.index]], state=folders[processes.index], errors=True)
        yield from (step for step in own if isinstance(step, Advance))
    processes.wait()
    known = [(folder, checkpoints.read_json(folder / "encoded.json")["arrays"]) for folder in folders[: len(shares)]]
    yield {name: np.concatenate([np.load(folder / f"{name}.npy") for folder, _ in known]) for name in known[0][1]}


def fit_maps(arrays: dict[str, np.ndarray], fit: Fit, processes: Processes) -> Iterator[Advance]:
    """Fit this process's share of the slow maps of all spaces; ``fit`` caches them for :func:`assemble`."""
    order = [key for key in ENCODERS if key in arrays]
    own = [(key, kind) for key in order for kind in SLOW_MAPS][processes.index :: processes.count]
    spaces: dict[str, Space] = {}
    for done, (key, kind) in enumerate(own, start=1):
        if key not in spaces:
            spaces = {key: make_space(key, arrays[key], "")}
        if len(spaces[key]) >= LEAST[kind]:
            fit(key, kind, spaces[key].reduced)
        yield Advance("mapping", done, len(own))
    processes.wait()
