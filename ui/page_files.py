"""The files of the page: which of them the first view needs, and their routes, compressed once and kept for ever."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core import __version__
from ui.components.plotly_bundle import bundle_route, bundle_version
from ui.learn.sources import lesson_sources

ASSETS = Path(__file__).parent / "assets"
MEDIA_TYPES = {  # a machine's own table may call a script plain text, and no browser runs that as a module
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
STYLES = (
    "shared",
    "faces",
    "reconstruction",
    "prompts",
    "styles",
    "classify",
    "latent_map",
    "compare",
    "models",
    "learn",
    "small_world",
    "inside",
)  # a later one wins
FOR_EVER = "public, max-age=31536000, immutable"
IMPORT = re.compile(r"^(?:import|export)\s+(?:[^;\"']*?\sfrom\s+)?[\"'](\.[^\"']+)[\"'];", re.MULTILINE)
WORKER = re.compile(r"new Worker\(new URL\(\"(\.[^\"]+)\", import\.meta\.url\)")


@cache
def version() -> str:
    """Return a version that changes with any file of the page; browsers cache files under it for ever."""
    files = sorted(path for path in ASSETS.rglob("*") if path.is_file())
    contents = b"".join(path.relative_to(ASSETS).as_posix().encode() + path.read_bytes() for path in files)
    return sha256(contents + bundle_version().encode() + lesson_sources()).hexdigest()[:12]


def base() -> str:
    """Where the files are, relative to the page, so that they work behind any path prefix."""
    return f"page/{version()}"


def modules_of(start: str) -> set[str]:
    """The module ``start`` and all that its import statements and workers bring along, by their names below ``assets``.

    What a module fetches later, by a call of ``import``, is not among them.
    """
    found: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.add(name)
        path = ASSETS / name
        text = path.read_text(encoding="utf-8")
        for imported in [*IMPORT.findall(text), *WORKER.findall(text)]:
            ahead.append((path.parent / imported).resolve().relative_to(ASSETS.resolve()).as_posix())
    return found


def page_routes() -> list[BaseRoute]:
    """For FastAPI: ``page/VERSION/...``, the files that the page links to, and plotly.js, which charts fetch."""
    start = f"/{base()}"
    return [bundle_route(start, FOR_EVER), Route(f"{start}/{{name:path}}", _send, name="page")]


def _send(request: Request) -> Response:
    found = _files().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    media_type, content, compressed = found
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = compressed
    return Response(content, headers=headers, media_type=media_type)


@cache
def _files() -> dict[str, tuple[str, bytes, bytes]]:
    """Name -> media type, content, and the content compressed; the stylesheets of all folders are one file."""
    plain = [path for suffix in ("*.js", "*.json") for path in ASSETS.rglob(suffix)]
    contents = {path.relative_to(ASSETS).as_posix(): path.read_bytes() for path in plain}
    contents["learn/sources.json"] = lesson_sources()
    contents["learn/help.json"] = json.dumps(
        {**json.loads(contents["learn/help.json"]), "version": __version__}
    ).encode()
    contents["main.css"] = b"\n".join((ASSETS / folder / "main.css").read_bytes() for folder in STYLES)
    return {
        name: (MEDIA_TYPES[Path(name).suffix], content, gzip.compress(content, 9)) for name, content in contents.items()
    }


class CompressedPage:
    """Middleware that compresses the page itself, 200 KB of HTML, and nothing else.

    Gradio compresses files whose names say that they are text. Its stream of events passes untouched: compressed, an
    event would wait in a buffer until others fill it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressing = GZipMiddleware(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else None
        await (self.compressing if path in ("", "/", "/config") else self.app)(scope, receive, send)
