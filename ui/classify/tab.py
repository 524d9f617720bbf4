"""The Classify tab: a picture, what the classifier sees in it, where it looks, and how well it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.compare.types import MOST
from core.pipelines.models.pipeline import CheckpointIndex
from ui.classify.api import classify_api
from ui.classify.handlers import ClassifyHandlers
from ui.classify.requests import AT_ONCE
from ui.classify.variations import BORROWED, vary_api
from ui.components.component import component, on_light, on_stream
from ui.messages import Json, request_id_of
from ui.session import SessionState

CLASSIFY_QUEUE = "classify"  # a queue of its own: the tab does not wait for drawings


def classify_tab(pipeline: ClassifyPipeline, index: CheckpointIndex) -> None:
    """Lays the tab out. Requests come in the controls' value, responses stream into the canvas' value."""
    variations = VariationsPipeline(pipeline.root)
    handlers, state = ClassifyHandlers(pipeline, index, variations), gr.State(SessionState())
    with gr.Column(elem_id="classify"):
        config = {"borrowed": BORROWED, "most": MOST}
        controls = component("classify-controls", events=("request", "cancel"), config=config)
        canvas = component("classify-canvas")

    def on_request(value: Any, state: SessionState) -> Iterator[Json]:
        yield from handlers.respond(value, state)

    def on_cancel(value: Any, state: SessionState) -> None:
        state.stopped = request_id_of(value)

    inputs = [controls, state]
    on_stream(controls.request, on_request, inputs, canvas, failure="classify", queue=CLASSIFY_QUEUE, at_once=AT_ONCE)
    on_light(controls.cancel, on_cancel, inputs)
    classify_api(pipeline, CLASSIFY_QUEUE)
    vary_api(variations, CLASSIFY_QUEUE)
