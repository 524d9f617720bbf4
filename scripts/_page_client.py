"""A page without a browser: sends what the app's page sends, to the events and functions that are not public."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]


class RefusedError(RuntimeError):
    """The server did not take a request; ``status`` is that of HTTP."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words[:300]}")
        self.status = status


@dataclass
class App:
    """The app at an address, as its page learns it when it loads. Safe to share between threads."""

    url: str
    http: httpx.Client
    components: dict[str, int] = field(default_factory=dict)  # name -> id
    events: dict[tuple[str, str], Json] = field(default_factory=dict)  # (name, event) -> what Gradio says of it

    @classmethod
    def open(cls, url: str, patience: float = 300.0) -> App:
        # No connection is used twice: a busy server may close one just when the next request is sent.
        http = httpx.Client(timeout=patience, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))
        app = cls(url.rstrip("/"), http)
        config = http.get(f"{app.url}/config").raise_for_status().json()
        app.components = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
        names = {number: name for name, number in app.components.items() if name}
        for one in config["dependencies"]:
            for number, event in one["targets"]:
                if number in names and event not in ("failure", "success", "then"):
                    app.events[names[number], event] = one
        return app

    def post(self, path: str, content: Any) -> Json:
        headers = {"Content-Type": "application/json"}
        response = self.http.post(f"{self.url}/gradio_api/{path}", content=json.dumps(content), headers=headers)
        if response.status_code != 200:
            raise RefusedError(response.status_code, response.text)
        return response.json()


class Page:
    """One open page, with a session of its own."""

    def __init__(self, app: App) -> None:
        self.app, self.session = app, secrets.token_hex(6)

    def _body(self, name: str, event: str, value: Any) -> Json:
        known, number = self.app.events[name, event], self.app.components[name]
        data = [value if one == number else None for one in known["inputs"]]  # the server has the state
        body = {"data": data, "fn_index": known["id"], "session_hash": self.session, "trigger_id": number}
        return {**body, "event_data": None}

    def join(self, name: str, event: str, value: Any) -> str:
        """Send an event into the queue; returns its id."""
        return self.app.post("queue/join", self._body(name, event, value))["event_id"]

    def at_once(self, name: str, event: str, value: Any) -> Any:
        """Send an event that does not wait in the queue; returns what it gives to the page."""
        return self.app.post("run/predict", self._body(name, event, value))["data"]

    def function(self, name: str, function: str, value: Any) -> Any:
        """Call a function of a component, which answers past the queue."""
        where = {"component_id": self.app.components[name], "fn_name": function, "session_hash": self.session}
        return self.app.post("component_server", {**where, "data": [value]})

    def messages(self) -> Iterator[Json]:
        """Yield the server's messages until it owes this page nothing."""
        address = f"{self.app.url}/gradio_api/queue/data?session_hash={self.session}"
        with self.app.http.stream("GET", address) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    message = json.loads(line[6:])
                    if message["msg"] == "close_stream":
                        return
                    yield message

    def request(self, name: str, event: str, value: Any) -> Json:
        """Send an event, wait for its end and return the response. Raises ``RefusedError``."""
        sent = self.join(name, event, value)
        for message in self.messages():
            if message.get("event_id") == sent and message["msg"] == "process_completed":
                if not message["success"]:
                    raise RefusedError(200, json.dumps(message["output"]))
                return next(iter(message["output"]["data"]), None) or {}
        raise RefusedError(200, "The server ended without a response.")


def fingerprint(response: Any) -> str:
    """Hash all pictures in a response, in their order."""
    digest = hashlib.sha256()
    for uri in _pictures(response):
        digest.update(uri.encode())
    return digest.hexdigest()[:16]


def _pictures(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("data:image"):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _pictures(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pictures(inner)
