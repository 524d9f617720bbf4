"""The Gradio theme without remote fonts, and the local styles and scripts of the page."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from ui.components.plotly_bundle import bundle_route, bundle_version

ASSETS = Path(__file__).parent / "assets"
FOLDERS = ("shared", "faces", "reconstruction", "prompts", "styles", "latent_map", "models")  # a later style wins
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
FOR_EVER = "public, max-age=31536000, immutable"
SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace"]


def quiet_theme() -> gr.themes.Base:
    """Neutral, square-ish, system fonts. Its colours are the tokens of ``tokens.css``, light and dark alike."""
    return gr.themes.Base(
        primary_hue="blue",
        neutral_hue="zinc",
        spacing_size="md",
        radius_size="sm",
        text_size="sm",
        font=SANS,
        font_mono=MONO,
    )


@cache
def version() -> str:
    """Return a version that changes with any file of the page; browsers cache files under it for ever."""
    files = sorted(path for path in ASSETS.rglob("*") if path.is_file())
    contents = b"".join(path.relative_to(ASSETS).as_posix().encode() + path.read_bytes() for path in files)
    return sha256(contents + bundle_version().encode()).hexdigest()[:12]


class _Assets(StaticFiles):
    """Serve the files of ``assets`` with headers that let a browser cache them and run them as modules."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOR_EVER
        # Starlette asks the machine's own table of types, in which a script can be anything, plain text included.
        if media_type := MEDIA_TYPES.get(Path(path).suffix):
            response.headers["Content-Type"] = f"{media_type}; charset=utf-8"
        return response


def page_routes() -> list[BaseRoute]:
    """For FastAPI: ``page/VERSION/...``, the files that ``page_head`` links to, and plotly.js, which charts fetch."""
    base = f"/page/{version()}"
    return [bundle_route(base, FOR_EVER), Mount(base, app=_Assets(directory=ASSETS), name="page")]


def page_head() -> str:
    """Links to the styles and modules, relative to the page, so that they work behind any path prefix.

    Modules are named one by one because a browser learns of a module's imports only when it has read it: so all are
    fetched at once. Gradio puts the head into the page before it mounts its components.
    """
    base = f"page/{version()}"
    modules = sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.glob("*/*.js"))
    boot = (ASSETS / "boot.js").read_text(encoding="utf-8")
    return "\n".join(
        [
            '<meta name="color-scheme" content="light dark">',
            f"<script>{boot}</script>",
            *(f'<link rel="stylesheet" href="{base}/{folder}/main.css">' for folder in FOLDERS),
            *(f'<link rel="modulepreload" href="{base}/{module}">' for module in modules),
            f'<script type="module" src="{base}/main.js"></script>',
        ]
    )
