"""Handlers of the requests of the Reconstruction tab: each calls the pipeline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from PIL import Image

from core.pipelines.reconstruction import types
from core.pipelines.reconstruction.archive import grid_archive
from core.pipelines.reconstruction.download import download
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import ReconstructionRequest, SurgeryRequest
from core.pipelines.uploads import SIDE, LeftOut, take
from ui.components.pictures import data_uri, exact_uri
from ui.messages import FileProblemView, Json, Request, RequestError, stream
from ui.reconstruction import responses
from ui.reconstruction.requests import (
    AddRequest,
    ArchiveRequest,
    CellRequest,
    DownloadRequest,
    ExampleRequest,
    GridRequest,
    InterpolateRequest,
    OperateRequest,
    SampleRequest,
    TraverseRequest,
)
from ui.reconstruction.responses import (
    AddedView,
    AddResponse,
    ArchiveResponse,
    CellView,
    DownloadResponse,
    ExampleView,
    GridResponse,
    LatentResponse,
    ModelView,
    OpenResponse,
    OperateResponse,
    StripResponse,
)
from ui.reconstruction.table import FIRST, Examples, Table

SEND_EVERY = 0.12  # seconds between two messages of one grid
SMALLEST_VIEW, THUMBNAIL = 64, 128  # pixels along a side
FAILED = "This failed on the server. Your pictures are kept: try again, or reload the page."
DOWNLOAD_FAILED = "The download failed on the server. Try again."


class ReconstructionHandlers:
    """Handlers around the tab's pipeline. A visitor's pictures are in their :class:`Table`."""

    def __init__(self, reconstruction: ReconstructionPipeline, examples: Examples) -> None:
        self.reconstruction = reconstruction
        self.examples = examples
        self.routes = {
            "open": (Request, self.open),
            "models": (Request, self.models),
            "example": (ExampleRequest, self.example),
            "add": (AddRequest, self.add),
            "grid": (GridRequest, self.grid),
            "archive": (ArchiveRequest, self.archive),
            "latent": (CellRequest, self.latent),
            "operate": (OperateRequest, self.operate),
            "traverse": (TraverseRequest, self.traverse),
            "sample": (SampleRequest, self.sample),
            "interpolate": (InterpolateRequest, self.interpolate),
        }

    def respond(self, value: Any, table: Table) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        return stream(self.routes, value, table, failed=FAILED)

    def fetch(self, value: Any, table: Table) -> Iterator[Json]:
        """Download a missing model: yields the bytes so far, then the end or the reason of a failure."""
        routes = {"fetch": (DownloadRequest, self.download)}
        sent = {**value, "kind": "fetch"} if isinstance(value, dict) else value
        return stream(routes, sent, table, failed=DOWNLOAD_FAILED)

    # --- what there is ------------------------------------------------------------------------------------------------

    def open(self, request: Request, table: Table) -> Iterator[OpenResponse]:
        examples = []
        for name, words in self.examples.names().items():
            cheap = self.examples.cheap(name)
            view = responses.square_uri(self.examples.picture(name), THUMBNAIL) if cheap else None
            examples.append(ExampleView(name, words, view, name in FIRST))
        yield OpenResponse(models=self._models(), examples=examples)

    def models(self, request: Request, table: Table) -> Iterator[OpenResponse]:
        yield OpenResponse(models=self._models())

    def _models(self) -> list[ModelView]:
        return [responses.model_view(model) for model in self.reconstruction.models()]

    # --- pictures -----------------------------------------------------------------------------------------------------

    def example(self, request: ExampleRequest, table: Table) -> Iterator[AddResponse]:
        table.keep(request.pictures)
        picture = self.examples.picture(request.example)
        added = [self._put(table, request.example, picture)] if request.count > 1 else []
        yield AddResponse(example=request.example, thumb=responses.square_uri(picture, THUMBNAIL), added=added)

    def add(self, request: AddRequest, table: Table) -> Iterator[AddResponse]:
        table.keep(request.pictures)
        if request.added:
            yield AddResponse(added=[self._put(table, *request.added)], problems=[])
            return
        if not table.room():
            raise RequestError("The table is full. Remove some pictures, then add these again.")
        aligner = self.reconstruction.aligner() if request.align else None
        left_out = LeftOut()
        pictures = list(take(request.paths, table.room(), SIDE, left_out, aligner))
        added = [self._put(table, one.name, one.image, one.size) for one in pictures]
        yield AddResponse(added=added, problems=[FileProblemView(name, reason) for name, reason in left_out.problems()])

    def _put(self, table: Table, name: str, picture: Image.Image, full: tuple[int, int] | None = None) -> AddedView:
        """Put a picture on the table; ``full`` is its size before it was reduced."""
        key = table.add(name, picture)
        sizes = {SMALLEST_VIEW, *(model.size for model in self.reconstruction.models() if model.present)}
        return responses.added_view(key, name, full or picture.size, table[key][1], sizes)

    # --- the grid -----------------------------------------------------------------------------------------------------

    def grid(self, request: GridRequest, table: Table) -> Iterator[GridResponse]:
        rows = tuple(table[key] for key in request.pictures)
        cells: list[CellView] = []
        sent = time.perf_counter()
        for cell in self.reconstruction.grid(types.GridRequest(rows, request.models)):
            picture, model = request.pictures[cell.row], request.models[cell.column]
            if cell.result:
                cells.append(responses.cell_view(cell.result, picture, model))
            else:
                cells.append(CellView(id=picture, model=model, problem=cell.problem))
            if table.stopped >= request.request_id:
                return
            if time.perf_counter() - sent > SEND_EVERY:
                yield GridResponse(cells=list(cells))
                sent = time.perf_counter()
        yield GridResponse(cells=cells)

    def archive(self, request: ArchiveRequest, table: Table) -> Iterator[ArchiveResponse]:
        if not request.pictures or not request.models:
            raise RequestError("There is nothing on the table to keep. Add a picture first.")
        wanted = types.GridRequest(tuple(table[key] for key in request.pictures), request.models)
        kept = grid_archive(self.reconstruction, wanted, lambda: table.stopped >= request.request_id)
        if kept is not None:
            yield ArchiveResponse(archive=data_uri(kept, "application/zip"), last=True)

    # --- one cell -----------------------------------------------------------------------------------------------------

    def latent(self, request: CellRequest, table: Table) -> Iterator[LatentResponse]:
        wanted = ReconstructionRequest(table[request.picture][1], request.model)
        view = responses.latents_view(self.reconstruction.latent(wanted))
        yield LatentResponse(id=request.picture, model=request.model, latent=view)

    def operate(self, request: OperateRequest, table: Table) -> Iterator[OperateResponse]:
        other = table[request.other][1] if request.other else None
        wanted = SurgeryRequest(table[request.picture][1], request.model, request.surgery, other)
        operated = responses.cell_view(self.reconstruction.operate(wanted))
        yield OperateResponse(id=request.picture, model=request.model, operated=operated)

    def traverse(self, request: TraverseRequest, table: Table) -> Iterator[StripResponse]:
        picture = table[request.picture][1] if request.picture else None
        pictures = self.reconstruction.traverse(request.model, picture, request.dimension, request.values)
        yield StripResponse(strip=_strip(pictures), values=request.values, dimension=request.dimension)

    def sample(self, request: SampleRequest, table: Table) -> Iterator[StripResponse]:
        yield StripResponse(strip=_strip(self.reconstruction.sample(request.model, request.seed, request.count)))

    def interpolate(self, request: InterpolateRequest, table: Table) -> Iterator[StripResponse]:
        first, second = table[request.picture][1], table[request.other][1]
        yield StripResponse(strip=_strip(self.reconstruction.interpolate(request.model, first, second, request.count)))

    # --- a model that is not here -------------------------------------------------------------------------------------

    def download(self, request: DownloadRequest, table: Table) -> Iterator[DownloadResponse]:
        for progress in download(request.model, lambda: table.ended >= request.request_id):
            yield DownloadResponse(done=progress.done, total=progress.total)


def _strip(pictures: list[Image.Image]) -> list[str]:
    return [exact_uri(picture) for picture in pictures]
