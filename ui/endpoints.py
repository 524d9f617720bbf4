"""What the public endpoints of all tabs share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.messages import USER_ERRORS


def with_sentences(function: Callable[..., Any]) -> Callable[..., Any]:
    """Errors that are meant for the user reach the client as their sentence."""

    @functools.wraps(function)  # the parameters' names are what a client calls them
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except USER_ERRORS as error:
            raise gr.Error(str(error)) from None

    return call
