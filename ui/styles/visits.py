"""Who is here: a visitor's trainings and styles outlive a reload of the page, and go soon after its last page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

GRACE = 120.0  # seconds in which a page may come back: it was reloaded, or the phone slept
_NAME = re.compile(r"[0-9a-f]{32}")


class Visits:
    """Knows which pages of a visitor are open. A visitor is a random name that a browser tab makes and keeps to itself.

    ``close`` is called with a visitor's name when the last page has been closed for ``grace`` seconds.
    """

    def __init__(self, close: Callable[[str], None], grace: float = GRACE) -> None:
        self._close, self._grace = close, grace
        self._visitors: dict[str, str] = {}  # page -> visitor
        self._lock = threading.Lock()

    def visitor(self, value: Any, page: str) -> str:
        """Return whose request ``value`` is; a page that names no visitor is one by itself."""
        name = value.get("visitor") if isinstance(value, dict) else None
        visitor = name if isinstance(name, str) and _NAME.fullmatch(name) else page
        with self._lock:
            self._visitors[page] = visitor
        return visitor

    def leave(self, page: str) -> None:
        """Note that a page was closed."""
        with self._lock:
            visitor = self._visitors.pop(page, page)
        if visitor == page:  # nobody can come back
            return self._close(visitor)
        timer = threading.Timer(self._grace, self._end, [visitor])
        timer.daemon = True
        timer.start()

    def closed(self, request: gr.Request) -> None:
        """For ``Blocks.unload``: the page of the request was closed."""
        self.leave(request.session_hash or "")

    def _end(self, visitor: str) -> None:
        with self._lock:
            if visitor in self._visitors.values():
                return
        self._close(visitor)
