"""Tells the owner of the machine, who opens the page on it, from visitors who come by a network."""

from __future__ import annotations

import os
from collections.abc import Mapping

import gradio as gr

SPACE = "SPACE_ID"  # set on a Space, where all visitors are strangers
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PROXIED = ("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto")


def on_space() -> bool:
    """Return whether the app runs on a Space."""
    return bool(os.environ.get(SPACE))


def trust_proxy_of_space() -> None:
    """Let uvicorn believe what a Space's proxy says of addresses: nobody else reaches the app, and without it all
    visitors would have the proxy's.
    """
    if on_space():
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "*")


def by_owner(request: gr.Request | None) -> bool:
    """Return whether a request comes from a browser on this machine: not from a Space, through a tunnel or a proxy."""
    if request is None or on_space():
        return False
    headers = {name.lower(): value for name, value in dict(request.headers).items()}
    client = getattr(request.client, "host", None)
    return client in LOOPBACK and not any(name in headers for name in _PROXIED) and _is_addressed_locally(headers)


def _is_addressed_locally(headers: Mapping[str, str]) -> bool:
    """Check the names by which the page was opened; a tunnel ends on this machine, but has a name of its own."""
    origin = headers.get("origin", "").partition("://")[2]
    return all(_host(name) in LOOPBACK for name in (headers.get("host", ""), origin) if name)


def _host(name: str) -> str:
    return name.partition("]")[0].strip("[") if name.startswith("[") else name.partition(":")[0]
