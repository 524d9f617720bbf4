"""The Latent map tab: ten thousand pictures as points that answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from core import attributes
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import DIRECTIONS, METHODS, PROJECTIONS, WAYS
from ui.components.component import component, on_light, on_stream
from ui.latent_map.drawings import Drawings
from ui.latent_map.handlers import LatentMapHandlers, MapState
from ui.latent_map.requests import QUICK
from ui.messages import Json, request_id_of

MAP_QUEUE = "latent-map"  # a queue of its own: a click on the map does not wait for a face that is being drawn
FORGET_AFTER = 3600  # seconds after which the photos of a visitor who stays away are let go


def latent_map_tab(latent_map: LatentMapPipeline, drawings: Drawings) -> None:
    """Lays the tab out; nothing is opened before it is looked at."""
    handlers = LatentMapHandlers(latent_map, drawings)
    state = gr.State(MapState(), time_to_live=FORGET_AFTER, delete_callback=handlers.forget)

    def respond(value: Any) -> Json:
        return handlers.respond(value)

    def quick(value: Any) -> Json:
        return handlers.respond_quickly(value)

    with gr.Column(elem_id="latent-map"):
        controls = component("latent-map-controls", events=("request",), config=_words(), functions=(quick,))
        canvas = component("latent-map-canvas")
        intake = component("latent-map-intake", events=("photos", "end"))

    on_stream(controls.request, respond, [controls], canvas, failure="latent-map", queue=MAP_QUEUE, at_once=2)
    _photos(handlers, intake, state)


def _photos(handlers: LatentMapHandlers, intake: gr.HTML, state: gr.State) -> None:
    """Photos have a queue of their own, so that no click waits for them."""

    def on_photos(value: Any, state: MapState) -> Iterator[Json]:
        yield from handlers.photos(value, state)

    def on_end(value: Any, state: MapState) -> None:
        state.ended = request_id_of(value)

    on_stream(
        intake.photos,
        on_photos,
        [intake, state],
        intake,
        failure="latent-map-photos",
        queue="latent-map-photos",
        at_once=1,
        once=True,
    )
    on_light(intake.end, on_end, [intake, state])


def _words() -> dict[str, Any]:
    return {
        "projections": {key: {"title": title, "dimensions": count} for key, (title, count) in PROJECTIONS.items()},
        "methods": METHODS,
        "ways": WAYS,
        "directions": DIRECTIONS,
        "quick": QUICK,
        "labels": {name: attributes.label(name) for name in attributes.NAMES},
    }
