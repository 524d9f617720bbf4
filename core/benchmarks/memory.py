"""Resident memory of one process as each tab is used once, in the order of the tabs: what sharing networks is worth."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from core.benchmarks.app import ROOT, Rows, memory_of
from core.networks.pool import pool_of
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import GridRequest
from core.pipelines.styles.pipeline import StylesPipeline
from core.recipe import Recipe

PROMPT = "a smiling woman"


def measure_memory(root: Path) -> Rows:
    """Megabytes after each tab, measured in a process of its own. Raises ``CalledProcessError`` where one fails."""
    command = [sys.executable, "-m", "core.benchmarks.memory", str(root.resolve())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _acts(root: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is done in each tab; a tab without its checkpoints is left out."""
    pool, photo = pool_of(root), Image.new("RGB", (400, 500), "tan")
    faces, prompts, latent_map = FacesPipeline(pool=pool), PromptsPipeline(pool=pool), LatentMapPipeline(pool=pool)
    styles, reconstruction = StylesPipeline(faces, prompts), ReconstructionPipeline(pool=pool)
    if not faces.missing():
        yield "faces", lambda: list(faces.draw(Recipe(seed=1, attributes={"Smiling": 1.0})))
    if not prompts.missing():
        yield "prompts", lambda: list(prompts.draw(PromptRequest(replace(prompts.usual(), prompt=PROMPT))))
        yield "readback", lambda: prompts.readback(photo, PROMPT)
    if names := [info.name for info in styles.styles() if info.base == "faces"]:
        yield "styles", lambda: list(styles.draw(Recipe(seed=1, styles={names[0]: 1.0})))
    yield "reconstruction", lambda: list(reconstruction.grid(GridRequest((("photo", photo),), ("cae", "vae", "kl"))))
    if not latent_map.missing():
        yield "latent_map", lambda: latent_map.locate(latent_map.atlases()[0].name, photo)


def main() -> None:
    rows = {}
    for name, act in _acts(Path(sys.argv[1])):
        act()
        rows[f"memory_{name}_mb"] = memory_of("self")[0]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
