"""Handlers of the requests of the Classify tab: each calls the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from PIL import Image

from core.photos.alignment import Placement, align, centre_placement
from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from ui.classify import responses
from ui.classify.figures import classifier_figures
from ui.classify.requests import HeatRequest, LocateRequest, ModelRequest, ReadRequest
from ui.classify.responses import FiguresResponse, HeatResponse, OpenResponse, ReadResponse
from ui.classify.variations import VaryRequest, vary
from ui.faces.responses import LocatedView, LocateResponse
from ui.messages import UNSET, Json, Request, stream
from ui.session import SessionState

SIDE = 512  # pixels of an aligned square
FAILED = "This failed on the server. Your picture is kept: try again, or reload the page."


class ClassifyHandlers:
    """Handlers around the tab's pipelines. Nothing of a visitor is kept: the picture travels in each request."""

    def __init__(self, pipeline: ClassifyPipeline, index: CheckpointIndex, variations: VariationsPipeline) -> None:
        self.pipeline, self.index, self.variations = pipeline, index, variations
        self.routes = {
            "open": (Request, self.open),
            "locate": (LocateRequest, self.locate),
            "read": (ReadRequest, self.read),
            "heat": (HeatRequest, self.heat),
            "figures": (ModelRequest, self.figures),
            "vary": (VaryRequest, partial(vary, variations)),
        }

    def respond(self, value: Any, state: SessionState) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        return stream(self.routes, value, state, failed=FAILED)

    def open(self, request: Request, state: SessionState) -> Iterator[OpenResponse]:
        models = [responses.classifier_view(info) for info in self.pipeline.classifiers()]
        usable = any(not model.problem for model in models)
        missing = UNSET if usable else self.pipeline.missing()
        lacking = self.variations.missing() or ""
        yield OpenResponse(models=models if usable else [], variations=lacking, missing=missing, last=True)

    def locate(self, request: LocateRequest, state: SessionState) -> Iterator[LocateResponse]:
        """The faces of a photo. Without one its centre square is classified, which is no error."""
        photo, chosen = request.photo, self.pipeline.of(request.model)
        missing = chosen.finder.missing()
        faces = () if missing else chosen.locate(photo)
        start = faces[0].placement if faces else centre_placement(photo.size)
        yield LocateResponse(located=LocatedView(*photo.size, list(faces), start, missing or ""), last=True)

    def read(self, request: ReadRequest, state: SessionState) -> Iterator[ReadResponse]:
        chosen, square = self.pipeline.of(request.model), self._square(request)
        said = responses.classified_view(chosen.classify(square), chosen.shows_face(square))
        yield ReadResponse(classified=said, last=True)

    def heat(self, request: HeatRequest, state: SessionState) -> Iterator[HeatResponse]:
        (found,) = self.pipeline.of(request.model).heat_maps(self._square(request), [request.target])
        yield HeatResponse(heat=responses.heat_view(found), last=True)

    def figures(self, request: ModelRequest, state: SessionState) -> Iterator[FiguresResponse]:
        chosen = self.pipeline.of(request.model)
        yield FiguresResponse(figures=classifier_figures(self.index.card(chosen.name)), last=True)

    def _square(self, request: ReadRequest) -> Image.Image:
        """The picture itself, or the square of its largest face."""
        chosen = self.pipeline.of(request.model)
        faces = chosen.locate(request.photo) if request.align and not chosen.finder.missing() else ()
        return squared(request.photo, faces[0].placement) if faces else request.photo


def squared(photo: Image.Image, placement: Placement | None) -> Image.Image:
    """The square under ``placement``, at most as large as in the photo; without one the photo as it is."""
    if placement is None:
        return photo
    return align(photo, placement, max(64, min(SIDE, round(placement.side))))
