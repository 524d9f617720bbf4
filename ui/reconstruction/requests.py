"""What the browser asks of the Reconstruction tab, checked before any network runs.

A page can send anything: every field is read here, and what does not fit ends as one sentence for the user.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder
from PIL import Image

from core.images import open_picture
from core.latents.surgery import MOST_BITS, MOST_BLUR, MOST_NOISE, Surgery
from ui.components.pictures import decode_uri
from ui.messages import request_id_of

KINDS = ("open", "models", "example", "add", "grid", "latent", "operate", "traverse", "sample", "interpolate")
MOST_MODELS = 16
MOST_CELLS = 64  # of one request; the page asks again for the rest
MOST_STRIP = 12
MOST_FILES = 64  # uploaded files in one request; a zip counts once
MOST_CHANNELS = 4096
REACH = 4.0  # deviations to either side that a dimension can be dragged


class LabError(ValueError):
    """A request that cannot be answered; the message is one sentence for the user."""


@dataclass(frozen=True)
class LabAsk:
    """One request. ``ticket`` numbers it within the page; answers carry it back. Pictures are named by their id."""

    ticket: int
    kind: str
    pictures: tuple[str, ...] = ()  # grid: its rows; otherwise: what is still on the page's table
    models: tuple[str, ...] = ()
    model: str = ""
    picture: str = ""
    other: str = ""
    example: str = ""
    paths: tuple[Path, ...] = ()
    added: tuple[str, Image.Image] | None = None  # a picture that came as a data URI, with its name
    surgery: Surgery = field(default_factory=Surgery)
    dimension: int = 0
    values: tuple[float, ...] = ()
    count: int = 8
    seed: int = 0


def parse_lab(value: Any) -> LabAsk:
    """JSON from the page -> :class:`LabAsk`. Raises :class:`LabError` or ``PictureError``."""
    if not isinstance(value, dict) or value.get("kind") not in KINDS:
        raise LabError("The page sent a request that this version does not know. Reload the page.")
    ask = LabAsk(
        ticket=request_id_of(value),
        kind=value["kind"],
        pictures=_names(value.get("pictures", []), MOST_CELLS),
        models=_names(value.get("models", []), MOST_MODELS),
        model=_name(value.get("model", "")),
        picture=_name(value.get("picture", "")),
        other=_name(value.get("other") or ""),
        example=_name(value.get("example", "")),
        paths=tuple(uploaded(path) for path in _names(value.get("paths", []), MOST_FILES, length=4096)),
        added=_added(value.get("added")),
        surgery=_surgery(value.get("surgery", {})),
        dimension=_whole(value.get("dimension", 0), "A dimension", 0, MOST_CHANNELS - 1),
        values=_values(value.get("values", [])),
        count=_whole(value.get("count", 8), "The number of pictures", 1, MOST_STRIP),
        seed=_whole(value.get("seed", 0), "A seed", 0, 2**32 - 1),
    )
    if ask.kind == "grid" and len(ask.pictures) * len(ask.models) > MOST_CELLS:
        raise LabError(f"At most {MOST_CELLS} cells in one request.")
    return ask


def uploaded(path: str) -> Path:
    """A path that the upload answered with. Nothing else on this machine can be asked for."""
    folder, file = Path(get_upload_folder()).resolve(), Path(path).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise LabError("An uploaded file is not there any more; add it again.")
    return file


def _name(text: Any, length: int = 300) -> str:
    if not isinstance(text, str) or len(text) > length:
        raise LabError("The page sent a name that cannot be one. Reload the page.")
    return text


def _names(texts: Any, most: int, length: int = 300) -> tuple[str, ...]:
    if not isinstance(texts, list):
        raise LabError("The page sent no list where one belongs. Reload the page.")
    if len(texts) > most:
        raise LabError(f"At most {most} at once; the first {most} can be sent alone.")
    return tuple(_name(text, length) for text in texts)


def _added(value: Any) -> tuple[str, Image.Image] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise LabError("There is no picture in this request.")
    return _name(value.get("name", "picture")), open_picture(decode_uri(value.get("uri")))


def _surgery(value: Any) -> Surgery:
    if not isinstance(value, dict):
        raise LabError("The page sent no operation. Reload the page.")
    bits = value.get("bits")
    return Surgery(
        swap=_channels(value.get("swap", [])),
        silence=_channels(value.get("silence", [])),
        bits=None if bits is None else _whole(bits, "Bits", 1, MOST_BITS),
        noise=_number(value.get("noise", 0), "Noise", 0, MOST_NOISE),
        blur=_number(value.get("blur", 0), "Blur", 0, MOST_BLUR),
        seed=_whole(value.get("seed", 0), "A seed", 0, 2**32 - 1),
    )


def _channels(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MOST_CHANNELS:
        raise LabError("Channels come as a list of their numbers.")
    return tuple(sorted({_whole(channel, "A channel", 0, MOST_CHANNELS - 1) for channel in value}))


def _values(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) > MOST_STRIP:
        raise LabError(f"Values come as a list of up to {MOST_STRIP} numbers.")
    return tuple(_number(one, "A value", -REACH, REACH) for one in value)


def _whole(value: Any, words: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise LabError(f"{words} is a whole number from {least} to {most}.")
    return value


def _number(value: Any, words: str, least: float, most: float) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        raise LabError(f"{words} is a number from {least:g} to {most:g}.")
    return float(value)
