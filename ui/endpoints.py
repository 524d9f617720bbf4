"""Shared by the public endpoints of all tabs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.blocks import Block

from core.recipe import Recipe, to_dict
from ui.messages import USER_ERRORS


@contextmanager
def off_the_page() -> Iterator[None]:
    """Hold the components of endpoints, which programs alone use.

    Each of them is hidden, not only what holds them: a browser fetches the code of every other one, a film player with
    its 160 KB included.
    """
    with gr.Column(visible=False) as column:
        yield
    _hide(column)


def _hide(block: Block) -> None:
    block.visible = False
    for child in getattr(block, "children", ()):
        _hide(child)


def with_sentences(function: Callable[..., Any]) -> Callable[..., Any]:
    """Send errors for the user to the client as their sentence."""

    @functools.wraps(function)  # clients see the parameters' names
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except USER_ERRORS as error:
            raise gr.Error(str(error)) from None

    return call


def with_own_settings(usual: Recipe, values: dict[str, Any]) -> dict[str, Any]:
    """A recipe's JSON of these values; where one is 0, "" or nothing, it is the model's own."""
    own = {name for name in ("steps", "guidance", "solver", "start", "checkpoint") if not values.get(name)}
    return {**to_dict(usual), **{name: value for name, value in values.items() if name not in own}}
