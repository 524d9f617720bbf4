"""The Classify tab: a picture, what the classifier sees in it, where it looks, and how well it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.pipelines.classify.pipeline import ClassifyPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from ui.classify.api import classify_api
from ui.classify.handlers import ClassifyHandlers
from ui.components.component import component, on_stream
from ui.messages import Json

CLASSIFY_QUEUE = "classify"  # a queue of its own: the tab does not wait for drawings


def classify_tab(pipeline: ClassifyPipeline, index: CheckpointIndex) -> None:
    """Lays the tab out. Requests come in the controls' value, responses stream into the canvas' value."""
    handlers = ClassifyHandlers(pipeline, index)
    with gr.Column(elem_id="classify"):
        controls = component("classify-controls", events=("request", "cancel"))
        canvas = component("classify-canvas")

    def on_request(value: Any) -> Iterator[Json]:
        yield from handlers.respond(value)

    on_stream(controls.request, on_request, [controls], canvas, failure="classify", queue=CLASSIFY_QUEUE, at_once=2)
    classify_api(pipeline, CLASSIFY_QUEUE)
