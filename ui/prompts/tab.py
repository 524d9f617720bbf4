"""The Text prompts tab: a sentence at the left, what it became on the canvas, how it came to be below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.pipelines.prompts.pipeline import PromptsPipeline
from ui.components.component import component, on_light, on_stream
from ui.messages import Json, request_id_of
from ui.prompts.api import prompts_api
from ui.prompts.handlers import PromptsHandlers
from ui.prompts.words import prompt_words
from ui.session import SessionState

PROMPTS_QUEUE = "prompts"  # a queue of its own: a sentence does not wait for somebody's faces


def prompts_tab(pipeline: PromptsPipeline, stable_diffusion: PromptsPipeline) -> None:
    """Lays the tab out; nothing is drawn before it is opened."""
    handlers, state = PromptsHandlers(pipeline, stable_diffusion), gr.State(SessionState())
    with gr.Column(elem_id="prompts"):
        controls = component("prompts-controls", events=("request", "cancel"), config=prompt_words(pipeline.usual()))
        canvas = component("prompts-canvas")
        component("prompts-history")
        reader = component("prompts-reader", events=("read",))

    def on_request(value: Any, state: SessionState) -> Iterator[Json]:
        yield from handlers.respond(value, state)

    def on_cancel(value: Any, state: SessionState) -> None:
        state.stopped = request_id_of(value)

    on_stream(
        controls.request, on_request, [controls, state], canvas, failure="prompts", queue=PROMPTS_QUEUE, at_once=2
    )
    on_light(controls.cancel, on_cancel, [controls, state])
    on_light(reader.read, handlers.parse_prompt, [reader], [reader], newest=True)
    prompts_api(handlers, PROMPTS_QUEUE)
