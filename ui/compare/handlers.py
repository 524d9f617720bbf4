"""Handlers of the requests of the Compare tab: each calls the pipeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from core.data import DataError
from core.pipelines.compare import types
from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.compare.types import ComparedRow
from ui.compare import responses
from ui.compare.requests import CompareRequest, GameRequest
from ui.compare.responses import CompareResponse, GameResponse, OpenResponse, PageResponse, RoundView, RowView
from ui.components.pictures import exact_uri
from ui.messages import Json, Request, RequestError, stream
from ui.session import SessionState

SEND_EVERY = 0.12  # seconds between two messages of one comparison
FAILED = "Drawing failed on the server. Your request is kept: try again, or reload the page."

Page = Callable[[], dict[str, Any]]


class CompareHandlers:
    """Handlers around the tab's pipeline. A visitor's settings are in requests and in :class:`SessionState`.

    ``figures`` and ``answer`` are pages of the tab; both are read anew whenever somebody opens them.
    """

    def __init__(self, pipeline: ComparePipeline, pages: dict[str, Page]) -> None:
        self.pipeline, self.pages = pipeline, pages
        self.routes = {
            "open": (Request, self.open),
            "compare": (CompareRequest, self.compare),
            "game": (GameRequest, self.game),
            **{name: (Request, self._page(page)) for name, page in pages.items()},
        }

    def respond(self, value: Any, state: SessionState) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        return stream(self.routes, value, state, failed=FAILED)

    def open(self, request: Request, state: SessionState) -> Iterator[OpenResponse]:
        makers = [responses.maker_view(maker) for maker in self.pipeline.rows()]
        yield OpenResponse(makers=makers, players=self.pipeline.players())

    def compare(self, request: CompareRequest, state: SessionState) -> Iterator[CompareResponse]:
        rows: dict[str, RowView] = {}
        sent = 0.0
        for event in self.pipeline.compare(request.wanted, cancel=state.cancel(request)):
            if not isinstance(event, ComparedRow):
                break
            rows[event.name] = responses.row_view(event, rows.get(event.name))
            if event.finished or time.perf_counter() - sent > SEND_EVERY:
                yield CompareResponse(rows=list(rows.values()))
                sent = time.perf_counter()
        yield CompareResponse(
            rows=list(rows.values()),
            seen=None if event.seen is None else exact_uri(event.seen.image),
            notes=event.notes,
            milliseconds=round(event.milliseconds),
            cancelled=event.cancelled,
            last=True,
        )

    def game(self, request: GameRequest, state: SessionState) -> Iterator[GameResponse]:
        rounds: list[RoundView] = []
        wanted = types.GameRequest(request.seed, request.rounds)
        try:
            for each in self.pipeline.play(wanted, cancel=state.cancel(request)):
                rounds.append(RoundView(exact_uri(each.image), each.maker))
                yield GameResponse(rounds=list(rounds))
        except DataError as error:
            raise RequestError(str(error)) from error

    def _page(self, page: Page) -> Callable[..., Iterator[PageResponse]]:
        def send(request: Request, state: SessionState) -> Iterator[PageResponse]:
            yield PageResponse(view=page())

        return send
