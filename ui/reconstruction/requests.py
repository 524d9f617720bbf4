"""Requests of the Reconstruction tab. Making a request checks it; other code trusts it.

Pictures are named by the id that the server gave them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from PIL import Image

from core.latents.surgery import MOST_CHANNELS, Surgery
from core.recipe import SEEDS
from ui.checks import flag, number, picture, several, text, uploaded, whole
from ui.messages import Request, RequestError, checked
from ui.reconstruction.table import MOST_PICTURES

MOST_MODELS = 16
MOST_CELLS = 64  # per request; the page sends another for the rest
MOST_STRIP = 12
MOST_FILES = 64  # uploaded files in one request; a zip counts once
REACH = 4.0  # standard deviations to either side that a dimension can be moved

name = text(300)
strip_values = several(
    number("A value", -REACH, REACH), f"Values come as a list of up to {MOST_STRIP} numbers.", 0, MOST_STRIP
)
picture_count = whole("The number of pictures", 1, MOST_STRIP)
seed_number = whole("A seed", 0, SEEDS - 1)


def names(most: int) -> Any:
    return several(name, f"At most {most} at once, as a list; the first {most} can be sent alone.", 0, most)


def optional_name(value: Any) -> str:
    return name(value or "")


def upload_list(value: Any) -> tuple[Path, ...]:
    return several(uploaded, f"At most {MOST_FILES} files at once; a zip counts once.", 0, MOST_FILES)(value)


def named_picture(value: Any) -> tuple[str, Image.Image] | None:
    """A picture from a data URI, with its name."""
    if value is None or isinstance(value, tuple):
        return value
    if not isinstance(value, dict):
        raise RequestError("There is no picture in this request.")
    return name(value.get("name", "picture")), picture(value.get("uri"))


def surgery(value: Any) -> Surgery:
    if isinstance(value, Surgery):
        return value
    value = {} if value is None else value
    if not isinstance(value, dict):
        raise RequestError("The page sent no operation. Reload the page.")
    return Surgery(**{one.name: value[one.name] for one in fields(Surgery) if one.name in value})


@dataclass(frozen=True, kw_only=True)
class TableRequest(Request):
    """A request that lists the pictures that the page still shows."""

    pictures: tuple[str, ...] = checked(names(MOST_CELLS), ())


@dataclass(frozen=True, kw_only=True)
class ExampleRequest(TableRequest):
    """Send one of the example pictures; ``count`` 1 is its thumbnail only."""

    example: str = checked(name, "")
    count: int = checked(picture_count, 8)


@dataclass(frozen=True, kw_only=True)
class AddRequest(TableRequest):
    """Add uploaded files, or one picture of another tab."""

    paths: tuple[Path, ...] = checked(upload_list, ())
    added: tuple[str, Image.Image] | None = checked(named_picture)
    align: bool = checked(flag)  # of files, take the square of the largest face


@dataclass(frozen=True, kw_only=True)
class ArchiveRequest(Request):
    """Send pictures of the table through models as one zip with their figures."""

    pictures: tuple[str, ...] = checked(names(MOST_PICTURES), ())
    models: tuple[str, ...] = checked(names(MOST_MODELS), ())


@dataclass(frozen=True, kw_only=True)
class GridRequest(Request):
    """Reconstruct a grid: pictures in rows, models in columns."""

    pictures: tuple[str, ...] = checked(names(MOST_CELLS), ())
    models: tuple[str, ...] = checked(names(MOST_MODELS), ())

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.pictures) * len(self.models) > MOST_CELLS:
            raise RequestError(f"At most {MOST_CELLS} cells in one request.")


@dataclass(frozen=True, kw_only=True)
class CellRequest(Request):
    """A request about one picture in one model."""

    model: str = checked(name, "")
    picture: str = checked(name, "")


@dataclass(frozen=True, kw_only=True)
class OperateRequest(CellRequest):
    surgery: Surgery = checked(surgery)
    other: str = checked(optional_name)  # the picture that swapped channels come from


@dataclass(frozen=True, kw_only=True)
class TraverseRequest(CellRequest):
    """Vary one dimension over several values, from a picture or, without one, from the mean."""

    dimension: int = checked(whole("A dimension", 0, MOST_CHANNELS - 1), 0)
    values: tuple[float, ...] = checked(strip_values, ())


@dataclass(frozen=True, kw_only=True)
class SampleRequest(Request):
    model: str = checked(name, "")
    seed: int = checked(seed_number, 0)
    count: int = checked(picture_count, 8)


@dataclass(frozen=True, kw_only=True)
class InterpolateRequest(CellRequest):
    other: str = checked(optional_name)
    count: int = checked(picture_count, 8)


@dataclass(frozen=True, kw_only=True)
class DownloadRequest(Request):
    """Download a model."""

    model: str = checked(name, "")
