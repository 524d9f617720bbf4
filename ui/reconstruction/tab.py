"""The Reconstruction tab: pictures in rows, autoencoders in columns, and one cell at a time enlarged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from ui.components.component import component, on_light, on_stream
from ui.messages import Json, request_id_of
from ui.reconstruction.api import reconstruction_api
from ui.reconstruction.handlers import ReconstructionHandlers
from ui.reconstruction.table import MOST_PICTURES, Examples, Table

RECONSTRUCTION_QUEUE = "reconstruction"  # a queue of its own: the tab does not wait for a sweep of the Faces tab


def reconstruction_tab(
    reconstruction: ReconstructionPipeline, faces: FacesPipeline, *, benchmark: Callable[[], None] | None = None
) -> None:
    """Lays the tab out; nothing is computed before it is opened. ``benchmark`` lays out the second view."""
    handlers = ReconstructionHandlers(reconstruction, Examples(faces))
    reconstruction_api(reconstruction, RECONSTRUCTION_QUEUE)
    if benchmark is None:
        _pictures(handlers)
        return
    with gr.Tabs(elem_id="reconstruction-views"):
        with gr.Tab("Pictures", id="pictures", elem_id="reconstruction-view"):
            _pictures(handlers)
        with gr.Tab("Benchmark", id="benchmark", elem_id="reconstruction-benchmark"):
            benchmark()


def _pictures(handlers: ReconstructionHandlers) -> None:
    table = gr.State(Table())
    with gr.Column(elem_id="reconstruction"):
        controls = component("reconstruction-controls", events=("request", "cancel"), config={"most": MOST_PICTURES})
        canvas = component("reconstruction-canvas")
        fetcher = component("reconstruction-fetch", events=("fetch", "cancel"))
    _downloads(handlers, fetcher, table)

    def on_request(value: Any, table: Table) -> Iterator[Json]:
        yield from handlers.respond(value, table)

    def on_cancel(value: Any, table: Table) -> None:
        table.stopped = request_id_of(value)

    on_stream(
        controls.request,
        on_request,
        [controls, table],
        canvas,
        failure="reconstruction",
        queue=RECONSTRUCTION_QUEUE,
        at_once=1,
    )
    on_light(controls.cancel, on_cancel, [controls, table])


def _downloads(handlers: ReconstructionHandlers, fetcher: gr.HTML, table: gr.State) -> None:
    """Downloads have a queue of their own, so that no picture waits for them."""

    def on_fetch(value: Any, table: Table) -> Iterator[Json]:
        yield from handlers.fetch(value, table)

    def on_cancel(value: Any, table: Table) -> None:
        table.ended = request_id_of(value)

    on_stream(
        fetcher.fetch,
        on_fetch,
        [fetcher, table],
        fetcher,
        failure="reconstruction-fetch",
        queue="download",
        at_once=2,
        once=True,
    )
    on_light(fetcher.cancel, on_cancel, [fetcher, table])
