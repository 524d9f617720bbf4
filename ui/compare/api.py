"""The Compare tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.pipelines.compare.comparison import ComparePipeline
from core.recipe import to_dict
from ui.checks import as_whole
from ui.compare.requests import CompareRequest
from ui.endpoints import off_the_page, with_sentences
from ui.photo_inputs import api_photo


def compare_api(pipeline: ComparePipeline, queue: str) -> None:
    """Add the endpoint ``/compare_generators``, which the page does not show."""

    def compare_generators(
        attributes: dict[str, float] | None = None,
        photo: str | None = None,
        prompt: str = "",
        seed: float = 0,
        count: float = 4,
        rows: list[str] | None = None,
        align: bool = False,
    ) -> tuple[list[Any], dict[str, Any]]:
        """Sends one request to every generator of faces: ``attributes`` ({CelebA name: strength in [-1, 1]}), a
        ``photo``, or a ``prompt``; none of them is a request, too. ``rows`` lists the generators; empty means all.
        ``align`` takes the largest face of the photo instead of its centre square.

        Returns the pictures row by row, and for each row what it was asked for, the milliseconds per picture, and of
        each picture its place in the list, its recipe, and the share of the requested attributes that the classifier
        sees; or why a row has none.
        """
        values = {"attributes": attributes or {}, "prompt": prompt, "seed": as_whole(seed), "count": as_whole(count)}
        opened = None if photo is None else api_photo(photo)
        request = CompareRequest(**values, photo=opened, rows=rows or (), align=align is True)
        return _compared(pipeline, request)

    with off_the_page():
        outputs = [gr.Gallery(label="pictures", format="png"), gr.JSON(label="details")]
        gr.Button("compare_generators").click(
            with_sentences(compare_generators),
            _inputs(),
            outputs,
            api_name="compare_generators",
            api_description=compare_generators.__doc__,
            concurrency_limit=2,
            concurrency_id=queue,
        )


def _inputs() -> list[gr.Component]:
    """The arguments of ``/compare_generators`` in order. No precision: Gradio would round 1.5 to 2."""
    return [
        gr.JSON({}, label="attributes"),
        gr.File(label="photo", type="filepath"),
        gr.Textbox("", label="prompt"),
        gr.Number(0, label="seed"),
        gr.Number(4, label="count"),
        gr.JSON([], label="rows"),
        gr.Checkbox(False, label="align"),
    ]


def _compared(pipeline: ComparePipeline, request: CompareRequest) -> tuple[list[Any], dict[str, Any]]:
    *events, result = pipeline.compare(request.wanted)
    images, rows = [], []
    for row in (event for event in events if event.finished):
        start = len(images)
        images += [picture.image for picture in row.pictures]
        drawn = [
            {
                "picture": start + place,
                "recipe": None if picture.recipe is None else to_dict(picture.recipe),
                "agreement": picture.agreement,
            }
            for place, picture in enumerate(row.pictures)
        ]
        told = {"name": row.name, "title": row.title, "given": row.given, "milliseconds": row.milliseconds}
        rows.append({**told, "problem": row.problem, "pictures": drawn})
    return images, {"rows": rows, "notes": list(result.notes), "milliseconds": round(result.milliseconds)}
