"""plotly.js for the page: the bundle that comes with plotly's Python package, sent from here and nowhere else."""

from __future__ import annotations

import gzip
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BUNDLE = files("plotly") / "package_data" / "plotly.min.js"
NAME = "shared/plotly.min.js"  # where charts.js looks for it, beside itself


def bundle_version() -> str:
    return version("plotly")


def bundle_route(base: str, caching: str) -> Route:
    """For FastAPI: the bundle below ``base`` with a header that lets a browser keep it. 4.8 MB, 1.5 compressed."""

    def send(request: Request) -> Response:
        headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
        small = "gzip" in request.headers.get("accept-encoding", "")
        if small:
            headers["Content-Encoding"] = "gzip"
        content = _compressed() if small else BUNDLE.read_bytes()
        return Response(content, headers=headers, media_type="text/javascript")

    return Route(f"{base}/{NAME}", send)


@cache
def _compressed() -> bytes:
    return gzip.compress(BUNDLE.read_bytes(), 6)
