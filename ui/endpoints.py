"""Shared by the public endpoints of all tabs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.messages import USER_ERRORS


def with_sentences(function: Callable[..., Any]) -> Callable[..., Any]:
    """Send errors for the user to the client as their sentence."""

    @functools.wraps(function)  # clients see the parameters' names
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except USER_ERRORS as error:
            raise gr.Error(str(error)) from None

    return call
