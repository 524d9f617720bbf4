"""Keeps the server from fetching addresses that clients name.

Gradio takes a file also as ``{"path": "https://..."}`` and serves ``file=https://...``: it looks the name up, at a
resolver on the internet if need be, and fetches what lies there, as long as the address is public. So anybody could
make this machine call another one. Both ways lead through ``safehttpx``; here it refuses every address.
"""

from __future__ import annotations

from typing import Any, NoReturn

import gradio as gr
import safehttpx

SENTENCE = "This server fetches no addresses. Send the file itself."


def refuse_addresses() -> None:
    """Let every fetch of Gradio's server fail with one sentence, in this process, before a name is looked up."""
    safehttpx.get = safehttpx.async_validate_url = _refuse


async def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise gr.Error(SENTENCE, print_exception=False)
