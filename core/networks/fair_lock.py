"""A lock that serves threads in the order of their requests."""

from __future__ import annotations

import threading
from collections import deque


class FairLock:
    """A reentrant lock: first come, first served.

    ``threading.Lock`` may go back to the thread that has just released it, so a loop of many network calls would keep
    everybody else waiting. Here the lock is handed to the thread that has waited longest.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()  # protects the fields below
        self._queue: deque[tuple[int, threading.Lock]] = deque()  # waiting threads; each waits on its own lock
        self._holder: int | None = None
        self._depth = 0

    def __enter__(self) -> FairLock:
        thread = threading.get_ident()
        with self._guard:
            if self._holder == thread:
                self._depth += 1
                return self
            if self._holder is None:
                self._holder, self._depth = thread, 1
                return self
            waiting = (thread, threading.Lock())
            waiting[1].acquire()
            self._queue.append(waiting)
        try:
            waiting[1].acquire()  # until :meth:`__exit__` in another thread releases it
        except BaseException:  # an interrupt: leave the queue, or pass the lock on
            with self._guard:
                if waiting in self._queue:
                    self._queue.remove(waiting)
                elif self._holder == thread:
                    self._hand_over()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._depth -= 1
            if self._depth == 0:
                self._hand_over()

    @property
    def waiting(self) -> int:
        """Count the threads in the queue."""
        with self._guard:
            return len(self._queue)

    def _hand_over(self) -> None:
        if not self._queue:
            self._holder, self._depth = None, 0
            return
        self._holder, following = self._queue.popleft()
        self._depth = 1
        following.release()
