"""The Compare tab: one request at the left; every generator's pictures, their figures and a blind game at the right."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from core.pipelines.compare.comparison import ComparePipeline
from core.pipelines.compare.figures import read_figures
from core.pipelines.compare.types import MOST_COMPARED
from ui.compare.answer import answer_page
from ui.compare.api import compare_api
from ui.compare.figures import figures_page
from ui.compare.handlers import CompareHandlers
from ui.components.component import component, on_light, on_stream
from ui.components.vocabulary import vocabulary
from ui.messages import Json, request_id_of
from ui.session import SessionState

COMPARE_QUEUE = "compare"  # a queue of its own: somebody's face does not wait for a comparison


def compare_tab(pipeline: ComparePipeline) -> None:
    """Lays the tab out; nothing is drawn before it is opened."""
    read = partial(read_figures, pipeline.root)
    pages = {"figures": lambda: figures_page(read()), "answer": lambda: answer_page(read())}
    handlers, state = CompareHandlers(pipeline, pages), gr.State(SessionState())
    with gr.Column(elem_id="compare"):
        controls = component("compare-controls", events=("request", "cancel"), config=_words())
        canvas = component("compare-canvas")

    def on_request(value: Any, state: SessionState) -> Iterator[Json]:
        yield from handlers.respond(value, state)

    def on_cancel(value: Any, state: SessionState) -> None:
        state.stopped = request_id_of(value)

    on_stream(
        controls.request, on_request, [controls, state], canvas, failure="compare", queue=COMPARE_QUEUE, at_once=2
    )
    on_light(controls.cancel, on_cancel, [controls, state])
    compare_api(pipeline, COMPARE_QUEUE)


def _words() -> dict[str, Any]:
    """The constants that the scripts of the tab read once."""
    words = vocabulary()
    return {name: words[name] for name in ("labels", "main", "groups", "exclusive")} | {"most": MOST_COMPARED}
