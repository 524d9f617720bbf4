"""The Reconstruction tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import GridRequest
from core.pipelines.uploads import collect
from ui.endpoints import off_the_page, with_sentences
from ui.messages import RequestError
from ui.reconstruction.requests import MOST_CELLS

FIGURES = ("psnr", "ssim", "embedding_distance", "milliseconds", "percentile")


def reconstruction_api(reconstruction: ReconstructionPipeline, queue: str) -> None:
    """Add the endpoint ``/reconstruct``, which the page does not show."""

    def run(
        pictures: list[str] | None, models: list[str] | None, align: bool = False
    ) -> tuple[list[Any], dict[str, Any]]:
        """Reconstructs pictures (files or zips) with autoencoders. ``models`` lists their keys; empty means all.
        ``align`` takes the square of each photo's largest face instead of its centre.

        Returns the reconstructions row by row, and for each its file, model, PSNR, SSIM, embedding distance,
        milliseconds and the percentile among the test pictures; files that could not be read, with the reason.
        """
        return _reconstructed(reconstruction, pictures, models, align)

    with off_the_page():
        files = gr.File(label="pictures", file_count="multiple", type="filepath")
        wanted = gr.JSON([], label="models")
        align = gr.Checkbox(False, label="align")
        after = gr.Gallery(label="reconstructions", format="png")
        details = gr.JSON(label="details")
        gr.Button("reconstruct").click(
            with_sentences(run),
            [files, wanted, align],
            [after, details],
            api_name="reconstruct",
            api_description=run.__doc__,
            concurrency_limit=1,
            concurrency_id=queue,
        )


def _reconstructed(
    reconstruction: ReconstructionPipeline, paths: Any, wanted: Any, align: Any
) -> tuple[list[Any], dict[str, Any]]:
    known = {model.key: model for model in reconstruction.models()}
    models = wanted or [key for key, model in known.items() if model.present]
    if not isinstance(models, list) or not all(isinstance(key, str) for key in models):
        raise RequestError('Models come as a list of their keys, such as ["kl", "vae"].')
    models = list(dict.fromkeys(models))
    unknown = [key[:60] for key in models if key not in known]
    if unknown:
        raise RequestError(f"Unknown model {unknown[0]!r}; there are {', '.join(known)}.")
    for key in models:
        if not known[key].present:
            raise RequestError(known[key].problem)
    if not paths:
        raise RequestError("There is no picture in this request.")
    most = max(1, MOST_CELLS // max(1, len(models)))
    aligner = reconstruction.aligner() if align is True else None
    pictures, problems = collect([Path(path) for path in paths], most, aligner=aligner)
    images, rows = [], []
    for cell in reconstruction.grid(GridRequest(tuple(pictures), tuple(models))):
        row: dict[str, Any] = {"name": pictures[cell.row][0], "model": models[cell.column]}
        if cell.result:
            row |= {name: getattr(cell.result, name) for name in FIGURES} | {"picture": len(images)}
            images.append(cell.result.after)
        else:
            row["problem"] = cell.problem
        rows.append(row)
    return images, {"cells": rows, "problems": [{"name": name, "reason": reason} for name, reason in problems]}
