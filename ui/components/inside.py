"""The steps of one drawing for the page: what Faces and Text prompts send when somebody looks inside."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from core.pipelines.inside import Inside, InsideStep
from core.pipelines.progress import Progress
from ui.components.chart_style import MUTED, ChartJSON
from ui.components.charts import Line, line_chart
from ui.components.pictures import exact_uri, preview_uri
from ui.messages import UNSET, Response
from ui.session import ProgressView

CHART_HEIGHT = 176  # CSS pixels


@dataclass(frozen=True)
class InsideStepView:
    """One step; pictures are data URIs. Without guidance ``unconditional`` and ``change`` are null."""

    number: int
    timestep: int
    signal: float
    noise: float
    guidance: float
    noisy: str
    conditional: str
    unconditional: str | None
    change: str | None
    clean: str


@dataclass(frozen=True)
class InsideView:
    steps: list[InsideStepView]
    count: int  # of all steps; more than are shown where there are many
    prediction: str
    guidance: float  # as it was set
    interval: tuple[float, float]
    negative: bool  # guidance moves away from a negative prompt
    chart: ChartJSON  # the noise schedule; the page marks the step that is shown


@dataclass(frozen=True, kw_only=True)
class InsideResponse(Response):
    progress: ProgressView | None = UNSET
    inside: InsideView = UNSET


def inside_response(event: Progress | Inside) -> InsideResponse:
    if isinstance(event, Progress):
        return InsideResponse(progress=ProgressView(event.step, event.steps, "Step"))
    return InsideResponse(progress=None, inside=inside_view(event), last=True)


def inside_view(inside: Inside) -> InsideView:
    return InsideView(
        steps=[_step(step) for step in inside.steps],
        count=inside.count,
        prediction=inside.prediction,
        guidance=inside.recipe.guidance,
        interval=inside.recipe.guidance_interval,
        negative=bool(inside.recipe.negative_prompt),
        chart=schedule_chart(inside),
    )


def schedule_chart(inside: Inside) -> ChartJSON:
    """How much of the picture and of the noise there is at every timestep, and where the steps of this drawing are."""
    timesteps, signal, noise = zip(*inside.curve, strict=True)
    lines = [
        Line("Picture \u03b1", timesteps, signal),
        Line("Noise \u03c3", timesteps, noise),
        Line("Steps", [s.timestep for s in inside.steps], [s.noise for s in inside.steps], MUTED, dots=True),
    ]
    chart = line_chart(lines, title="Noise schedule", x="timestep", height=CHART_HEIGHT, range_y=(-0.05, 1.08))
    chart["layout"]["xaxis"]["autorange"] = "reversed"  # a drawing goes from noise to the picture
    return chart


def _step(step: InsideStep) -> InsideStepView:
    return InsideStepView(
        number=step.number,
        timestep=step.timestep,
        signal=round(step.signal, 4),
        noise=round(step.noise, 4),
        guidance=round(step.guidance, 3),
        noisy=preview_uri(step.noisy),
        conditional=preview_uri(step.conditional),
        unconditional=_preview(step.unconditional),
        change=_preview(step.change),
        clean=exact_uri(step.clean),
    )


def _preview(picture: Image.Image | None) -> str | None:
    return None if picture is None else preview_uri(picture)
