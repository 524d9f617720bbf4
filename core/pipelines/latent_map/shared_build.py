"""An atlas built by several processes: each looks at a share of the pictures and fits a share of the maps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import checkpoints
from core.latents.projection import LEAST
from core.latents.spaces import ENCODERS, Space
from core.pipelines.latent_map.build import BATCH, SLOW_MAPS, Fit, look_at, make_space
from core.pipelines.latent_map.types import Advance
from core.processes import Processes

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine


def look_together(
    engine: LatentMapEngine, pixels: np.ndarray, state: Path, processes: Processes
) -> Iterator[Advance | dict[str, np.ndarray]]:
    """:func:`look_at` with errors, each process at its own rows; ends with the arrays of all pictures. The same number
    of processes goes on where it was stopped."""
    folders = [state / f"share-{index}-of-{processes.count}" for index in range(processes.count)]
    batches = np.array_split(np.arange(-(-len(pixels) // BATCH)), processes.count)  # whole ones: alone nothing differs
    shares = [slice(part[0] * BATCH, (part[-1] + 1) * BATCH) for part in batches if len(part)]
    if processes.index < len(shares):
        folders[processes.index].mkdir(parents=True, exist_ok=True)
        own = look_at(engine, pixels[shares[processes.index]], state=folders[processes.index], errors=True)
        yield from (step for step in own if isinstance(step, Advance))
    processes.wait()
    known = [(folder, checkpoints.read_json(folder / "looked.json")["arrays"]) for folder in folders[: len(shares)]]
    yield {name: np.concatenate([np.load(folder / f"{name}.npy") for folder, _ in known]) for name in known[0][1]}


def fit_maps(arrays: dict[str, np.ndarray], fit: Fit, processes: Processes) -> Iterator[Advance]:
    """This process's share of the slow maps of all spaces; ``fit`` keeps them for :func:`assemble`."""
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
