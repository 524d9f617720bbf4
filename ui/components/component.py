"""A component of our own: one ``gr.HTML`` whose inside is drawn by a module in ``ui/assets``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}


def component(
    name: str,
    *,
    events: Sequence[str] = (),
    value: Any = None,
    config: dict[str, Any] | None = None,
    functions: Sequence[Callable[[Any], Any]] = (),
) -> gr.HTML:
    """A place in the page that ``register(name, ...)`` of a module fills; its value is plain JSON in both directions.

    ``events`` become methods (``controls.request(...)``). A handler reads the component's value, never the event's own
    data. A module that sends a request while the end of a response is still on its way needs
    ``trigger_mode="multiple"``, which reads the value at once. ``always_last`` reads it later; in between Gradio may
    have put an older one back (when a tab is first drawn, it restores what it noted down a frame ago): the old request
    would be sent twice, and the page would wait in vain for a response to the new one.
    ``functions`` respond to the page past the queue, as ``server.NAME(value)``: for what takes milliseconds.
    """
    quoted = ", ".join(f'"{event}"' for event in events)
    handle = f"{{element, props, trigger, watch, upload, server, events: [{quoted}]}}"
    return gr.HTML(
        value=value,
        html_template='<div class="component"></div>',
        apply_default_css=False,
        padding=False,
        elem_id=name,
        elem_classes=["component-block"],
        js_on_load=f'latentscapeMount("{name}", {handle});',
        config=config or {},
        server_functions=list(functions),
    )


def failure_script(name: str) -> str:
    """The ``js`` of an event's ``failure``: modules hear it by ``onFailure(name, ...)`` (shared/components.js)."""
    return f'() => {{ document.dispatchEvent(new CustomEvent("latentscape-failure", {{ detail: "{name}" }})); }}'


def on_stream(
    event: Callable[..., Any],
    handler: Callable[..., Any],
    inputs: Sequence[gr.Component],
    output: gr.HTML,
    *,
    failure: str,
    queue: str,
    at_once: int,
    once: bool = False,
) -> None:
    """Let ``handler`` answer an event in the queue ``queue``, ``at_once`` at a time; it streams into ``output``.

    Modules hear of its end without a response by ``onFailure(failure, ...)``. ``once`` ignores the event while the
    handler is at work.
    """
    done = event(
        handler,
        list(inputs),
        [output],
        trigger_mode="once" if once else "multiple",
        concurrency_limit=at_once,
        concurrency_id=queue,
        **_QUIET,
    )
    done.failure(None, None, None, js=failure_script(failure), api_visibility="private")


def on_light(
    event: Callable[..., Any],
    handler: Callable[..., Any],
    inputs: Sequence[gr.Component],
    outputs: Sequence[gr.Component] | None = None,
    *,
    failure: str = "",
    newest: bool = False,
) -> None:
    """Let ``handler`` answer an event at once, past the queue: for what takes milliseconds, such as to stop a request.

    ``newest`` skips events that came while the handler was at work, but for the last.
    """
    mode = "always_last" if newest else "multiple"
    done = event(handler, list(inputs), outputs, queue=False, trigger_mode=mode, **_QUIET)
    if failure:
        done.failure(None, None, None, js=failure_script(failure), api_visibility="private")
