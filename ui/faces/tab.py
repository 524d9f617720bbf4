"""The Faces tab: a control column, the canvas, a strip that sweeps one attribute, and the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.data.cooccurrence import read_tree
from core.pipelines.faces.few_steps import SOLVER
from core.pipelines.faces.pipeline import FacesPipeline
from ui.components.component import component, on_light, on_stream
from ui.components.vocabulary import FACE_SOLVERS, SOLVER_WORDS, vocabulary
from ui.faces.api import AT_ONCE, faces_api
from ui.faces.handlers import FacesHandlers
from ui.messages import Json, request_id_of
from ui.session import SessionState

MODEL_QUEUE = "model"  # the queue of every event that runs a network


def faces_tab(pipeline: FacesPipeline) -> None:
    """Lays the tab out. Requests come in the controls' value, responses stream into the canvas' value."""
    handlers, state = FacesHandlers(pipeline), gr.State(SessionState())
    with gr.Column(elem_id="faces"):
        controls = component("faces-controls", events=("request", "cancel"), config=_config(pipeline))
        canvas = component("faces-canvas")
        component("faces-history")

    def on_request(value: Any, state: SessionState) -> Iterator[Json]:
        yield from handlers.respond(value, state)

    def on_cancel(value: Any, state: SessionState) -> None:
        state.stopped = request_id_of(value)

    on_stream(
        controls.request, on_request, [controls, state], canvas, failure="faces", queue=MODEL_QUEUE, at_once=AT_ONCE
    )
    on_light(controls.cancel, on_cancel, [controls, state])
    faces_api(pipeline, MODEL_QUEUE)


def _config(pipeline: FacesPipeline) -> dict[str, Any]:
    """The vocabulary, and what "Surprise me" draws from."""
    surprise = {"tree": [list(node) for node in read_tree()], "names": pipeline.followed()}
    words, few = vocabulary(), pipeline.few_steps()
    usual = {"solver": SOLVER, "steps": few} if few else {}
    return {
        **words,
        "first": {**words["first"], **usual},
        "plain": {name: words["first"][name] for name in ("solver", "steps")},
        "fewSteps": few,
        "solvers": FACE_SOLVERS if few else SOLVER_WORDS,
        "surprise": surprise,
        "side": pipeline.side(),
    }
