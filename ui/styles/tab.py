"""The Styles tab: the active styles at the left, the face before and after on the canvas, the wall below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from core.pipelines.styles.jobs import StyleTrainer
from core.pipelines.styles.pipeline import StylesPipeline
from core.pipelines.styles.types import (
    LEAST_WEIGHT,
    MOST_ACTIVE,
    MOST_WEIGHT,
    RANKS,
    RATES,
    STEPS,
    STRENGTHS,
    TrainRequest,
)
from core.recipe import to_dict
from ui.components.component import component, on_light, on_stream
from ui.components.pictures import MAX_FILE
from ui.components.vocabulary import vocabulary
from ui.messages import Json, request_id_of
from ui.session import SessionState
from ui.styles.api import styles_api
from ui.styles.handlers import StylesHandlers
from ui.styles.visits import Visits

MOST_ROWS = 10  # of a grid that can still be seen
STYLES_QUEUE = "styles"  # a separate queue: a wall does not wait for other visitors' faces


def styles_tab(pipeline: StylesPipeline) -> Callable[[gr.Request], None]:
    """Lay the tab out; nothing is drawn before it is opened. Returns what is to be called when a page was closed."""
    handlers, state = StylesHandlers(pipeline), gr.State(SessionState())
    visits = Visits(pipeline.close_session)
    with gr.Column(elem_id="styles"):
        controls = component("styles-controls", events=("request", "cancel"), config=_words(pipeline))
        canvas = component("styles-canvas")
        component("styles-history")
        jobs = component("styles-jobs", events=("request",))

    def on_request(value: Any, state: SessionState, request: gr.Request) -> Iterator[Json]:
        yield from handlers.respond(value, state, visits.visitor(value, request.session_hash or ""))

    def on_cancel(value: Any, state: SessionState) -> None:
        state.stopped = request_id_of(value)

    def on_job(value: Any, request: gr.Request) -> Json:
        return handlers.job(value, visits.visitor(value, request.session_hash or ""))

    on_stream(controls.request, on_request, [controls, state], canvas, failure="styles", queue=STYLES_QUEUE, at_once=2)
    on_light(controls.cancel, on_cancel, [controls, state])
    on_light(jobs.request, on_job, [jobs], [jobs], failure="styles-jobs")
    styles_api(pipeline, STYLES_QUEUE)
    return visits.closed


def _words(pipeline: StylesPipeline) -> dict[str, Any]:
    """The constants that the scripts of the tab read once."""
    words = vocabulary()
    return {
        "labels": words["labels"],
        "absent": words["absent"],
        "main": words["main"],
        "pngKey": words["pngKey"],
        "first": words["first"],
        "prompt": _first_prompt(pipeline),
        "largest": MAX_FILE,
        "least": LEAST_WEIGHT,
        "most": MOST_WEIGHT,
        "mostActive": MOST_ACTIVE,
        "mostRows": MOST_ROWS,
        "strengths": list(STRENGTHS),
        "closed": StyleTrainer.switched_off() or "",
        "train": {
            name: {"value": getattr(TrainRequest, name), "min": low, "max": high}
            for name, (low, high) in {"steps": STEPS, "rank": RANKS, "rate": RATES}.items()
        },
    }


def _first_prompt(pipeline: StylesPipeline) -> dict[str, Any] | None:
    """The recipe that the mode Prompt begins with; None where no Stable Diffusion is here."""
    stable = pipeline.stable_diffusion()
    return None if stable is None else to_dict(stable.usual(stable.choices()[0]))
