"""What a person waits for in Text prompts, and the same pipeline called the plain diffusers way."""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from core.benchmarks.app import PLAIN_STEPS, Rows, median_milliseconds
from core.pipelines.progress import Progress
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest

PROMPTS = (
    "a smiling young woman with wavy blond hair",
    "an old man with gray hair and a beard",
    "a plate of sushi",
    "a woman with bangs wearing red lipstick",
)


def measure_prompts(root: Path, times: int = 20, *, plain: bool = True) -> Rows:
    """Milliseconds until the first preview, one picture and four; the plain call with 50 steps, and its ratio.

    Nothing where the text pipeline is not on the machine.
    """
    pipeline = PromptsPipeline(root)
    if pipeline.missing():
        return {}
    pipeline.warm()
    seeds = itertools.count(1)

    def request(count: int = 1) -> PromptRequest:  # another prompt and seed each time
        seed = next(seeds)
        return PromptRequest(replace(pipeline.usual(), prompt=PROMPTS[seed % len(PROMPTS)], seed=seed, count=count))

    def draw(count: int = 1) -> None:
        *_, _ = pipeline.draw(request(count), previews=False)

    rows: Rows = {
        "prompt_first_preview_ms": statistics.median(_first_preview(pipeline, request()) for _ in range(times)),
        "prompt_picture_ms": median_milliseconds(draw, times),
        "prompt_four_ms": median_milliseconds(lambda: draw(4), max(1, times // 4)),
    }
    if plain:
        plainly = _plain(root / "text", seeds, pipeline.usual().guidance)
        rows["prompt_plain_ms"] = median_milliseconds(plainly, max(1, times // 7))
        rows["prompt_ratio"] = rows["prompt_plain_ms"] / rows["prompt_picture_ms"]
    return rows


def _first_preview(pipeline: PromptsPipeline, request: PromptRequest) -> float:
    started = time.perf_counter()
    events = pipeline.draw(request)
    for event in events:
        if not isinstance(event, Progress) or event.preview is not None:
            break
    taken = (time.perf_counter() - started) * 1000
    events.close()
    return taken


def _plain(folder: Path, seeds: itertools.count, guidance: float):
    """A function that draws one picture as diffusers' documentation would."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)

    def draw() -> None:
        seed = next(seeds)
        generator = torch.Generator().manual_seed(seed)
        pipeline(
            PROMPTS[seed % len(PROMPTS)],
            num_inference_steps=PLAIN_STEPS,
            guidance_scale=guidance,
            generator=generator,
        )

    return draw
