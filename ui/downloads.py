"""Files that a browser saves as they are, however large: each under an address that nobody can guess, for a while."""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

KEEP_SECONDS = 600.0
MOST = 256  # addresses; the oldest give way


class Downloads:
    """Addresses of files. One that was removed in the meantime is simply not found."""

    def __init__(self) -> None:
        self._offers: dict[str, tuple[Path, str, float]] = {}  # token -> file, name, time
        self._lock = threading.Lock()

    def offer(self, path: Path, name: str) -> str:
        """Return an address for ``path``, relative to the page; the browser saves the file as ``name``."""
        token, now = secrets.token_hex(16), time.monotonic()
        with self._lock:
            kept = [(key, offer) for key, offer in self._offers.items() if now - offer[2] < KEEP_SECONDS]
            self._offers = {**dict(kept[1 - MOST :]), token: (path, name, now)}
        return f"download/{token}"

    def route(self) -> Route:
        return Route("/download/{token}", self._send)

    def _send(self, request: Request) -> Response:
        path, name, began = self._offers.get(request.path_params["token"], (Path(), "", 0.0))
        if not name or time.monotonic() - began > KEEP_SECONDS or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, filename=name, headers={"Cache-Control": "no-store"})


DOWNLOADS = Downloads()  # of this process, as the routes of its page are
