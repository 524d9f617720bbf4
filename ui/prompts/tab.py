"""The Text prompts tab: a sentence at the left, what it became on the canvas, how it came to be below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.pipelines.prompts.pipeline import PromptsPipeline
from ui.components.component import island
from ui.faces.requests import ticket_of
from ui.faces.responses import Answer, Turn
from ui.prompts.api import prompts_api
from ui.prompts.responses import PromptStudio
from ui.prompts.words import prompt_words

PROMPTS_QUEUE = "prompts"  # a line of its own: a sentence does not wait for somebody's faces


def prompts_tab(pipeline: PromptsPipeline) -> None:
    """Lays the tab out; nothing is drawn before it is opened."""
    studio = PromptStudio(pipeline)
    turn = gr.State(Turn())
    with gr.Column(elem_id="prompts"):
        controls = island("prompts-controls", events=("ask", "stop"), config=prompt_words(pipeline.usual()))
        canvas = island("prompts-canvas")
        island("prompts-history")
        reader = island("prompts-reader", events=("read",))

    def on_ask(value: Any, turn: Turn) -> Iterator[Answer]:
        yield from studio.answer(value, turn)

    def on_stop(value: Any, turn: Turn) -> None:
        turn.stopped = ticket_of(value)

    asked = controls.ask(
        on_ask,
        [controls, turn],
        [canvas],
        trigger_mode="multiple",
        show_progress="hidden",
        concurrency_limit=2,
        concurrency_id=PROMPTS_QUEUE,
        api_visibility="private",
    )
    asked.failure(None, None, None, js="() => { latentscape.prompts.failed(); }", api_visibility="private")
    controls.stop(
        on_stop,
        [controls, turn],
        None,
        queue=False,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )
    reader.read(
        studio.understood,
        [reader],
        [reader],
        queue=False,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )
    prompts_api(studio, PROMPTS_QUEUE)
