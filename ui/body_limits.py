"""Bounds what a request may bring: the memory that its content takes, and the room that files take on the disk.

All visitors' files lie in one temporary folder. Gradio removes a file an hour after it was made (``delete_cache`` of
the page); within the hour only this is in the way of somebody who fills the disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from gradio.utils import get_upload_folder
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.components.pictures import MAX_UPLOAD

VARIABLE = "LATENTSCAPE_UPLOADS_MB"
USUAL = 4096  # MB of all uploaded files
MOST_CONTENT = 3 * MAX_UPLOAD  # bytes of a request that uploads no file; photos travel in it as base64
LEAST_FILE = 64 * 1024  # bytes that a file counts at least, so that their number is bounded, too
COUNT_EVERY = 2.0  # seconds
FULL = "There is no room for more files on this server at the moment. Try again later."
LARGE = f"This request is too large; one may have {MOST_CONTENT // 2**20} MB."


class BodyLimits:
    """Middleware that refuses what is too large, at the latest while it arrives."""

    def __init__(self, app: ASGIApp, most_uploaded: int | None = None) -> None:
        self.app = app
        self.most_uploaded = uploads_limit() if most_uploaded is None else most_uploaded
        self._taken, self._counted = 0, float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        uploads = _uploads(scope["path"])
        room = self.most_uploaded - self._taken_now() if uploads else MOST_CONTENT
        if _length(scope) > room:
            return await PlainTextResponse(FULL if uploads else LARGE, 413)(scope, receive, send)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            size = len(message.get("body", b""))
            came += size
            if uploads:
                self._taken += size
            too_much = self._taken > self.most_uploaded if uploads else came > MOST_CONTENT
            return {"type": "http.disconnect"} if too_much else message  # it brings more than it said

        await self.app(scope, counted, send)

    def _taken_now(self) -> int:
        now = time.monotonic()
        if now - self._counted > COUNT_EVERY:
            self._counted, self._taken = now, sum(_sizes(Path(get_upload_folder())))
        return self._taken


def uploads_limit() -> int:
    """Read ``VARIABLE``, in bytes. What is no whole number of MB is refused."""
    text = os.environ.get(VARIABLE, "").strip() or str(USUAL)
    if not text.isdecimal() or len(text) > 9:
        raise SystemExit(f"error: {VARIABLE} is {text[:40]!r}; it is a whole number of MB.")
    return int(text) * 10**6


def _uploads(path: str) -> bool:
    return path.rstrip("/").endswith(("/upload", "/component_server", "/process_recording"))


def _length(scope: Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        try:
            yield max(path.stat().st_size, LEAST_FILE)
        except OSError:  # it has just been removed
            continue
