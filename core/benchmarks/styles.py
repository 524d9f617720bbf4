"""What a style costs on this machine: drawing in one, switching to another, and the first use of a file.

Over adapters of random numbers: how long they take depends on their shapes alone, and nothing has to be trained first.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from core import checkpoints
from core.benchmarks.app import Rows, median_milliseconds
from core.models.adapters import TARGETS, AdapterFactors
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe

RANK = 8  # looks need 2, domains 10
SESSION = "benchmark"


def measure_styles(root: Path, times: int = 20) -> Rows:
    """Milliseconds of one face plain, in a style that was applied before, in one at another strength each time (merged
    anew), and in one whose file was never opened; the first three also as shares of the plain one.
    """
    pipeline = FacesPipeline(root)
    pipeline.warm()
    few = max(1, times // 4)
    with tempfile.TemporaryDirectory() as folder:
        names = iter(_adapters(pipeline, root, Path(folder), few + 2))
        plain, turn = Recipe(seed=1), iter(range(1, 10**9))
        active = replace(plain, styles={next(names): 1.0})

        def draw(recipe: Recipe) -> None:
            *_, _ = pipeline.draw(recipe, previews=False)

        def switched() -> None:
            (name,) = active.styles
            draw(replace(plain, styles={name: 1 + next(turn) / 1000}))

        acts = {"none": lambda: draw(plain), "active": lambda: draw(active), "switched": switched}
        rows: Rows = {f"style_{what}_ms": value for what, value in _in_turn(acts, times).items()}
        rows["style_first_use_ms"] = median_milliseconds(lambda: draw(replace(plain, styles={next(names): 1.0})), few)
        pipeline.library.forget(SESSION)
    rows |= {f"style_{what}_ratio": rows[f"style_{what}_ms"] / rows["style_none_ms"] for what in ("active", "switched")}
    return {**rows, "style_rank": RANK}


def _in_turn(acts: dict[str, Callable[[], None]], times: int) -> dict[str, float]:
    """The median of each, one after the other in every round: what else the machine does falls on all alike."""
    taken: dict[str, list[float]] = {what: [] for what in acts}
    for _ in range(times + 1):
        for what, act in acts.items():
            started = time.perf_counter()
            act()
            taken[what].append((time.perf_counter() - started) * 1000)
    return {what: statistics.median(values[1:]) for what, values in taken.items()}


def _adapters(pipeline: FacesPipeline, root: Path, folder: Path, count: int) -> list[str]:
    """So many styles of a session of their own."""
    network, names = checkpoints.load_model(root / "faces"), []
    about = {"base": "faces", "fingerprint": checkpoints.fingerprint(root / "faces")}
    for number in range(count):
        factors = AdapterFactors(network, TARGETS["faces"], RANK, {**about, "title": f"Random {number}"})
        for up in factors.up:
            torch.nn.init.normal_(up, std=0.01, generator=torch.Generator().manual_seed(number))
        factors.save_pretrained(folder / str(number))
        names.append(pipeline.library.add(SESSION, folder / str(number), f"Random {number}").name)
    return names
