"""Draws a file of prompts to numbered PNG files with their recipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import SEEDS, RecipeError, to_png


def read_prompts(path: Path) -> list[str]:
    """Read one prompt per line; an empty line is an empty prompt, so that numbers match the lines."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if not any(line.strip() for line in lines):
        raise RecipeError(f"{path} holds no prompts; write one per line.")
    return lines


def draw_prompts(
    pipeline: PromptsPipeline, request: PromptRequest, prompts: Sequence[str], out: Path
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Draw prompt i with the request's seed + i to ``00000.png`` ...; yields each file with its notes."""
    pipeline.warm()  # refuses missing checkpoints before anything is written
    out.mkdir(parents=True, exist_ok=True)
    for number, prompt in enumerate(prompts):
        recipe = replace(request.recipe, seed=(request.recipe.seed + number) % SEEDS, count=1)
        one = PromptRequest.of(recipe, prompt, request.recipe.negative_prompt)
        *_, result = pipeline.draw(one, previews=False)
        drawing = result.drawings[0]
        path = out / f"{number:05d}.png"
        path.write_bytes(to_png(drawing.image, drawing.recipe))
        yield path, result.notes
