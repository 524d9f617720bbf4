"""Requests of the Classify tab. Making a request checks it; other code trusts it."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from core.pipelines.classify.pipeline import USUAL
from core.pipelines.classify.types import Target
from ui.checks import flag, picture, text
from ui.messages import Request, checked

AT_ONCE = 2  # requests of all visitors: while variations are drawn, others classify

name = text(300)


@dataclass(frozen=True, kw_only=True)
class ModelRequest(Request):
    """A request about one classifier."""

    model: str = checked(name, USUAL)


@dataclass(frozen=True, kw_only=True)
class LocateRequest(ModelRequest):
    """Find the faces of a whole photo, as squares in the frame of the classifier."""

    photo: Image.Image = checked(picture)


@dataclass(frozen=True, kw_only=True)
class ReadRequest(ModelRequest):
    """Classify a square. ``align``: of a whole photo that no browser shows, the largest face if there is one."""

    photo: Image.Image = checked(picture)
    align: bool = checked(flag)


@dataclass(frozen=True, kw_only=True)
class HeatRequest(ReadRequest):
    """Show where the classifier looked when it decided on an attribute or a class."""

    name: str = checked(name, "")
    of_class: bool = checked(flag)
    target: Target = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "target", Target(self.name, self.of_class))
