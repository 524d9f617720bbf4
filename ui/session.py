"""The session state of one visitor while pictures are drawn, and progress messages to the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.pipelines.progress import Progress
from core.recipe import Recipe
from ui.messages import UNSET, Request

SHORT_WAIT = 0.4  # seconds
PREVIEW_EVERY = 0.06  # seconds; more frequent ones would queue up

Cancel = Callable[[], bool]


class SessionState:
    """One visitor's state, kept in ``gr.State``: stopped requests, and the speed of the last picture."""

    def __init__(self) -> None:
        self.stopped = 0  # requests up to this number are cancelled
        self.pace = 0.0  # seconds per step and picture; 0 while unknown

    def cancel(self, request: Request) -> Cancel:
        """Return whether to stop; the pipeline calls this between two steps."""
        return lambda: self.stopped >= request.request_id

    def wants_previews(self, recipe: Recipe) -> bool:
        """Return whether to send previews: each costs a decoding, and with a quick drawing they only flicker."""
        steps = recipe.steps * recipe.count
        return steps * self.pace > SHORT_WAIT if self.pace else steps > 12


@dataclass(frozen=True)
class ProgressView:
    """Progress of a drawing. ``unit`` is what is counted; pictures are data URIs."""

    step: int
    steps: int
    unit: str = UNSET
    pictures: list[str] = UNSET  # the finished ones, and the current one
    preview: str | None = UNSET  # the current one only
    done: int = UNSET  # finished pictures
    count: int = UNSET  # all pictures


def paced(events: Iterator[Any]) -> Iterator[Any]:
    """Drop progress messages that follow too closely; results always pass."""
    shown = time.perf_counter()
    for event in events:
        now = time.perf_counter()
        if not isinstance(event, Progress) or now - shown >= PREVIEW_EVERY:
            shown = now
            yield event
