"""Responses of the Reconstruction tab, made of the pipeline's results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.images import to_pixels
from core.pipelines.reconstruction.types import Histogram, LatentView, ModelInfo, Reconstruction
from ui.components.chart_style import ChartJSON
from ui.components.charts import histogram_chart
from ui.components.pictures import exact_uri
from ui.messages import UNSET, FileProblemView, Response

ERROR_STEPS = 2  # steps of the error picture per 8-bit level: errors up to 127 levels fit


@dataclass(frozen=True)
class ModelView:
    key: str
    title: str
    present: bool
    problem: str
    download: str
    size: int
    shape: str
    channels: int
    values: int
    ratio: float
    parameters: int
    flat: bool
    prior: bool


@dataclass(frozen=True)
class ExampleView:
    name: str
    words: str
    picture: str | None
    first: bool  # whether it is shown when the tab is first opened


@dataclass(frozen=True, kw_only=True)
class OpenResponse(Response):
    models: list[ModelView] = UNSET
    examples: list[ExampleView] = UNSET


@dataclass(frozen=True)
class AddedView:
    """An input picture, at the size of each model."""

    id: str
    name: str
    views: dict[str, str]
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class AddResponse(Response):
    example: str = UNSET
    thumb: str = UNSET
    added: list[AddedView] = UNSET
    problems: list[FileProblemView] = UNSET


@dataclass(frozen=True, kw_only=True)
class CellView:
    id: str = UNSET  # of the picture
    model: str = UNSET
    after: str = UNSET
    error: str = UNSET
    peak: float = UNSET
    psnr: float | None = UNSET  # None for an exact copy
    ssim: float = UNSET
    distance: float | None = UNSET
    milliseconds: float = UNSET
    percentile: int | None = UNSET
    problem: str = UNSET


@dataclass(frozen=True, kw_only=True)
class GridResponse(Response):
    cells: list[CellView] = UNSET


@dataclass(frozen=True, kw_only=True)
class ArchiveResponse(Response):
    archive: str = UNSET  # a zip as a data URI


@dataclass(frozen=True)
class LatentsView:
    channels: list[str]
    code: list[float]
    chart: ChartJSON  # histograms of each channel, or of the code
    mean: list[float]
    deviation: list[float]
    scale: list[float]


@dataclass(frozen=True, kw_only=True)
class LatentResponse(Response):
    id: str = UNSET
    model: str = UNSET
    latent: LatentsView = UNSET


@dataclass(frozen=True, kw_only=True)
class OperateResponse(Response):
    id: str = UNSET
    model: str = UNSET
    operated: CellView = UNSET


@dataclass(frozen=True, kw_only=True)
class StripResponse(Response):
    strip: list[str] = UNSET
    values: tuple[float, ...] = UNSET
    dimension: int = UNSET


@dataclass(frozen=True, kw_only=True)
class DownloadResponse(Response):
    done: int = UNSET  # bytes
    total: int = UNSET


def model_view(model: ModelInfo) -> ModelView:
    shape = " × ".join(str(length) for length in model.latent_shape)
    return ModelView(
        key=model.key,
        title=model.title,
        present=model.present,
        problem=model.problem,
        download=model.download,
        size=model.size,
        shape=shape if len(model.latent_shape) > 1 else f"{shape} numbers" if shape else "",
        channels=model.latent_shape[0] if model.latent_shape else 0,
        values=model.values,
        ratio=round(model.ratio, 1),
        parameters=model.parameters,
        flat=model.flat,
        prior=model.prior,
    )


def added_view(key: str, name: str, full: tuple[int, int], kept: Image.Image, sizes: Iterable[int]) -> AddedView:
    views = {str(size): square_uri(kept, size) for size in sorted(sizes)}
    return AddedView(key, name, views, *full)


def cell_view(result: Reconstruction, picture: str = UNSET, model: str = UNSET) -> CellView:
    error = np.asarray(result.error, np.float32)
    grey = np.clip(np.rint(error * ERROR_STEPS), 0, 255).astype(np.uint8)
    distance, percentile = result.embedding_distance, result.percentile
    return CellView(
        id=picture,
        model=model,
        after=exact_uri(result.after),
        error=exact_uri(Image.fromarray(grey)),
        peak=round(float(np.percentile(error, 99.5)), 2),
        psnr=round(float(result.psnr), 2) if math.isfinite(result.psnr) else None,
        ssim=round(float(result.ssim), 4),
        distance=None if distance is None else round(float(distance), 4),
        milliseconds=round(float(result.milliseconds), 1),
        percentile=None if percentile is None else round(float(percentile)),
    )


def latents_view(view: LatentView) -> LatentsView:
    return LatentsView(
        channels=[exact_uri(channel) for channel in view.channels],
        code=_rounded(view.code),
        chart=_histograms(view.histograms),
        mean=_rounded(view.mean),
        deviation=_rounded(view.deviation),
        scale=_rounded(view.scale),
    )


def square_uri(picture: Image.Image, size: int) -> str:
    """Return the picture at the size of a model."""
    return exact_uri(Image.fromarray(to_pixels(picture, size)))


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values]


def _histograms(histograms: Sequence[Histogram]) -> ChartJSON:
    single = len(histograms) == 1
    rows = [("Code" if single else f"Channel {index + 1}", one.counts) for index, one in enumerate(histograms)]
    edges = [float(edge) for edge in histograms[0].edges]
    return histogram_chart(rows, edges, title="Values of the latents", x="deviations from the mean")
