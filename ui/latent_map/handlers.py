"""Handlers of the requests of the Latent map: each calls the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.latents.paths import to_gif
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import Advance
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.latent_map import views
from ui.latent_map.drawings import Drawings
from ui.latent_map.requests import (
    QUICK,
    AtlasRequest,
    ClustersRequest,
    ColourRequest,
    CountsRequest,
    DecodeRequest,
    DrawingRequest,
    GifRequest,
    LocateRequest,
    MapRequest,
    NearRequest,
    PageRequest,
    PathRequest,
    PhotosRequest,
    PointRequest,
    SearchRequest,
    SelectionRequest,
    SheetRequest,
    SpaceRequest,
    WalkRequest,
)
from ui.latent_map.responses import (
    AtlasResponse,
    ClustersResponse,
    ColourResponse,
    CountsResponse,
    DecodeResponse,
    DrawingResponse,
    GifResponse,
    LocateResponse,
    NearResponse,
    OpenResponse,
    OutliersResponse,
    PageResponse,
    PathResponse,
    PointResponse,
    PointsResponse,
    SearchResponse,
    SelectionResponse,
    SheetResponse,
    SpacesResponse,
    TableResponse,
    WalkResponse,
)
from ui.latent_map.space_charts import count_charts, space_charts
from ui.latent_map.table import map_table
from ui.latent_map.views import finite, packed
from ui.latent_map.web_page import web_page
from ui.messages import Json, Request, RequestError, reply, stream

NEAR = 8  # nearest pictures per space that are shown
SHOWN = 256  # pixels of a located picture's longer side, for browsers that cannot show it
OUTLIERS = 24  # and near-duplicates
FAILED = "This failed on the server. Try again, or reload the page."
PHOTOS_FAILED = "These photos could not be mapped. Try fewer of them."


@dataclass
class MapState:
    """One visitor's state, kept in ``gr.State``: the name of the atlas of their photos."""

    photos: str = ""
    ended: int = 0  # requests up to this number no longer read photos


class LatentMapHandlers:
    """Handlers around the tab's pipeline. A visitor's state is in their :class:`MapState`."""

    def __init__(self, latent_map: LatentMapPipeline, drawings: Drawings | None = None) -> None:
        self.latent_map, self.drawings = latent_map, drawings
        self.routes = {
            "open": (Request, self.open),
            "atlas": (AtlasRequest, self.atlas),
            "points": (MapRequest, self.points),
            "colour": (ColourRequest, self.colour),
            "sheet": (SheetRequest, self.sheet),
            "point": (PointRequest, self.point),
            "near": (NearRequest, self.near),
            "decode": (DecodeRequest, self.decode),
            "path": (PathRequest, self.path),
            "gif": (GifRequest, self.gif),
            "drawing": (DrawingRequest, self.drawing),
            "walk": (WalkRequest, self.walk),
            "selection": (SelectionRequest, self.describe),
            "search": (SearchRequest, self.search),
            "clusters": (ClustersRequest, self.clusters),
            "counts": (CountsRequest, self.counts),
            "outliers": (SpaceRequest, self.outliers),
            "locate": (LocateRequest, self.locate),
            "spaces": (AtlasRequest, self.spaces),
            "page": (PageRequest, self.page),
            "table": (PageRequest, self.table),
        }
        slow = {kind: (Request, _refuse) for kind in self.routes if kind not in QUICK}
        self.quick_routes = {**self.routes, **slow}

    def respond(self, value: Any) -> Json:
        """Parse JSON from the page and return its only response."""
        return reply(self.routes, value, failed=FAILED)

    def respond_quickly(self, value: Any) -> Json:
        """Do the same past the queue, for requests that take milliseconds."""
        return reply(self.quick_routes, value, failed=FAILED)

    # --- browsing -----------------------------------------------------------------------------------------------------

    def open(self, request: Request) -> OpenResponse:
        return OpenResponse(atlases=self.latent_map.atlases(), missing=self.latent_map.missing() or "")

    def atlas(self, request: AtlasRequest) -> AtlasResponse:
        return AtlasResponse(atlas=self.latent_map.open(request.atlas))

    def points(self, request: MapRequest) -> PointsResponse:
        points = self.latent_map.points(request.atlas, request.space, request.projection)
        return PointsResponse(
            places=packed(points.places),
            dimensions=int(points.places.shape[1]),
            explained=[round(share, 4) for share in points.explained],
            colourings=self.latent_map.colourings(request.atlas, request.space),
        )

    def colour(self, request: ColourRequest) -> ColourResponse:
        found = self.latent_map.colour(request.atlas, request.space, request.by)
        return ColourResponse(title=found.title, scale=found.kind, values=packed(found.values), names=found.names)

    def sheet(self, request: SheetRequest) -> SheetResponse:
        return SheetResponse(sheet=data_uri(self.latent_map.sheet(request.atlas, request.number), "image/webp"))

    def point(self, request: PointRequest) -> PointResponse:
        return views.point_response(self.latent_map.point(request.atlas, request.row))

    def near(self, request: NearRequest) -> NearResponse:
        near = {one.space: list(one.rows) for one in self.latent_map.neighbours(request.atlas, request.row, NEAR)}
        space = self.latent_map.open(request.atlas).space(request.space)
        if not space.decodes or space.problem:
            return NearResponse(row=request.row, near=near)
        found = self.latent_map.decode_row(request.atlas, request.space, request.projection, request.row)
        return NearResponse(row=request.row, near=near, through=exact_uri(found.picture))

    def locate(self, request: LocateRequest) -> LocateResponse:
        found = self.latent_map.locate(request.atlas, request.picture, NEAR)
        if all(one.problem for one in found):
            raise RequestError(found[0].problem)
        spaces = {one.space: views.located_view(one) for one in found}
        shown = request.picture.copy()
        shown.thumbnail((SHOWN, SHOWN))
        return LocateResponse(spaces=spaces, shown=preview_uri(shown))

    def decode(self, request: DecodeRequest) -> DecodeResponse:
        found = self.latent_map.decode_at(request.atlas, request.space, request.projection, request.place)
        return views.decode_response(found)

    def search(self, request: SearchRequest) -> SearchResponse:
        return views.search_response(self.latent_map.search(request.atlas, request.expression, request.words))

    # --- ways ---------------------------------------------------------------------------------------------------------

    def path(self, request: PathRequest) -> PathResponse:
        return views.path_response(self.latent_map.path(request.wanted))

    def walk(self, request: WalkRequest) -> WalkResponse:
        found, method = self.latent_map.walk(request.wanted), request.wanted.method
        about = self.latent_map.direction(request.atlas, request.space, request.attribute, method)
        return views.walk_response(found, about)

    def gif(self, request: GifRequest) -> GifResponse:
        draw = self.latent_map.walk if isinstance(request.shown, WalkRequest) else self.latent_map.path
        return GifResponse(gif=data_uri(to_gif(draw(request.shown.wanted).pictures), "image/gif"))

    def drawing(self, request: DrawingRequest) -> DrawingResponse:
        if self.drawings is None:
            raise RequestError("Nothing draws here.")
        drawn = self.drawings.trajectory(request.recipe)
        found = self.latent_map.place_drawing(request.atlas, request.space, request.projection, drawn)
        trail = found.places.astype(float).round(5).tolist()
        return DrawingResponse(trail=trail, numbers=found.numbers, notes=found.notes)

    # --- selections ---------------------------------------------------------------------------------------------------

    def describe(self, request: SelectionRequest) -> SelectionResponse:
        return views.selection_response(self.latent_map.describe(request.atlas, request.space, request.rows))

    def clusters(self, request: ClustersRequest) -> ClustersResponse:
        return views.clusters_response(self.latent_map.clusters(request.clusters))

    def counts(self, request: CountsRequest) -> CountsResponse:
        found = self.latent_map.count_choice(request.atlas, request.space, request.method)
        best = views.finite(found.silhouettes[found.counts.index(found.suggested)])
        charts = count_charts(found)
        return CountsResponse(counts=found.counts, charts=charts, suggested=found.suggested, best=best)

    def spaces(self, request: AtlasRequest) -> SpacesResponse:
        return SpacesResponse(charts=space_charts(self.latent_map.structures(request.atlas)))

    def page(self, request: PageRequest) -> PageResponse:
        return PageResponse(page=web_page(self.latent_map, request))

    def table(self, request: PageRequest) -> TableResponse:
        return TableResponse(table=map_table(self.latent_map, request))

    def outliers(self, request: SpaceRequest) -> OutliersResponse:
        found = self.latent_map.outliers(request.atlas, request.space, OUTLIERS)
        factors = [finite(factor, 2) for factor in found.factors]
        return OutliersResponse(outliers=found.outliers, factors=factors, duplicates=found.duplicates)

    # --- a visitor's photos -------------------------------------------------------------------------------------------

    def photos(self, value: Any, state: MapState) -> Iterator[Json]:
        """Make an atlas of uploaded photos: yields progress, then the atlas, which replaces the previous one."""
        sent = {**value, "kind": "photos"} if isinstance(value, dict) else value
        return stream({"photos": (PhotosRequest, self._add_photos)}, sent, state, failed=PHOTOS_FAILED)

    def _add_photos(self, request: PhotosRequest, state: MapState) -> Iterator[AtlasResponse]:
        steps = self.latent_map.add_photos(
            request.paths, align=request.align, cancel=lambda: state.ended >= request.request_id
        )
        for step in steps:
            if isinstance(step, Advance):
                yield AtlasResponse(phase=step.phase, done=step.done, total=step.total)
                continue
            self.latent_map.close(state.photos)
            state.photos = step.name
            yield AtlasResponse(atlas=step, last=True)
            return
        yield AtlasResponse(last=True)  # stopped

    def forget(self, state: MapState) -> None:
        """Forget the photos of a visitor who has left."""
        self.latent_map.close(state.photos)


def _refuse(request: Request) -> None:
    raise RequestError("This takes longer and waits in the queue.")
