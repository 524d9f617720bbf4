"""Handlers of the requests of the Styles tab: each calls the pipeline or its trainings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from PIL import Image

from core import recipe
from core.checkpoints import CheckpointError
from core.data.style_photos import MOST, check_photos
from core.images import to_pixels
from core.pipelines.progress import Progress
from core.pipelines.styles.pipeline import StylesPipeline, first_picture
from core.pipelines.styles.types import MOST_TILES, TrainRequest
from core.pipelines.uploads import collect
from ui.components.pictures import exact_uri, preview_uri
from ui.downloads import DOWNLOADS
from ui.faces.responses import LocateResponse, WholeResponse, locate_response, whole_view
from ui.messages import FAILED, UNSET, FileProblemView, Handler, Json, Request, RequestError, Response, reply, stream
from ui.prompts.responses import stable_diffusion_views
from ui.session import ProgressView, SessionState, paced
from ui.styles import responses
from ui.styles.requests import (
    AddRequest,
    CheckRequest,
    DrawRequest,
    GridRequest,
    JobRequest,
    LocateRequest,
    NamesRequest,
    OpenRequest,
    PhotoRequest,
    TrainStyleRequest,
    WallRequest,
    WholeRequest,
)
from ui.styles.responses import (
    CheckedView,
    DrawnView,
    DrawResponse,
    FileView,
    GridResponse,
    JobResponse,
    PictureView,
    RestoredView,
    StylesResponse,
    StyleView,
    WallResponse,
)


class StylesHandlers:
    """Handlers around the tab's pipeline. They keep no state of a visitor; ``session`` is the name of the page."""

    def __init__(self, pipeline: StylesPipeline) -> None:
        self.pipeline = pipeline
        self.routes = {
            "open": (OpenRequest, self._where_present(self.open)),
            "add": (AddRequest, self._where_present(self.add)),
            "remove": (NamesRequest, self._where_present(self.remove)),
            "fetch": (NamesRequest, self._where_present(self.fetch)),
            "wall": (WallRequest, self._where_present(self.wall)),
            "draw": (DrawRequest, self._where_present(self.draw)),
            "grid": (GridRequest, self._where_present(self.grid)),
            "locate": (LocateRequest, self._where_present(self.locate)),
            "photo": (PhotoRequest, self._where_present(self.photo)),
            "whole": (WholeRequest, self._where_present(self.whole)),
        }
        self.job_routes = {
            "check": (CheckRequest, self.check),
            "train": (TrainStyleRequest, self.train),
            "status": (JobRequest, self.status),
            **{kind: (JobRequest, partial(self.act, kind)) for kind in ("pause", "resume", "keep", "cancel")},
        }

    def respond(self, value: Any, state: SessionState, session: str) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        return stream(self.routes, value, state, session)

    def job(self, value: Any, session: str) -> Json:
        """Parse JSON about a training and return its only response."""
        return reply(self.job_routes, value, session, failed=FAILED)

    # --- what there is ------------------------------------------------------------------------------------------------

    def open(self, request: OpenRequest, state: SessionState, session: str) -> Iterator[StylesResponse]:
        styles = self._styles(session, request.base)
        stable = self.pipeline.stable_diffusion() if request.base == "sd" else None
        models = UNSET if stable is None else stable_diffusion_views(stable)
        yield StylesResponse(styles=styles, bases=self.pipeline.bases(), models=models, last=True)

    def add(self, request: AddRequest, state: SessionState, session: str) -> Iterator[StylesResponse]:
        info = self.pipeline.add(session, request.path, base=request.base, checkpoint=request.checkpoint)
        yield StylesResponse(styles=self._styles(session, request.base), added=info.name, last=True)

    def remove(self, request: NamesRequest, state: SessionState, session: str) -> Iterator[StylesResponse]:
        for name in request.names:
            self.pipeline.library.remove(session, name)
        yield StylesResponse(styles=self._styles(session, request.base), last=True)

    def fetch(self, request: NamesRequest, state: SessionState, session: str) -> Iterator[StylesResponse]:
        """Send the address of a style's file, which can be loaded again."""
        known = {info.name: info for info in self.pipeline.styles(session, request.base)}
        info = known.get(request.names[0])
        if info is None or info.file is None:
            raise RequestError("This style is not here any more.")
        name = f"{info.name}.safetensors"
        yield StylesResponse(file=FileView(DOWNLOADS.offer(info.file, name), name), last=True)

    def _styles(self, session: str, base: str = "faces") -> list[StyleView]:
        return [responses.style_view(info) for info in self.pipeline.styles(session, base)[: MOST_TILES - 1]]

    def _where_present(self, handler: Handler) -> Handler:
        """Wrap a handler: without the model of the request, a sentence says how to get it."""

        def answer(request: Request, state: SessionState, session: str) -> Iterator[Response]:
            missing = self.pipeline.missing(request.base, request.checkpoint)
            if missing:
                yield Response(missing=missing, last=True)
            else:
                yield from handler(request, state, session)

        return answer

    # --- pictures -----------------------------------------------------------------------------------------------------

    def wall(self, request: WallRequest, state: SessionState, session: str) -> Iterator[WallResponse]:
        """Draw one picture at a time, so that a drawing that somebody waits for can interrupt it."""
        restored, names, cancel = self._restored(request), request.names, state.cancel(request)
        for number, result in enumerate(self.pipeline.wall(request.recipe, names, cancel=cancel), start=1):
            if result.cancelled or number > len(names):
                return
            yield WallResponse(restored=restored, wall=responses.wall_view(result))

    def draw(self, request: DrawRequest, state: SessionState, session: str) -> Iterator[DrawResponse]:
        cancel, started, wanted = state.cancel(request), time.perf_counter(), request.recipe
        response = DrawResponse(restored=self._restored(request))
        if request.plain:
            *_, result = self.pipeline.draw(wanted, previews=False)
            picture = first_picture(result)
            response = replace(response, before=responses.picture_view(picture.image, picture.recipe))
            yield response
            if cancel():
                return
        previews = state.wants_previews(wanted)
        for event in paced(self.pipeline.draw(wanted, request.active, previews=previews, cancel=cancel)):
            if isinstance(event, Progress):
                response = replace(response, progress=responses.progress_view(event))
                yield response
                continue
            if event.cancelled:
                return
            state.pace = (time.perf_counter() - started) / wanted.steps / (2 if request.plain else 1)
            picture = first_picture(event)
            after = responses.picture_view(picture.image, picture.recipe)
            drawn = DrawnView(after, round(event.milliseconds), event.notes)
            yield replace(response, progress=None, drawn=drawn, last=True)

    def grid(self, request: GridRequest, state: SessionState, session: str) -> Iterator[GridResponse]:
        columns, restored = len(request.weights), self._restored(request)
        events = self.pipeline.grid(request.recipe, request.names, request.weights, cancel=state.cancel(request))
        for event in paced(events):
            if isinstance(event, Progress):
                shown = [exact_uri(image) for image in event.done]
                rows = [shown[at : at + columns] for at in range(0, len(shown), columns)]
                progress = ProgressView(event.step, event.steps, "Picture")
                yield GridResponse(restored=restored, progress=progress, rows=rows)
            else:
                grid = responses.grid_view(event)
                yield GridResponse(restored=restored, progress=None, rows=None, grid=grid, last=True)

    def photo(self, request: PhotoRequest, state: SessionState, session: str) -> Iterator[DrawResponse]:
        """Keep the attributes that the classifier sees in the photo; change only the style."""
        response = DrawResponse(restored=self._restored(request))
        edit = replace(request.edit, base=self.pipeline.faces.read(request.photo).base)
        for event in paced(self.pipeline.photo(edit, request.active, cancel=state.cancel(request))):
            if isinstance(event, Progress):
                response = replace(response, progress=responses.progress_view(event))
                yield response
                continue
            if event.cancelled:
                return
            after = PictureView(exact_uri(event.after), filename="latentscape-photo-in-style.png")
            drawn, before = DrawnView(after, round(event.milliseconds)), PictureView(exact_uri(event.before))
            yield replace(response, progress=None, before=before, drawn=drawn, last=True)

    def locate(self, request: LocateRequest, state: SessionState, session: str) -> Iterator[LocateResponse]:
        yield locate_response(self.pipeline.faces, request.photo)

    def whole(self, request: WholeRequest, state: SessionState, session: str) -> Iterator[WholeResponse]:
        base = self.pipeline.faces.read(request.photo, request.placement).base
        edit = replace(request.edit, base=base)
        for event in paced(self.pipeline.photo(edit, request.active, cancel=state.cancel(request))):
            if isinstance(event, Progress):
                yield WholeResponse(progress=responses.progress_view(event))
                continue
            styled = request.active.onto(edit.recipe)
            whole = None if event.cancelled else whole_view(event, styled)
            yield WholeResponse(progress=None, last=True, **({} if whole is None else {"whole": whole}))

    def _restored(self, request: DrawRequest) -> RestoredView:
        if not request.restored:
            return UNSET
        return RestoredView(recipe.to_dict(self.pipeline.named(request.recipe)), request.active)

    # --- trainings ----------------------------------------------------------------------------------------------------

    def check(self, request: CheckRequest, session: str) -> JobResponse:
        side = self.pipeline.trainer.side()
        pictures, problems = collect(request.paths, MOST, side=side)
        pixels = [to_pixels(picture, side) for _, picture in pictures]
        try:
            kept, sentence = check_photos(pixels), ""
        except CheckpointError as error:
            kept, sentence = pixels, str(error)
        crops = [preview_uri(Image.fromarray(one)) for one in kept]
        left_out = [FileProblemView(name, reason) for name, reason in problems]
        return JobResponse(checked=CheckedView(crops, side, len(pixels) - len(kept), left_out, sentence))

    def train(self, request: TrainStyleRequest, session: str) -> JobResponse:
        pictures, _ = collect(request.paths, MOST, side=self.pipeline.trainer.side())
        settings = {name: getattr(request, name) for name in ("rank", "steps", "rate")}
        wanted = TrainRequest(tuple(picture for _, picture in pictures), request.title, session, **settings)
        return JobResponse(status=responses.status_view(self.pipeline.trainer.start(wanted)))

    def status(self, request: JobRequest, session: str) -> JobResponse:
        """Without a name of a training: the session's newest one, if there is one."""
        job = request.job or self.pipeline.trainer.latest(session)
        if not job:
            return JobResponse()
        status = self.pipeline.trainer.status(session, job)
        styles = self._styles(session) if status.over else UNSET
        return JobResponse(status=responses.status_view(status), styles=styles)

    def act(self, kind: str, request: JobRequest, session: str) -> JobResponse:
        trainer = self.pipeline.trainer
        acts = {"pause": trainer.pause, "resume": trainer.resume, "keep": trainer.keep, "cancel": trainer.cancel}
        acts[kind](session, request.job)
        return self.status(request, session)
