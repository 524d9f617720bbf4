"""Responses of the Faces tab, made of the pipeline's results."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from core import recipe
from core.photos.alignment import Placement, centre_placement
from core.photos.detection import NONE_FOUND
from core.photos.squares import LocatedFace
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import ClassifiedPhoto, EditResult, Entanglement, Face, FacesResult, SweepPoint
from core.pipelines.progress import Progress
from core.recipe import Recipe
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.faces.requests import PhotoRequest
from ui.messages import UNSET, Json, Response
from ui.session import ProgressView

Probabilities = dict[str, float]
WHOLE_PREVIEW = 1600  # pixels of the longer side


@dataclass(frozen=True)
class FaceView:
    """One face: a PNG with its recipe, and the classifier's probability of all 40 attributes."""

    picture: str
    seed: int
    link: str
    filename: str
    achieved: Probabilities


@dataclass(frozen=True)
class DrawnView:
    faces: list[FaceView]
    notes: tuple[str, ...]
    cancelled: bool
    milliseconds: int
    link: str
    recipe: Json
    solvers: tuple[str, ...]  # that work with the weights


@dataclass(frozen=True, kw_only=True)
class DrawResponse(Response):
    restored: Json = UNSET  # the recipe from a link or a picture, which the page applies
    progress: ProgressView | None = UNSET
    drawn: DrawnView = UNSET
    changes: list[Entanglement] = UNSET  # changes that were not requested
    belongs: str = UNSET  # the tab whose recipe it is, beside an error


@dataclass(frozen=True)
class SweepPointView:
    strength: float
    picture: str
    achieved: float  # probability of the attribute that moves


@dataclass(frozen=True, kw_only=True)
class SweepResponse(Response):
    attribute: str = UNSET
    points: list[SweepPointView] = UNSET


@dataclass(frozen=True)
class LocatedView:
    """The faces of a whole photo in its pixels, the largest first; ``start`` is where a crop by hand begins."""

    width: int
    height: int
    faces: list[LocatedFace]
    start: Placement
    note: str  # a sentence if there is none to choose; else empty


@dataclass(frozen=True, kw_only=True)
class LocateResponse(Response):
    located: LocatedView = UNSET


@dataclass(frozen=True)
class ClassifiedPhotoView:
    before: str
    achieved: Probabilities
    base: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class ReadResponse(Response):
    read: ClassifiedPhotoView = UNSET


@dataclass(frozen=True)
class EditedView:
    before: str
    after: str  # a PNG with its recipe
    achieved_before: Probabilities
    achieved: Probabilities
    changes: list[Entanglement]
    notes: tuple[str, ...]
    milliseconds: int
    cancelled: bool
    link: str
    filename: str
    recipe: Json  # without the edit, whose settings stand beside it
    method: str
    faithfulness: float


@dataclass(frozen=True, kw_only=True)
class PhotoResponse(Response):
    progress: ProgressView | None = UNSET
    edited: EditedView = UNSET


@dataclass(frozen=True)
class WholeView:
    """The edited whole photo."""

    picture: str  # reduced for the page
    file: str  # in full size, a PNG with its recipe
    filename: str
    width: int
    height: int
    milliseconds: int


@dataclass(frozen=True, kw_only=True)
class WholeResponse(Response):
    progress: ProgressView | None = UNSET
    whole: WholeView = UNSET


def progress_view(event: Progress) -> ProgressView:
    pictures = [*event.done, *([event.preview] if event.preview else [])]
    return ProgressView(event.step, event.steps, pictures=[preview_uri(picture) for picture in pictures])


def drawn_view(result: FacesResult, requested: Recipe, solvers: tuple[str, ...]) -> DrawnView:
    return DrawnView(
        faces=[_face(face) for face in result.faces],
        notes=result.notes,
        cancelled=result.cancelled,
        milliseconds=round(result.milliseconds),
        link=recipe.to_link(requested),
        recipe=recipe.to_dict(requested),
        solvers=solvers,
    )


def point_view(point: SweepPoint, attribute: str) -> SweepPointView:
    achieved = round(float(point.face.achieved.get(attribute, 0.0)), 4)
    return SweepPointView(point.strength, exact_uri(point.face.image), achieved)


def located_view(photo: Image.Image, faces: tuple[LocatedFace, ...], missing: str | None) -> LocatedView:
    start = faces[0].placement if faces else centre_placement(photo.size)
    return LocatedView(*photo.size, list(faces), start, missing or ("" if faces else NONE_FOUND))


def classified_view(classified: ClassifiedPhoto) -> ClassifiedPhotoView:
    return ClassifiedPhotoView(exact_uri(classified.crop), _rounded(classified.achieved), classified.base)


def edited_view(result: EditResult, request: PhotoRequest) -> EditedView:
    return EditedView(
        before=exact_uri(result.before),
        after=data_uri(recipe.to_png(result.after, request.edit.recipe), "image/png"),
        achieved_before=_rounded(result.achieved_before),
        achieved=_rounded(result.achieved_after),
        changes=changes_view(result.changes),
        notes=result.notes,
        milliseconds=round(result.milliseconds),
        cancelled=result.cancelled,
        link=recipe.to_link(request.edit.recipe),
        filename=recipe.filename(request.edit.recipe),
        recipe=recipe.to_dict(request.recipe),
        method=request.edit.method,
        faithfulness=request.edit.faithfulness,
    )


def locate_response(pipeline: FacesPipeline, photo: Image.Image) -> LocateResponse:
    """The faces of a photo, or why none can be looked for."""
    missing = pipeline.finder.missing()
    return LocateResponse(located=located_view(photo, () if missing else pipeline.locate(photo), missing), last=True)


def whole_view(result: EditResult, drawn: Recipe) -> WholeView:
    """The whole photo, with the recipe of its edit in the file."""
    photo = result.whole
    return WholeView(
        picture=preview_uri(_small(photo)),
        file=data_uri(recipe.to_png(photo, drawn), "image/png"),
        filename=recipe.filename(drawn),
        width=photo.width,
        height=photo.height,
        milliseconds=round(result.milliseconds),
    )


def _small(photo: Image.Image) -> Image.Image:
    scale = WHOLE_PREVIEW / max(photo.size)
    if scale >= 1:
        return photo
    size = tuple(max(1, round(length * scale)) for length in photo.size)
    return photo.resize(size, reducing_gap=2.0)


def changes_view(changes: tuple[Entanglement, ...]) -> list[Entanglement]:
    return [replace(one, before=round(one.before, 3), after=round(one.after, 3)) for one in changes]


def _face(face: Face) -> FaceView:
    return FaceView(
        picture=data_uri(recipe.to_png(face.image, face.recipe), "image/png"),
        seed=face.recipe.seed,
        link=recipe.to_link(face.recipe),
        filename=recipe.filename(face.recipe),
        achieved=_rounded(face.achieved),
    )


def _rounded(probabilities: Probabilities) -> Probabilities:
    return {name: round(float(value), 4) for name, value in probabilities.items()}
