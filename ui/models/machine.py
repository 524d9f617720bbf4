"""The section "Stable Diffusion on this machine" of the Models tab: lists, describes, loads and unloads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from core.checkpoints import CheckpointError
from core.pipelines.models.machine import Loading, MachineModels
from core.recipe import to_dict
from core.stable_diffusion.locate import MODELS, VARIABLE
from ui.components.component import component, on_stream
from ui.own_machine import by_owner

log = logging.getLogger(__name__)

MOST_TYPED = 1000  # characters of a path
FAILED = "This failed on the server; its log says why."


def machine_section(models: MachineModels) -> None:
    """Lay the section out. Its value is ``{"act", "text"}`` from the page and the view of the models to it."""
    section = component(
        "models-machine", value={}, events=("request",), config={"folder": MODELS, "variable": VARIABLE}
    )

    def on_request(value: Any, request: gr.Request) -> Iterator[dict[str, Any]]:
        yield from respond(models, value, owner=by_owner(request))

    name = "models-machine"
    on_stream(section.request, on_request, [section], section, failure=name, queue=name, at_once=2)


def respond(models: MachineModels, value: Any, *, owner: bool = False) -> Iterator[dict[str, Any]]:
    """Respond to ``list``, ``describe`` (what was typed), ``load`` and ``unload``; errors are sentences in the view.

    The view names the model that was loaded as ``chosen``, with the settings that suit it: the page draws with it.
    """
    request = value if isinstance(value, dict) else {}
    act, text = request.get("act"), request.get("text")
    text = text[:MOST_TYPED] if isinstance(text, str) else ""
    last: dict[str, Any] = {}
    try:
        if act == "describe":
            last = {"first": models.named(text, owner=owner).name}
        elif act == "load":
            for event in models.load(text):
                if isinstance(event, Loading):
                    words = f"Reading the {event.part}, part {event.number} of {event.count}"
                    yield view(models, loading=words, share=(event.number - 1) / event.count)
                else:
                    last = {"chosen": to_dict(models.pipeline.usual(event.name))}
        elif act == "unload":
            models.unload()
    except CheckpointError as problem:
        last = {"error": str(problem)}
    except Exception:
        log.exception("a model could not be %sed", act)
        last = {"error": FAILED}
    yield view(models, **last)


def view(models: MachineModels, first: str = "", **more: Any) -> dict[str, Any]:
    """What the page shows: the models that lie here; ``first`` is the one that was typed."""
    listed = sorted(models.listed(), key=lambda model: model.name != first)
    shown = [{"title": m.name, "detail": m.detail, "loaded": m.loaded, "usable": not m.problem} for m in listed]
    return {"models": shown, "loading": "", "share": 0, "error": "", **more}
