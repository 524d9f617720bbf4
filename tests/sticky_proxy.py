"""A small proxy that keeps a visitor on one of several replicas by a cookie, as the one of compose.yaml does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

COOKIE = "latentscape_replica"
OWN = {"host", "content-length", "connection", "transfer-encoding"}  # headers of one connection


def sticky_proxy(replicas: list[str]) -> Starlette:
    """An application that passes everything on. A replica that does not take a connection is left out from then on."""
    alive = dict(enumerate(replicas))
    turn = iter(range(10**9))

    async def passed(request: Request) -> Response:
        content = await request.body()
        headers = {name: value for name, value in request.headers.items() if name not in OWN}
        headers["X-Forwarded-For"] = request.client.host
        while alive:
            wanted = request.cookies.get(COOKIE, "")
            kept = wanted.isdecimal() and int(wanted) in alive
            chosen = int(wanted) if kept else list(alive)[next(turn) % len(alive)]
            address = f"{alive[chosen]}{request.url.path}?{request.url.query}"
            client = httpx.AsyncClient(timeout=120)
            sent = client.build_request(request.method, address, headers=headers, content=content)
            try:
                answer = await client.send(sent, stream=True)
            except httpx.ConnectError:
                del alive[chosen]
                continue
            back = {name: value for name, value in answer.headers.items() if name not in OWN}
            response = StreamingResponse(_body(client, answer), answer.status_code, headers=back)
            response.set_cookie(COOKIE, str(chosen))
            return response
        return Response("No replica is left.", 503)

    return Starlette(routes=[Route("/{path:path}", passed, methods=["GET", "HEAD", "POST"])])


async def _body(client: httpx.AsyncClient, answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
        await client.aclose()
