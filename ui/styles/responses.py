"""Responses of the Styles tab, made of the pipeline's results."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from core import recipe
from core.pipelines.progress import Progress
from core.pipelines.styles.types import GridResult, JobStatus, StyleInfo, StyleSet, Tile, WallResult
from core.recipe import Recipe
from ui.components.chart_style import ACCENT, MUTED, ChartJSON
from ui.components.charts import Line, line_chart
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.messages import UNSET, FileProblemView, Json, Response
from ui.prompts.responses import ModelView
from ui.session import ProgressView

MOST_CURVE = 160  # points of a loss curve; the page has no more room
MOST_THUMBNAIL = 64 * 2**10  # bytes


@dataclass(frozen=True)
class StyleView:
    name: str
    title: str
    own: bool  # of this session
    rank: int
    trigger: str
    thumbnail: str | None


@dataclass(frozen=True)
class FileView:
    address: str  # relative to the page
    name: str


@dataclass(frozen=True, kw_only=True)
class StylesResponse(Response):
    """The styles of the session, also after one was added or removed; or the file of one."""

    styles: list[StyleView] = UNSET
    bases: tuple[str, ...] = UNSET  # models that styles can be applied to: faces, text, sd
    models: list[ModelView] = UNSET  # of Stable Diffusion, where its styles are listed
    added: str = UNSET
    file: FileView = UNSET


@dataclass(frozen=True)
class RestoredView:
    """The recipe from a picture without its styles, and the styles."""

    recipe: Json
    active: StyleSet


@dataclass(frozen=True)
class PictureView:
    picture: str
    recipe: Json = UNSET
    link: str = UNSET
    filename: str = UNSET


@dataclass(frozen=True, kw_only=True)
class TileView(PictureView):
    style: str
    weight: float


@dataclass(frozen=True)
class DrawnView:
    after: PictureView
    milliseconds: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DrawResponse(Response):
    """A face or a photo before and after."""

    restored: RestoredView = UNSET
    progress: ProgressView | None = UNSET
    before: PictureView = UNSET
    drawn: DrawnView = UNSET


@dataclass(frozen=True)
class ProblemView:
    style: str
    reason: str


@dataclass(frozen=True)
class WallView:
    tiles: list[TileView]
    problems: list[ProblemView]


@dataclass(frozen=True, kw_only=True)
class WallResponse(Response):
    restored: RestoredView = UNSET
    wall: WallView = UNSET


@dataclass(frozen=True)
class GridView:
    rows: list[list[TileView]]
    styles: tuple[str, ...]
    weights: tuple[float, ...]
    milliseconds: int
    cancelled: bool


@dataclass(frozen=True, kw_only=True)
class GridResponse(Response):
    restored: RestoredView = UNSET
    progress: ProgressView | None = UNSET
    rows: list[list[str]] | None = UNSET  # finished rows
    grid: GridView = UNSET


@dataclass(frozen=True)
class CheckedView:
    """Training pictures: cropped, without duplicates, with the reasons for those left out."""

    crops: list[str]
    side: int  # pixels
    same: int  # duplicates
    problems: list[FileProblemView]
    refused: str


@dataclass(frozen=True)
class StatusView:
    job: str
    title: str
    state: str
    over: bool
    step: int
    steps: int
    chart: ChartJSON | None  # losses over the steps
    sample: str | None
    left: int | None  # seconds
    ahead: int
    style: str
    message: str


@dataclass(frozen=True, kw_only=True)
class JobResponse(Response):
    checked: CheckedView = UNSET
    status: StatusView = UNSET
    styles: list[StyleView] = UNSET


def style_view(info: StyleInfo) -> StyleView:
    own = info.origin == "session"
    return StyleView(info.name, info.title, own, info.rank, info.trigger, _thumbnail(info))


def picture_view(image: Image.Image, drawn: Recipe) -> PictureView:
    return PictureView(**_picture(image, drawn))


def progress_view(event: Progress) -> ProgressView:
    preview = preview_uri(event.preview) if event.preview else None
    return ProgressView(event.step, event.steps, "Step", preview=preview)


def wall_view(result: WallResult) -> WallView:
    problems = [ProblemView(style, reason) for style, reason in result.problems]
    return WallView([_tile(tile) for tile in result.tiles], problems)


def grid_view(result: GridResult) -> GridView:
    rows = [[_tile(tile) for tile in row] for row in result.tiles]
    return GridView(rows, result.styles, result.weights, round(result.milliseconds), result.cancelled)


def status_view(status: JobStatus) -> StatusView:
    return StatusView(
        job=status.job,
        title=status.title,
        state=status.state,
        over=status.over,
        step=status.step,
        steps=status.steps,
        chart=_loss_chart(status),
        sample=exact_uri(status.sample) if status.sample else None,
        left=None if status.seconds_left is None else round(status.seconds_left),
        ahead=status.ahead,
        style=status.style,
        message=status.message,
    )


def _loss_chart(status: JobStatus) -> ChartJSON | None:
    """Chart the losses of training and held-out pictures; None before there are two points."""
    lines = [Line("Training pictures", *thinned(status.losses), MUTED)]
    if status.held_out:
        lines.append(Line("Held out", *thinned(status.held_out), ACCENT, dots=True))
    if sum(len(line.x) for line in lines) < 2:
        return None
    chart = line_chart(lines, title="Loss", x="step", height=180)
    chart["layout"]["xaxis"]["range"] = [0, status.steps]
    return chart


def thinned(curve: tuple[tuple[int, float], ...]) -> tuple[list[int], list[float]]:
    """Steps and losses of at most ``MOST_CURVE`` points, each the mean of its neighbours, so that the noise of single
    steps goes."""
    size = -(-len(curve) // MOST_CURVE) or 1
    chunks = [curve[at : at + size] for at in range(0, len(curve), size)]
    losses = [round(sum(loss for _, loss in chunk) / len(chunk), 5) for chunk in chunks]
    return [chunk[-1][0] for chunk in chunks], losses


def _thumbnail(info: StyleInfo) -> str | None:
    """Return the style's sample face, until the wall has drawn the current one."""
    if info.thumbnail is None or info.thumbnail.stat().st_size > MOST_THUMBNAIL:
        return None
    return data_uri(info.thumbnail.read_bytes(), "image/webp")


def _tile(tile: Tile) -> TileView:
    return TileView(style=tile.style, weight=tile.weight, **_picture(tile.image, tile.recipe))


def _picture(image: Image.Image, drawn: Recipe) -> Json:
    return {
        "picture": data_uri(recipe.to_png(image, drawn), "image/png"),
        "recipe": recipe.to_dict(drawn),
        "link": recipe.to_link(drawn),
        "filename": recipe.filename(drawn),
    }
