"""The Styles tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.pipelines.styles.pipeline import StylesPipeline, first_picture
from core.recipe import Recipe, to_dict
from ui.components.picture_files import PictureFiles
from ui.endpoints import with_sentences
from ui.styles.requests import DrawRequest

SETTINGS = ("seed", "steps", "guidance", "solver")


def styles_api(pipeline: StylesPipeline, queue: str) -> None:
    """Add the endpoint ``/draw_style``, which the page does not show."""
    files = PictureFiles()

    def draw_style(
        styles: dict[str, float] | None,
        attributes: dict[str, float] | None,
        seed: float,
        steps: float,
        guidance: float,
        solver: str,
        mode: str,
        parts: list[float] | None,
        prompt: str = "",
    ) -> tuple[list[str], dict[str, Any]]:
        """Draws a face in up to four styles, or what a prompt says with Stable Diffusion and its LoRAs, where the
        machine has it. ``styles`` is {name: strength from -0.5 to 1.5}; ``mode`` is "sum" or "normalised", ``parts``
        how much of the strengths the early, middle and late blocks take, 0 to 2 each.

        Returns the picture (a PNG with its recipe), its recipe, the classifier's probability of all 40
        attributes of a face, and the names of all styles that can be applied.
        """
        settings = dict(zip(SETTINGS, (seed, steps, guidance, solver), strict=True))
        settings |= {"prompt": prompt, "model": "stable-diffusion"} if prompt else {}
        return _drawn(pipeline, files, settings, attributes, styles, mode, parts)

    with gr.Column(visible=False):
        values = _inputs()
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        gr.Button("draw_style").click(
            with_sentences(draw_style),
            values,
            [pictures, details],
            api_name="draw_style",
            api_description=draw_style.__doc__,
            concurrency_limit=2,
            concurrency_id=queue,
        )


def _inputs() -> list[gr.Component]:
    """List the arguments of ``/draw_style`` in order, with their defaults."""
    defaults = Recipe()
    values: list[gr.Component] = [gr.JSON({}, label="styles"), gr.JSON({}, label="attributes")]
    # No precision: Gradio would round 1.5 to 2, and fail without a sentence on what is no number.
    values += [gr.Number(getattr(defaults, name), label=name) for name in SETTINGS[:3]]
    values += [gr.Textbox(defaults.solver, label="solver"), gr.Textbox("sum", label="mode")]
    return [*values, gr.JSON([1, 1, 1], label="parts"), gr.Textbox("", label="prompt")]


def _drawn(
    pipeline: StylesPipeline, files: PictureFiles, settings: dict, attributes: Any, styles: Any, mode: Any, parts: Any
) -> tuple[list[str], dict[str, Any]]:
    missing = pipeline.missing("sd" if "prompt" in settings else "faces")
    if missing:
        raise gr.Error(missing)
    active = {"weights": styles or {}, "mode": mode, "parts": [1, 1, 1] if parts is None else parts}
    sent = {**to_dict(Recipe()), **settings, "attributes": attributes or {}}
    request = DrawRequest.from_json({"recipe": sent, "active": active})
    *_, result = pipeline.draw(request.recipe, request.active, previews=False)
    picture = first_picture(result)
    details = {
        "recipe": to_dict(picture.recipe),
        "achieved": getattr(picture, "achieved", {}),
        "notes": list(result.notes),
        "milliseconds": round(result.milliseconds),
        "available": [info.name for info in pipeline.styles(base=request.base)],
    }
    return files.write_all([(picture.image, picture.recipe)]), details
