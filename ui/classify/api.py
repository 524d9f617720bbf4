"""The Classify tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.images import PictureError
from core.photos.squares import NO_FACE
from core.pipelines.classify.pipeline import USUAL, ClassifyPipeline
from ui.classify.handlers import squared
from ui.classify.requests import AT_ONCE, name
from ui.endpoints import off_the_page, with_sentences
from ui.messages import RequestError
from ui.photo_inputs import align_inputs, api_photo, face_number

MOST_MAPS = 60  # heat maps of one request


def classify_api(pipeline: ClassifyPipeline, queue: str) -> None:
    """Add the endpoint ``/classify``, which the page does not show."""

    def run(
        photo: str | None, model: str = USUAL, heat: list[str] | None = None, align: bool = False, face: float = 0
    ) -> tuple[list[Any], dict[str, Any]]:
        """Classifies a picture: its centre square, or with ``align`` the square of a face; ``face`` 0 is the largest.

        ``model`` is the shipped classifier or one of your own classes; ``heat`` lists attributes and classes to show
        where it looked. Returns the square as the classifier sees it, then each heat map over it; the probability of
        all attributes and of all classes, likeliest first, and what each heat map is about.
        """
        return _classified(pipeline, photo, model, heat, align, face)

    with off_the_page():
        photo = gr.File(label="photo", type="filepath")
        model = gr.Textbox(USUAL, label="model")
        heat = gr.JSON([], label="heat")
        after = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        gr.Button("classify").click(
            with_sentences(run),
            [photo, model, heat, *align_inputs()],
            [after, details],
            api_name="classify",
            api_description=run.__doc__,
            concurrency_limit=AT_ONCE,
            concurrency_id=queue,
        )


def _classified(
    pipeline: ClassifyPipeline, path: Any, model: Any, heat: Any, align: Any, face: Any
) -> tuple[list[Any], dict[str, Any]]:
    chosen, heat, number = pipeline.of(name(model or USUAL)), heat or [], face_number(face)
    if missing := chosen.missing():
        raise RequestError(missing)
    if not isinstance(heat, list) or len(heat) > MOST_MAPS or not all(isinstance(one, str) for one in heat):
        raise RequestError(f'Heat maps come as a list of up to {MOST_MAPS} attributes or classes, such as ["Smiling"].')
    targets = [chosen.target(one) for one in heat]
    square = api_photo(path)
    if align is True:
        chosen.finder.require()
        faces = chosen.locate(square)
        if number >= len(faces):
            raise PictureError(f"There is no face {number} in this photo." if faces else NO_FACE)
        square = squared(square, faces[number].placement)
    said, maps = chosen.classify(square), chosen.heat_maps(square, targets)
    likely = dict(sorted(said.attributes.items(), key=lambda pair: -pair[1]))
    about = [{"name": one.target.name, "present": one.present, "probability": one.probability} for one in maps]
    details = {"model": chosen.name, "attributes": likely, "classes": said.classes, "heat": about}
    return [said.image, *(one.overlay for one in maps)], details
