"""Reconstructs and encodes folders and zips, for the commands."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core.images import PictureError, write_png
from core.pipelines.folders import Opened, OutputNames, open_pictures
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest
from core.recipe import RecipeError

COLUMNS = ("name", "file", "psnr", "ssim", "embedding_distance", "ms")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one file: its row of ``metrics.csv``, or the reason why it has none."""

    name: str
    row: dict[str, object] | None = None
    problem: str = ""


def reconstruct_folder(
    pipeline: ReconstructionPipeline,
    model: str,
    source: Path,
    out: Path,
    *,
    whole: bool = False,
    align: bool = False,
) -> Iterator[Outcome]:
    """Reconstruct every picture of a folder or zip: PNG files of the same names in ``out``, and ``metrics.csv``.

    ``whole`` keeps each picture's own shape and size, in tiles; ``align`` takes the square of its largest face;
    otherwise it is the centre square in the model's size.
    """
    if whole and align:
        raise RecipeError("A photo is kept whole or aligned by its face, not both.")
    codec = pipeline.engine.codec(model)  # an unknown model raises before anything is written
    if whole and codec.flat:
        raise RecipeError("This model makes one code of a square picture; whole photos need a grid of latents, as kl.")
    aligner = pipeline.aligner() if align else None
    pictures = open_pictures(source, None if whole else codec.size, aligner)
    out.mkdir(parents=True, exist_ok=True)
    names = OutputNames(out)
    with open(out / "metrics.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for opened in pictures:
            outcome = _reconstruct_one(pipeline, model, opened, names, whole)
            if outcome.row:
                table.writerow(outcome.row)
            yield outcome


def _reconstruct_one(
    pipeline: ReconstructionPipeline, model: str, opened: Opened, names: OutputNames, whole: bool
) -> Outcome:
    if opened.image is None:
        return Outcome(opened.name, problem=opened.problem)
    try:
        path = names.path(opened.name)
        result = pipeline.reconstruct(ReconstructionRequest(opened.image, model, whole))
    except (PictureError, RecipeError) as error:
        return Outcome(opened.name, problem=str(error))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_png(result.after))
    distance = "" if result.embedding_distance is None else f"{result.embedding_distance:.6f}"
    figures = (f"{result.psnr:.4f}", f"{result.ssim:.6f}", distance, f"{result.milliseconds:.1f}")
    values = (opened.name, path.relative_to(names.folder).as_posix(), *figures)
    return Outcome(opened.name, dict(zip(COLUMNS, values, strict=True)))


def embed_folder(
    pipeline: ReconstructionPipeline,
    model: str,
    source: Path,
    problems: list[Outcome],
    layer: str | None = None,
    *,
    align: bool = False,
) -> tuple[np.ndarray, list[str]]:
    """Encode every readable picture of a folder or zip: vectors (N, ...) float32, and names.

    Latents of an autoencoder, or embeddings where ``model`` is ``classifier``; with ``layer`` the activation of that
    layer, a mean over places (N, C). ``align`` takes the square of each photo's largest face instead of the centre
    square. The other files are added to ``problems``. Raises ``CheckpointError``, also for a
    layer that is not there, and ``PictureError`` where no picture can be read.
    """
    from core.networks.layer_tap import LayerTap  # imports torch

    engine = pipeline.engine  # a missing model raises before any picture is read
    side = engine.classifier().config.sample_size if model == "classifier" else engine.codec(model).size
    tap = None if layer is None else LayerTap(engine.network(model), layer)
    vectors, names = [], []
    for opened in open_pictures(source, side, pipeline.aligner() if align else None):
        if opened.image is None:
            problems.append(Outcome(opened.name, problem=opened.problem))
            continue
        encode = engine.embed if model == "classifier" else lambda image: engine.encode(model, image)[0]
        embedded = encode(opened.image) if tap is None else tap.activation(partial(encode, opened.image))
        vectors.append(np.asarray(embedded, np.float32))
        names.append(opened.name)
    if not names:
        raise PictureError(f"None of the pictures in {source} can be read.")
    return np.stack(vectors), names
