"""What the endpoints that take a photo have in common: the photo itself, and which of its faces is meant."""

from __future__ import annotations

from typing import Any

import gradio as gr
from PIL import Image

from core.images import open_picture
from core.photos.alignment import Placement
from core.photos.detection import MOST
from core.pipelines.faces.pipeline import FacesPipeline
from ui.checks import whole
from ui.components.pictures import MAX_UPLOAD
from ui.messages import RequestError

face_number = whole("A face of a photo", 0, MOST - 1)


def align_inputs() -> list[gr.Component]:
    """The arguments ``align`` and ``face`` of every endpoint that takes a photo."""
    return [gr.Checkbox(False, label="align"), gr.Number(0, label="face")]


def placement_of(pipeline: FacesPipeline, photo: Image.Image, align: Any, face: Any) -> Placement | None:
    """The square that these two arguments mean; None is the centre square."""
    return pipeline.placement(photo, face_number(face)) if align is True else None


def api_photo(path: str | None) -> Image.Image:
    if not path:
        raise RequestError("There is no photo in this request.")
    with open(path, "rb") as file:
        return open_picture(file.read(MAX_UPLOAD + 1))
