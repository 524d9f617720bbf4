"""What the server remembers of one visitor while something is drawn, and how its progress reaches the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.pipelines.progress import Progress
from core.recipe import Recipe
from ui.messages import UNSET, Request

SHORT_WAIT = 0.4  # seconds
PREVIEW_EVERY = 0.06  # seconds; quicker ones would only queue up on the way

Cancel = Callable[[], bool]


class SessionState:
    """One visitor's own state, kept in ``gr.State``: what they stopped, and how fast their last picture came."""

    def __init__(self) -> None:
        self.stopped = 0  # the request up to which drawing is no longer wanted
        self.pace = 0.0  # seconds per step and picture; 0 while unknown

    def cancel(self, request: Request) -> Cancel:
        """What a pipeline calls between two steps: whether to stop."""
        return lambda: self.stopped >= request.request_id

    def wants_previews(self, recipe: Recipe) -> bool:
        """Previews cost a decoding each and only flicker where a picture is there at once."""
        steps = recipe.steps * recipe.count
        return steps * self.pace > SHORT_WAIT if self.pace else steps > 12


@dataclass(frozen=True)
class ProgressView:
    """How far a drawing is. ``unit`` is what is counted; pictures are data URIs."""

    step: int
    steps: int
    unit: str = UNSET
    pictures: list[str] = UNSET  # what is finished, and the one on its way
    preview: str | None = UNSET  # the one on its way alone
    done: int = UNSET  # finished pictures
    count: int = UNSET  # of so many


def paced(events: Iterator[Any]) -> Iterator[Any]:
    """Drops progress that follows the last one too closely; results always pass."""
    shown = time.perf_counter()
    for event in events:
        now = time.perf_counter()
        if not isinstance(event, Progress) or now - shown >= PREVIEW_EVERY:
            shown = now
            yield event
