"""The section "Stable Diffusion on this machine" of the Models tab: lists, describes, loads and unloads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from core.checkpoints import CheckpointError
from core.pipelines.models.machine import Loading, MachineModel, MachineModels
from core.stable_diffusion.locate import MODELS, VARIABLE
from ui.components.component import component, failure_script

log = logging.getLogger(__name__)

MOST_TYPED = 1000  # characters of a path
FAILED = "This failed on the server; its log says why."


def machine_section(models: MachineModels) -> None:
    """Lay the section out. Its value is ``{"act", "text"}`` from the page and the view of the models to it."""
    section = component(
        "models-machine", value={}, events=("request",), config={"folder": MODELS, "variable": VARIABLE}
    )

    def on_request(value: Any) -> Iterator[dict[str, Any]]:
        yield from respond(models, value)

    requested = section.request(
        on_request,
        [section],
        [section],
        show_progress="hidden",
        trigger_mode="multiple",
        concurrency_limit=2,
        api_visibility="private",
    )
    requested.failure(None, None, None, js=failure_script("models-machine"), api_visibility="private")


def respond(models: MachineModels, value: Any) -> Iterator[dict[str, Any]]:
    """Respond to ``list``, ``describe`` (a typed path), ``load`` and ``unload``; errors are sentences in the view."""
    request = value if isinstance(value, dict) else {}
    act, text = request.get("act"), request.get("text")
    text = text[:MOST_TYPED] if isinstance(text, str) else ""
    extra: list[MachineModel] = []
    error = ""
    try:
        if act == "describe":
            extra = [models.typed(text)]
        elif act == "load":
            for event in models.load(text):
                if isinstance(event, Loading):
                    words = f"Reading the {event.part}, part {event.number} of {event.count}"
                    yield view(models, loading=words, share=(event.number - 1) / event.count)
        elif act == "unload":
            models.unload()
    except CheckpointError as problem:
        error = str(problem)
    except Exception:
        log.exception("a model could not be %sed", act)
        error = FAILED
    yield view(models, extra, error=error)


def view(models: MachineModels, extra: list[MachineModel] | None = None, **more: Any) -> dict[str, Any]:
    """What the page shows: the models that lie here and those that were typed."""
    listed = {model.key: model for model in (*(extra or []), *models.listed())}
    shown = [
        {"key": m.key, "title": m.title, "detail": m.detail, "loaded": m.loaded, "usable": not m.problem}
        for m in listed.values()
    ]
    return {"models": shown, "loading": "", "share": 0, "error": "", **more}
