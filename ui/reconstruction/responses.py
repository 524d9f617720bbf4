"""Requests of the Reconstruction tab answered: calls into the pipeline, their results as JSON for the page."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from core.checkpoints import CheckpointError
from core.images import PictureError, to_pixels
from core.pipelines.reconstruction.download import download
from core.pipelines.reconstruction.pipeline import ReconstructPipeline
from core.pipelines.reconstruction.types import (
    GridRequest,
    Histogram,
    LatentView,
    ModelInfo,
    Reconstruction,
    ReconstructRequest,
    SurgeryRequest,
)
from core.pipelines.uploads import collect
from core.recipe import RecipeError
from ui.components.pictures import exact_uri
from ui.messages import request_id_of
from ui.reconstruction.requests import LabAsk, LabError, parse_lab
from ui.reconstruction.table import FIRST, Examples, Table

log = logging.getLogger(__name__)

Answer = dict[str, Any]
SEND_EVERY = 0.12  # seconds between two messages of one grid
ERROR_STEPS = 2  # steps of the error picture per 8-bit level: errors up to 127 levels fit
SMALLEST_VIEW = 64
USER_ERRORS = (LabError, PictureError, CheckpointError, RecipeError)


class Lab:
    """The tab's pipelines; nothing of a visitor is kept here."""

    def __init__(self, reconstruct: ReconstructPipeline, examples: Examples) -> None:
        self.reconstruct = reconstruct
        self.examples = examples

    def answer(self, value: Any, table: Table) -> Iterator[Answer]:
        """Each message holds all that is known of its request so far, so that a page may miss any but the last."""
        state: Answer = {"ticket": request_id_of(value), "last": False}
        try:
            ask = parse_lab(value)
            state["kind"] = ask.kind
            for patch in getattr(self, f"_{ask.kind}")(ask, table):
                state = {**state, **patch}
                yield state
            yield {**state, "last": True}
        except USER_ERRORS as error:
            yield {**state, "error": str(error), "last": True}
        except Exception:
            log.exception("a request of the Reconstruction tab failed")
            sentence = "This failed on the server. Your pictures are kept: try again, or reload the page."
            yield {**state, "error": sentence, "last": True}

    # --- what there is ------------------------------------------------------------------------------------------------

    def _open(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        examples = []
        for name, words in self.examples.names().items():
            view = exact_uri(_square(self.examples.picture(name), 128)) if self.examples.cheap(name) else None
            examples.append({"name": name, "words": words, "picture": view, "first": name in FIRST})
        yield {"models": self._listed(), "examples": examples}

    def _models(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        yield {"models": self._listed()}

    def _listed(self) -> list[Answer]:
        return [_model(model) for model in self.reconstruct.models()]

    # --- pictures -----------------------------------------------------------------------------------------------------

    def _example(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        table.keep(ask.pictures)
        picture = self.examples.picture(ask.example)
        added = [self._put(table, ask.example, picture)] if ask.count > 1 else []
        yield {"example": ask.example, "thumb": exact_uri(_square(picture, 128)), "added": added}

    def _add(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        table.keep(ask.pictures)
        if ask.added:
            yield {"added": [self._put(table, *ask.added)], "problems": []}
            return
        if not table.room():
            raise LabError("The table is full. Remove some pictures, then add these again.")
        pictures, problems = collect(ask.paths, most=table.room())
        added = [self._put(table, name, picture) for name, picture in pictures]
        yield {"added": added, "problems": [{"name": name, "reason": reason} for name, reason in problems]}

    def _put(self, table: Table, name: str, picture: Image.Image) -> Answer:
        key = table.add(name, picture)
        sizes = {SMALLEST_VIEW, *(model.size for model in self.reconstruct.models() if model.present)}
        views = {str(size): exact_uri(_square(table[key][1], size)) for size in sorted(sizes)}
        return {"id": key, "name": name, "views": views, "width": picture.width, "height": picture.height}

    # --- the grid -----------------------------------------------------------------------------------------------------

    def _grid(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        rows = tuple(table[key] for key in ask.pictures)
        cells: list[Answer] = []
        sent = time.perf_counter()
        for cell in self.reconstruct.grid(GridRequest(rows, ask.models)):
            where = {"id": ask.pictures[cell.row], "model": ask.models[cell.column]}
            cells.append({**where, **(_cell(cell.result) if cell.result else {"problem": cell.problem})})
            if table.stopped >= ask.ticket:
                return
            if time.perf_counter() - sent > SEND_EVERY:
                yield {"cells": list(cells)}
                sent = time.perf_counter()
        yield {"cells": cells}

    # --- one cell -----------------------------------------------------------------------------------------------------

    def _latent(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        request = ReconstructRequest(table[ask.picture][1], ask.model)
        yield {"id": ask.picture, "model": ask.model, "latent": _latent(self.reconstruct.latent(request))}

    def _operate(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        other = table[ask.other][1] if ask.other else None
        request = SurgeryRequest(table[ask.picture][1], ask.model, ask.surgery, other)
        result = self.reconstruct.operate(request)
        yield {"id": ask.picture, "model": ask.model, "operated": _cell(result)}

    def _traverse(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        picture = table[ask.picture][1] if ask.picture else None
        pictures = self.reconstruct.traverse(ask.model, picture, ask.dimension, ask.values)
        yield {"strip": _strip(pictures), "values": list(ask.values), "dimension": ask.dimension}

    def _sample(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        yield {"strip": _strip(self.reconstruct.sample(ask.model, ask.seed, ask.count))}

    def _interpolate(self, ask: LabAsk, table: Table) -> Iterator[Answer]:
        first, second = table[ask.picture][1], table[ask.other][1]
        yield {"strip": _strip(self.reconstruct.interpolate(ask.model, first, second, ask.count))}

    # --- a model that is not here -------------------------------------------------------------------------------------

    def fetch(self, value: Any, table: Table) -> Iterator[Answer]:
        """Downloads a model; bytes so far, then the end or the reason why it broke off."""
        state: Answer = {"ticket": request_id_of(value), "last": False}
        model = value.get("model") if isinstance(value, dict) else None
        try:
            for progress in download(str(model), lambda: table.ended >= state["ticket"]):
                yield {**state, "done": progress.done, "total": progress.total}
            yield {**state, "last": True}
        except USER_ERRORS as error:
            yield {**state, "error": str(error), "last": True}
        except Exception:
            log.exception("a download failed")
            yield {**state, "error": "The download failed on the server. Try again.", "last": True}


def _model(model: ModelInfo) -> Answer:
    shape = " × ".join(str(length) for length in model.latent_shape)
    return {
        "key": model.key,
        "title": model.title,
        "present": model.present,
        "problem": model.problem,
        "download": model.download,
        "size": model.size,
        "shape": shape if len(model.latent_shape) > 1 else f"{shape} numbers" if shape else "",
        "channels": model.latent_shape[0] if model.latent_shape else 0,
        "values": model.values,
        "ratio": round(model.ratio, 1),
        "parameters": model.parameters,
        "flat": model.flat,
        "prior": model.prior,
    }


def _cell(result: Reconstruction) -> Answer:
    error = np.asarray(result.error, np.float32)
    grey = np.clip(np.rint(error * ERROR_STEPS), 0, 255).astype(np.uint8)
    return {
        "after": exact_uri(result.after),
        "error": exact_uri(Image.fromarray(grey)),
        "peak": round(float(np.percentile(error, 99.5)), 2),
        "psnr": _finite(result.psnr, 2),
        "ssim": round(float(result.ssim), 4),
        "distance": None if result.embedding_distance is None else round(float(result.embedding_distance), 4),
        "milliseconds": round(float(result.milliseconds), 1),
        "percentile": None if result.percentile is None else round(float(result.percentile)),
    }


def _latent(view: LatentView) -> Answer:
    return {
        "channels": [exact_uri(channel) for channel in view.channels],
        "code": [round(float(value), 3) for value in view.code],
        "histograms": [_histogram(histogram) for histogram in view.histograms],
        "mean": [round(float(value), 3) for value in view.mean],
        "deviation": [round(float(value), 3) for value in view.deviation],
        "scale": [round(float(value), 3) for value in view.scale],
    }


def _histogram(histogram: Histogram) -> Answer:
    edges = [round(float(edge), 3) for edge in (histogram.edges[0], histogram.edges[-1])]
    return {"counts": [int(count) for count in histogram.counts], "edges": edges}


def _strip(pictures: Any) -> list[str]:
    return [exact_uri(picture) for picture in pictures]


def _square(picture: Image.Image, size: int) -> Image.Image:
    """The picture as a model of this size sees it."""
    return Image.fromarray(to_pixels(picture, size))


def _finite(value: float, digits: int) -> float | None:
    """None for an exact copy, whose PSNR is infinite: JSON has no such number."""
    return round(float(value), digits) if math.isfinite(value) else None
