"""Whose turn it is: no visitor holds more than a share of Gradio's queue, and pages that wait take turns.

Gradio serves each of its queues first come, first served: whoever sends twenty requests has the next twenty turns. Here
the first waiting request of every page comes before anybody's second. A page is known by the session hash that it makes
up itself, so what comes from one network address is bounded as well.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import gradio as gr

VARIABLES = ("LATENTSCAPE_QUEUE", "LATENTSCAPE_QUEUE_PER_ADDRESS", "LATENTSCAPE_QUEUE_PER_PAGE")
BUSY = "The server is busy: its queue is full. Try again in a moment."
KEEP_SECONDS = 300.0  # in which a page may fetch its responses, such as after a phone slept
TOO_MANY = "{count} requests of yours are waiting already. Wait for some of them, and try again."


@dataclass(frozen=True)
class Limits:
    """How many requests may wait: of all visitors, of one network address, and of one page."""

    all: int = 128
    address: int = 64
    page: int = 16

    @classmethod
    def from_environment(cls) -> Limits:
        """Read ``VARIABLES``. What is no whole number from 1 is refused, so that a slip never means "no limit"."""
        return cls(*(_setting(name, usual) for name, usual in zip(VARIABLES, (128, 64, 16), strict=True)))

    @property
    def at_work(self) -> int:
        """Requests of one address that wait or are being answered; pages listen by requests that compute nothing."""
        return 5 * self.address


def _setting(name: str, usual: int) -> int:
    text = os.environ.get(name, "").strip() or str(usual)
    if not text.isdecimal() or not 0 < int(text) < 10**6:
        raise SystemExit(f"error: {name} is {text[:40]!r}; it is a whole number from 1.")
    return int(text)


class Turns:
    """The turns in the queue of one app; made after ``Blocks.queue``."""

    def __init__(self, page: gr.Blocks, limits: Limits) -> None:
        self._queue = page._queue  # Gradio has no public way in; its version is pinned
        self._push = self._queue.push
        self._seen: dict[str, float] = {}  # page -> when it sent something
        self.limits = limits
        self._queue.max_size = limits.all
        self._queue.push = self.push

    def _forget_absent(self) -> None:
        """Drop responses that nobody has fetched for a while: Gradio keeps them for 2,000 sessions."""
        queue, now = self._queue, time.monotonic()
        busy = {event.session_hash for one in queue.event_queue_per_concurrency_id.values() for event in one.queue}
        busy |= {event.session_hash for job in queue.active_jobs if job for event in job}
        for page, seen in list(self._seen.items()):
            if now - seen > KEEP_SECONDS and page not in busy:
                del self._seen[page]
                queue.pending_messages_per_session.pop(page, None)
                queue.pending_event_ids_session.pop(page, None)

    async def push(self, body: Any, request: Any, username: str | None) -> tuple[bool, Any, str]:
        """Queue an event, or refuse it with a sentence, as Gradio's own method does."""
        if len(self._queue) >= self.limits.all:
            return False, BUSY, "queue_full"
        problem = self._problem(body.session_hash, _address(request))
        if problem:
            return False, problem, "queue_full"
        pushed = await self._push(body, request, username)
        self._seen[body.session_hash] = time.monotonic()
        self._forget_absent()
        for one in self._queue.event_queue_per_concurrency_id.values():
            one.queue[:] = in_turns(one.queue)
        return pushed

    def _problem(self, page: str | None, address: str) -> str:
        waiting = [event for one in self._queue.event_queue_per_concurrency_id.values() for event in one.queue]
        at_work = [event for job in self._queue.active_jobs if job for event in job]
        limits, own = self.limits, sum(event.session_hash == page for event in waiting)
        if own >= limits.page:
            return TOO_MANY.format(count=own)
        near = sum(_address(event.request) == address for event in waiting)
        if near >= limits.address or near + sum(_address(one.request) == address for one in at_work) >= limits.at_work:
            return TOO_MANY.format(count=near)
        return ""

    def ahead(self, page: str) -> int | None:
        """Count the requests before the one of this page that waits longest for its turn; None where none waits."""
        found = [
            rank + one.current_concurrency
            for one in self._queue.event_queue_per_concurrency_id.values()
            for rank, event in enumerate(one.queue)
            if event.session_hash == page
        ]
        return max(found, default=None)


def in_turns(events: list[Any]) -> list[Any]:
    """Order events so that each page's first comes before any page's second, and so on; else first come, first."""
    counts: Counter[str] = Counter()
    ranked = []
    for event in events:
        ranked.append((counts[event.session_hash], event))
        counts[event.session_hash] += 1
    return [event for _, event in sorted(ranked, key=lambda pair: pair[0])]


def _address(request: Any) -> str:
    """Return where a request comes from; behind a proxy, uvicorn reads it from what the proxy says."""
    return getattr(getattr(request, "client", None), "host", None) or ""
