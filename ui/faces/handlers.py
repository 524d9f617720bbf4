"""Handlers of the requests of the Faces tab: each makes one call into the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core import recipe
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import SWEEP_POINTS, EditResult, FacesResult, SweepPoint
from ui.components.inside import InsideResponse, inside_response
from ui.faces import responses
from ui.faces.requests import (
    DrawRequest,
    InsideRequest,
    LocateRequest,
    PhotoRequest,
    ReadRequest,
    SweepRequest,
    WholeRequest,
)
from ui.faces.responses import (
    DrawResponse,
    LocateResponse,
    PhotoResponse,
    ReadResponse,
    SweepPointView,
    SweepResponse,
    WholeResponse,
)
from ui.messages import Json, RequestError, Response, request_id_of, stream, to_json
from ui.session import SessionState, paced

PROMPTS = "prompts"  # the tab of all recipes that are not of this one
ELSEWHERE = "This recipe draws from a prompt. It belongs in Text prompts, not in Faces."
FAILED = "Drawing failed on the server. Your settings are kept: try again, or reload the page."


class FacesHandlers:
    """Handlers around the tab's pipeline. A visitor's settings are in requests and in :class:`SessionState`."""

    def __init__(self, pipeline: FacesPipeline) -> None:
        self.pipeline = pipeline
        self.routes = {
            "draw": (DrawRequest, self.draw),
            "sweep": (SweepRequest, self.sweep),
            "inside": (InsideRequest, self.inside),
            "locate": (LocateRequest, self.locate),
            "read": (ReadRequest, self.read),
            "edit": (PhotoRequest, self.edit),
            "whole": (WholeRequest, self.whole),
        }

    def respond(self, value: Any, state: SessionState) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        missing = self.pipeline.missing()
        if missing:
            yield to_json(Response(request_id=request_id_of(value), missing=missing, last=True))
            return
        yield from stream(self.routes, value, state, failed=FAILED)

    def draw(self, request: DrawRequest, state: SessionState) -> Iterator[DrawResponse]:
        wanted, cancel = request.recipe, state.cancel(request)
        if wanted.model != "faces":
            yield DrawResponse(error=ELSEWHERE, belongs=PROMPTS, last=True)
            return
        response = DrawResponse()
        if request.restored:
            response = replace(response, restored=recipe.to_dict(wanted))
            yield response
        if wanted.edit is not None and request.restored:
            return  # the page asks for the photo
        for event in paced(self.pipeline.draw(wanted, previews=state.wants_previews(wanted), cancel=cancel)):
            if not isinstance(event, FacesResult):
                response = replace(response, progress=responses.progress_view(event))
                yield response
                continue
            if not event.cancelled:
                state.pace = event.milliseconds / 1000 / (wanted.steps * wanted.count)
            more = request.settle and bool(event.faces and wanted.attributes) and not event.cancelled
            drawn = responses.drawn_view(event, wanted, self.pipeline.solvers())
            response = replace(response, progress=None, drawn=drawn, last=not more)
            yield response
            if more and not cancel():
                first = event.faces[0]
                changes = responses.changes_view(self.pipeline.entanglement(first.recipe, first.achieved))
                yield replace(response, changes=changes, last=True)

    def sweep(self, request: SweepRequest, state: SessionState) -> Iterator[SweepResponse]:
        """Draw one picture at a time, so that a drawing that somebody waits for can interrupt it."""
        points: list[SweepPointView] = []
        cancel = state.cancel(request)
        for event in self.pipeline.sweep(request.recipe, request.attribute, SWEEP_POINTS, cancel=cancel):
            if not isinstance(event, SweepPoint) or cancel():
                return
            points.append(responses.point_view(event, request.attribute))
            yield SweepResponse(attribute=request.attribute, points=list(points), last=len(points) == SWEEP_POINTS)

    def inside(self, request: InsideRequest, state: SessionState) -> Iterator[InsideResponse]:
        if request.recipe.model != "faces":
            raise RequestError(ELSEWHERE)
        yield from map(inside_response, paced(self.pipeline.inside(request.recipe, cancel=state.cancel(request))))

    def locate(self, request: LocateRequest, state: SessionState) -> Iterator[LocateResponse]:
        yield responses.locate_response(self.pipeline, request.photo)

    def read(self, request: ReadRequest, state: SessionState) -> Iterator[ReadResponse]:
        yield ReadResponse(
            read=responses.classified_view(self.pipeline.read(request.photo, request.placement)), last=True
        )

    def edit(self, request: PhotoRequest, state: SessionState) -> Iterator[PhotoResponse]:
        for event in paced(self.pipeline.edit(request.edit, cancel=state.cancel(request))):
            if isinstance(event, EditResult):
                yield PhotoResponse(progress=None, edited=responses.edited_view(event, request), last=True)
            else:
                yield PhotoResponse(progress=responses.progress_view(event))

    def whole(self, request: WholeRequest, state: SessionState) -> Iterator[WholeResponse]:
        for event in paced(self.pipeline.edit(request.edit, cancel=state.cancel(request))):
            if not isinstance(event, EditResult):
                yield WholeResponse(progress=responses.progress_view(event))
            elif event.cancelled:
                yield WholeResponse(progress=None, last=True)
            else:
                yield WholeResponse(progress=None, whole=responses.whole_view(event, request.edit.recipe), last=True)
