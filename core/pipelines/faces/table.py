"""A table of attributes to numbered PNG files that carry their recipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core.attributes import AttributeValueError, named
from core.data.attribute_rows import read_attribute_rows
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import SEEDS, Recipe, to_png


def recipes_of(table: Path, seed: int, **options: object) -> list[Recipe]:
    """Rows of a CSV -> recipes; row i has ``seed`` + i. Raises ``AttributeValueError`` or ``RecipeError``."""
    first = Recipe(seed=seed, **options)
    rows = read_attribute_rows(table)
    if len(rows) == 0:
        raise AttributeValueError(f"{table} has a header but no rows; each row becomes a face.")
    return [replace(first, seed=(seed + i) % SEEDS, attributes=named(row)) for i, row in enumerate(rows)]


def draw_rows(pipeline: FacesPipeline, recipes: Sequence[Recipe], out: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Recipes of one picture each -> ``00000.png`` ...; yields each file with the notes on its drawing."""
    pipeline.warm()  # refuses missing checkpoints before anything is written
    out.mkdir(parents=True, exist_ok=True)
    for number, recipe in enumerate(recipes):
        *_, result = pipeline.draw(recipe, previews=False)
        path = out / f"{number:05d}.png"
        path.write_bytes(to_png(result.faces[0].image, result.faces[0].recipe))
        yield path, result.notes
