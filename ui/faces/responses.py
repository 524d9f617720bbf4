"""Requests of the Faces tab answered: one call into the pipeline each, its results as JSON for the page."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from core import attributes, recipe
from core.attributes import AttributeValueError
from core.checkpoints import CheckpointError
from core.images import PictureError
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest, EditResult, Entanglement, Face, FacesResult
from core.pipelines.progress import Progress
from core.recipe import RecipeError
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.faces.requests import Ask, parse_ask, ticket_of

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Cancel = Callable[[], bool]
SHORT_WAIT = 0.4  # seconds
PREVIEW_EVERY = 0.06  # seconds; quicker ones would only queue up on the way
SWEEP_POINTS = 7
USER_ERRORS = (RecipeError, AttributeValueError, PictureError, CheckpointError)


class Turn:
    """One visitor's own state, kept in ``gr.State``: what they stopped, and how fast their last picture came."""

    def __init__(self) -> None:
        self.stopped = 0  # the ticket up to which drawing is no longer wanted
        self.pace = 0.0  # seconds per step and picture; 0 while unknown

    def cancel(self, ask: Ask) -> Cancel:
        """The question that a pipeline asks between two steps."""
        return lambda: self.stopped >= ask.ticket

    def wants_previews(self, ask: Ask) -> bool:
        """Previews cost a decoding each and only flicker where a picture is there at once."""
        steps = ask.recipe.steps * ask.recipe.count
        return steps * self.pace > SHORT_WAIT if self.pace else steps > 12


def answer(pipeline: FacesPipeline, value: Any, turn: Turn) -> Iterator[Answer]:
    """Each message holds all that is known of its request so far, so that a page may miss any but the last."""
    state: Answer = {"ticket": ticket_of(value), "last": False}
    try:
        missing = pipeline.missing()
        if missing:
            yield {**state, "missing": missing, "last": True}
            return
        ask = parse_ask(value)
        state["kind"] = ask.kind
        handler = {"draw": _draw, "sweep": _sweep, "read": _read, "edit": _edit}[ask.kind]
        for patch in handler(pipeline, ask, turn):
            state = {**state, **patch}
            yield state
        if not state["last"]:
            yield {**state, "last": True}
    except USER_ERRORS as error:
        yield {**state, "error": str(error), "last": True}
    except Exception:
        log.exception("a request of the Faces tab failed")
        sentence = "Drawing failed on the server. Your settings are kept: try again, or reload the page."
        yield {**state, "error": sentence, "last": True}


def _draw(pipeline: FacesPipeline, ask: Ask, turn: Turn) -> Iterator[Answer]:
    if ask.restored:
        yield {"adopt": recipe.to_dict(ask.recipe)}
    cancel, started = turn.cancel(ask), time.perf_counter()
    for event in _paced(pipeline.draw(ask.recipe, previews=turn.wants_previews(ask), cancel=cancel)):
        if not isinstance(event, FacesResult):
            yield _progress(event)
            continue
        if not event.cancelled:
            turn.pace = (time.perf_counter() - started) / (ask.recipe.steps * ask.recipe.count)
        more = ask.settle and bool(event.faces and ask.recipe.attributes) and not event.cancelled
        result = {
            "faces": [_face(face) for face in event.faces],
            "notes": list(event.notes),
            "cancelled": event.cancelled,
            "milliseconds": round(event.milliseconds or 1000 * (time.perf_counter() - started)),
            "link": recipe.to_link(ask.recipe),
            "recipe": recipe.to_dict(ask.recipe),
            "solvers": list(pipeline.solvers()),
        }
        yield {"progress": None, "drawn": result, "last": not more}
        if more and not cancel():
            first = event.faces[0]
            yield {"changes": _changes(pipeline.entanglement(first.recipe, first.achieved)), "last": True}


def _sweep(pipeline: FacesPipeline, ask: Ask, turn: Turn) -> Iterator[Answer]:
    """One picture at a time, so that a drawing that somebody waits for can interrupt it."""
    points: list[Answer] = []
    cancel = turn.cancel(ask)
    for strength in np.linspace(-1, 1, SWEEP_POINTS).round(3).tolist():
        values = {name: value for name, value in ask.recipe.attributes.items() if name != ask.attribute}
        if strength:
            values[ask.attribute] = strength
        point = dataclasses.replace(ask.recipe, attributes=values, count=1)
        *_, result = pipeline.draw(point, previews=False, cancel=cancel)
        if result.cancelled or cancel():
            return
        face = result.faces[0]
        probability = round(float(face.achieved.get(ask.attribute, 0.0)), 4)
        points.append({"strength": strength, "picture": exact_uri(face.image), "achieved": probability})
        yield {"attribute": ask.attribute, "points": list(points), "last": len(points) == SWEEP_POINTS}


def _read(pipeline: FacesPipeline, ask: Ask, turn: Turn) -> Iterator[Answer]:
    crop, probabilities = pipeline.read(ask.photo)
    read = {"before": exact_uri(crop), "achieved": _rounded(probabilities), "base": base_attributes(probabilities)}
    yield {"read": read, "last": True}


def base_attributes(probabilities: dict[str, float]) -> dict[str, float]:
    """What the classifier is sure of, as the attributes that the photo starts from: +1, -1, or left open."""
    sure = {name: 1.0 if value >= 0.5 else -1.0 for name, value in probabilities.items() if abs(value - 0.5) >= 0.25}
    return attributes.named(attributes.resolve(attributes.vector(sure)).values)


def _edit(pipeline: FacesPipeline, ask: Ask, turn: Turn) -> Iterator[Answer]:
    request = EditRequest(ask.photo, ask.base, ask.recipe, ask.method, ask.faithfulness)
    for event in _paced(pipeline.edit(request, cancel=turn.cancel(ask))):
        if not isinstance(event, EditResult):
            yield _progress(event)
            continue
        result = {
            "before": exact_uri(event.before),
            "after": data_uri(recipe.to_png(event.after, ask.recipe), "image/png"),
            "achieved_before": _rounded(event.achieved_before),
            "achieved": _rounded(event.achieved_after),
            "changes": _changes(event.changes),
            "notes": list(event.notes),
            "milliseconds": round(event.milliseconds),
            "cancelled": event.cancelled,
            "filename": recipe.filename(ask.recipe),
            "recipe": recipe.to_dict(ask.recipe),
            "method": ask.method,
            "faithfulness": ask.faithfulness,
        }
        yield {"progress": None, "edited": result, "last": True}


def _paced(events: Iterator[Any]) -> Iterator[Any]:
    """Drops previews that follow the last one too closely; results always pass."""
    shown = time.perf_counter()
    for event in events:
        now = time.perf_counter()
        if not isinstance(event, Progress) or now - shown >= PREVIEW_EVERY:
            shown = now
            yield event


def _progress(event: Progress) -> Answer:
    pictures: list[Image.Image] = [*event.done, *([event.preview] if event.preview else [])]
    encoded = [preview_uri(picture) for picture in pictures]
    return {"progress": {"step": event.step, "steps": event.steps, "pictures": encoded}}


def _face(face: Face) -> Answer:
    return {
        "picture": data_uri(recipe.to_png(face.image, face.recipe), "image/png"),
        "seed": face.recipe.seed,
        "link": recipe.to_link(face.recipe),
        "filename": recipe.filename(face.recipe),
        "achieved": _rounded(face.achieved),
    }


def _rounded(probabilities: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in probabilities.items()}


def _changes(entangled: tuple[Entanglement, ...]) -> list[Answer]:
    return [{"name": item.name, "before": round(item.before, 3), "after": round(item.after, 3)} for item in entangled]
