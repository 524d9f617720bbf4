"""Requests of the page and responses to it, as dataclasses that are checked once.

The page is untrusted: it can send any JSON. Parsing makes a frozen dataclass or raises, and all other code trusts the
dataclass. The names in the JSON are those of the fields, unless a field gives another.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any, Self

from core.attributes import AttributeValueError
from core.checkpoints import CheckpointError
from core.images import PictureError
from core.latents.atlas import AtlasError
from core.pipelines.latent_map.types import LatentMapError
from core.recipe import RecipeError

log = logging.getLogger(__name__)

Json = dict[str, Any]
UNKNOWN = "The page sent a request that this version does not know. Reload the page."
FAILED = "This failed on the server. Your settings are kept: try again, or reload the page."


class RequestError(ValueError):
    """A request that cannot be fulfilled; the message is one sentence for the user."""


USER_ERRORS = (
    RequestError,
    RecipeError,
    AttributeValueError,
    PictureError,
    CheckpointError,
    LatentMapError,
    AtlasError,
)


class _Unset(Enum):
    UNSET = "unset"


UNSET: Any = _Unset.UNSET  # a field of a response that is not sent; None is sent, as null


def checked(check: Callable[[Any], Any], default: Any = None, *, json: str = "") -> Any:
    """A field of a request. ``check`` converts a JSON value or raises one of ``USER_ERRORS``, also for a default.
    ``json`` is the field's name in the page if it differs.
    """
    return field(default=default, metadata={"check": check, "json": json})


def named(json: str, default: Any = UNSET) -> Any:
    """A field of a response whose name in the page differs."""
    return field(default=default, metadata={"json": json})


def request_id_of(value: Any) -> int:
    """Return the number of an unchecked request; 0 if it has none."""
    number = value.get("request_id") if isinstance(value, dict) else value
    return number if isinstance(number, int) and not isinstance(number, bool) else 0


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. The page numbers its requests, and responses carry the number back."""

    request_id: int = checked(request_id_of, 0)

    def __post_init__(self) -> None:
        for one in fields(self):
            if "check" in one.metadata:
                object.__setattr__(self, one.name, one.metadata["check"](getattr(self, one.name)))

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Make a request from the page's JSON; unknown names are ignored."""
        return cls(**{one.name: value[name] for one in fields(cls) if one.init and (name := json_name(one)) in value})


@dataclass(frozen=True, kw_only=True)
class Response:
    """One message to the page. Each contains the complete state of its request, so that a page may miss any message but
    the last. :func:`stream` sets ``request_id`` and ``kind``.
    """

    request_id: int = 0
    kind: str = UNSET
    last: bool = False
    error: str = UNSET  # one sentence for the user
    missing: str = UNSET  # a sentence with the command that makes a checkpoint


@dataclass(frozen=True)
class FileProblemView:
    """A file that was left out, and why."""

    name: str
    reason: str


def json_name(one: dataclasses.Field) -> str:
    return one.metadata.get("json") or one.name


def to_json(value: Any) -> Any:
    """Convert dataclasses to objects without ``UNSET`` fields, and tuples to lists; other values stay as they are."""
    if dataclasses.is_dataclass(value):
        pairs = ((json_name(one), getattr(value, one.name)) for one in fields(value))
        return {name: to_json(inner) for name, inner in pairs if inner is not UNSET}
    if isinstance(value, dict):
        return {name: to_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(inner) for inner in value]
    return value


Handler = Callable[..., Any]
Routes = Mapping[str, tuple[type[Request], Handler]]


def parse(routes: Routes, value: Any) -> tuple[str, Request, Handler]:
    """Parse JSON from the page: the kind of request, the request, and its handler. Raises one of ``USER_ERRORS``."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in routes:
        raise RequestError(UNKNOWN)
    request, handler = routes[kind]
    return kind, request.from_json(value), handler


def stream(routes: Routes, value: Any, *context: Any, failed: str = FAILED) -> Iterator[Json]:
    """Run a handler that yields responses to one request; ``context`` are its other arguments."""
    latest = Response(request_id=request_id_of(value))
    try:
        kind, request, handler = parse(routes, value)
        latest = replace(latest, kind=kind)
        for response in handler(request, *context):
            latest = replace(response, request_id=latest.request_id, kind=kind)
            yield to_json(latest)
        if not latest.last:
            yield to_json(replace(latest, last=True))
    except Exception as error:
        yield to_json(_failure(error, latest, failed))


def reply(routes: Routes, value: Any, *context: Any, failed: str = FAILED) -> Json:
    """Run a handler that returns its only response."""
    latest = Response(request_id=request_id_of(value), last=True)
    try:
        kind, request, handler = parse(routes, value)
        latest = replace(latest, kind=kind)
        response = handler(request, *context)
        return to_json(replace(response, request_id=latest.request_id, kind=kind, last=True))
    except Exception as error:
        return to_json(_failure(error, latest, failed))


def _failure(error: Exception, latest: Response, failed: str) -> Response:
    """Return the sentence of an error for the user; log all other errors."""
    if isinstance(error, USER_ERRORS):
        return replace(latest, error=str(error), last=True)
    log.exception("a request of kind %s failed", latest.kind)
    return replace(latest, error=failed, last=True)
