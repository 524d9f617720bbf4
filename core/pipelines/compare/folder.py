"""Batches of generated pictures to numbered PNG files, for the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.attribute_rows import read_attribute_rows
from core.images import PictureError, write_png
from core.photos.squares import FaceAligner
from core.pipelines.compare.parts import missing
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.compare.types import Batch, VariationRequest, VariationResult
from core.pipelines.folders import open_pictures
from core.recipe import SEEDS, RecipeError


def wanted_batch(table: Path | None, count: int | None, seed: int) -> Batch:
    """The rows of a table of attributes, or ``count`` pictures with nothing set; row i has ``seed`` + i.

    Raises ``AttributeValueError`` or ``RecipeError``.
    """
    rows = None if table is None else read_attribute_rows(table)
    wanted = count if rows is None else len(rows)
    if not wanted or wanted < 0:
        raise RecipeError("Give a table of --attributes with a row for each picture, or their number as --count.")
    if not 0 <= seed < SEEDS:
        raise RecipeError(f"The seed is from 0 to {SEEDS - 1}.")
    return Batch([(seed + row) % SEEDS for row in range(wanted)], rows)


def draw_files(name: str, root: Path, batch: Batch, out: Path) -> Iterator[Path]:
    """A batch by one of the generators -> ``00000.png`` ...; yields each file. Raises ``CheckpointError``."""
    from core import checkpoints
    from core.networks.pool import pool_of
    from core.pipelines.compare.generators import BATCH, draw

    if problem := missing(root, name):
        raise checkpoints.CheckpointError(problem)
    pool = pool_of(root)
    out.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(batch.seeds), BATCH):
        pixels = draw(pool, name, batch.part(slice(start, start + BATCH)))
        for number, each in enumerate(pixels, start=start):
            yield _written(each, out / f"{number:05d}.png")


def vary_files(
    pipeline: VariationsPipeline,
    source: Path,
    out: Path,
    options: dict,
    *,
    align: bool,
    problems: list[tuple[str, str]],
) -> Iterator[Path]:
    """Every picture of a folder or zip -> ``NAME-0.png``, ``NAME-1.png`` ...; yields each file.

    ``options`` are those of a :class:`VariationRequest`. Files that cannot be used, and with ``align`` photos without a
    face, are added to ``problems`` with their reason. Raises ``CheckpointError``, ``RecipeError``, ``PictureError``.
    """
    pipeline.require()
    size = pipeline.size
    aligner = FaceAligner.for_model(pipeline.root / "autoencoder-kl", size) if align else None
    used = 0
    for opened in open_pictures(source, size, aligner):
        if opened.image is None:
            problems.append((opened.name, opened.problem))
            continue
        *_, result = pipeline.draw(VariationRequest(opened.image, **options))
        assert isinstance(result, VariationResult)
        out.mkdir(parents=True, exist_ok=True)
        used += 1
        stem = f"{used - 1:05d}-{Path(opened.name).stem[:80]}"
        for number, variation in enumerate(result.variations):
            yield _written(np.asarray(variation.image), out / f"{stem}-{number}.png")
    if not used:
        raise PictureError(f"None of the pictures in {source} could be used.")


def _written(pixels: np.ndarray, path: Path) -> Path:
    path.write_bytes(write_png(Image.fromarray(pixels)))
    return path
