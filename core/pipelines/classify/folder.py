"""Classifies folders and zips of pictures, for the command."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from core import attributes
from core.images import PictureError, write_png
from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.folders import OutputNames, open_pictures


def classify_folder(
    pipeline: ClassifyPipeline, source: Path, out: Path, heat: Sequence[str], problems: list[tuple[str, str]]
) -> Iterator[str]:
    """Every picture of a folder or zip -> a row of ``out/classified.csv``; yields its name.

    With ``heat`` the maps of these attributes or classes lie beside it, ``NAME.ATTRIBUTE.png``. Files that cannot be
    read are added to ``problems``. Raises ``CheckpointError``, ``RecipeError``, ``PictureError``.
    """
    classes = pipeline.classes()
    targets = [pipeline.target(name) for name in heat]
    done = 0
    out.mkdir(parents=True, exist_ok=True)
    names = OutputNames(out)
    with open(out / "classified.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["name", "class", "class_probability", *attributes.NAMES])
        for opened in open_pictures(source, 1024):
            try:
                if opened.image is None:
                    raise PictureError(opened.problem)
                said, path = pipeline.classify(opened.image), names.path(opened.name)
            except PictureError as error:
                problems.append((opened.name, str(error)))
                continue
            first = next(iter(said.classes.items()), ("", 0.0)) if classes else ("", 0.0)
            values = [f"{said.attributes[name]:.4f}" for name in attributes.NAMES]
            table.writerow([opened.name, first[0], f"{first[1]:.4f}", *values])
            for found in pipeline.heat_maps(opened.image, targets):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.with_suffix(f".{found.target.name}.png").write_bytes(write_png(found.overlay))
            done += 1
            yield opened.name
    if not done:
        raise PictureError(f"None of the pictures in {source} can be read.")
