"""The Styles tab for programs: two public endpoints of ``gradio_client``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from core.pipelines.faces.types import METHODS, EditRequest
from core.pipelines.styles.pipeline import StylesPipeline, first_picture
from core.recipe import Recipe, to_dict
from ui.components.picture_files import PictureFiles
from ui.endpoints import off_the_page, with_own_settings, with_sentences
from ui.photo_inputs import align_inputs, api_photo, placement_of
from ui.styles.requests import DrawRequest

SETTINGS = ("seed", "steps", "guidance", "solver")


def styles_api(pipeline: StylesPipeline, queue: str) -> None:
    """Add the endpoints ``/draw_style`` and ``/style_photo``, which the page does not show."""
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
        checkpoint: str = "",
    ) -> tuple[list[str], dict[str, Any]]:
        """Draws a face in up to four styles, or what a prompt says by a Stable Diffusion ``checkpoint`` of the server
        with its LoRAs. 0 ``steps`` or ``guidance`` and no ``solver`` are the model's own. ``styles`` is {name: strength
        from -0.5 to 1.5}; ``mode`` "sum" or "normalised"; ``parts`` shares of early, middle and late blocks, 0 to 2.

        Returns the picture (a PNG with its recipe), its recipe, the classifier's probability of all 40
        attributes of a face, and the names of all styles that can be applied.
        """
        settings = dict(zip(SETTINGS, (seed, steps, guidance, solver), strict=True))
        settings |= {"prompt": prompt, "model": "stable-diffusion", "checkpoint": checkpoint} if prompt else {}
        return _drawn(pipeline, files, settings, attributes, styles, mode, parts)

    with off_the_page():
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        for function, inputs in ((draw_style, _inputs()), (_photo_endpoint(pipeline), _photo_inputs())):
            gr.Button(function.__name__).click(
                with_sentences(function),
                inputs,
                [pictures, details],
                api_name=function.__name__,
                api_description=function.__doc__,
                concurrency_limit=2,
                concurrency_id=queue,
            )


def _photo_endpoint(pipeline: StylesPipeline) -> Callable[..., tuple[list[Any], dict[str, Any]]]:
    def style_photo(
        photo: str | None,
        styles: dict[str, float] | None,
        seed: float,
        guidance: float,
        mode: str,
        parts: list[float] | None,
        method: str,
        faithfulness: float,
        align: bool = False,
        face: float = 0,
    ) -> tuple[list[Any], dict[str, Any]]:
        """Draws a photo in up to four styles; its attributes stay. ``styles``, ``mode`` and ``parts`` are those of
        ``/draw_style``, ``method``, ``faithfulness``, ``align`` and ``face`` those of ``/edit_photo``.

        Returns the square as the model sees it, the styled one, and with ``align`` the whole photo with it.
        """
        settings = {"seed": seed, "guidance": guidance}
        return _styled(pipeline, photo, settings, _active(styles, mode, parts), (method, faithfulness), (align, face))

    return style_photo


def _inputs() -> list[gr.Component]:
    """List the arguments of ``/draw_style`` in order, with their defaults."""
    values: list[gr.Component] = [gr.JSON({}, label="styles"), gr.JSON({}, label="attributes")]
    # No precision: Gradio would round 1.5 to 2, and fail without a sentence on what is no number.
    values += [gr.Number(0, label=name) for name in SETTINGS[:3]]
    values += [gr.Textbox("", label="solver"), gr.Textbox("sum", label="mode"), gr.JSON([1, 1, 1], label="parts")]
    return [*values, *(gr.Textbox("", label=name) for name in ("prompt", "checkpoint"))]


def _photo_inputs() -> list[gr.Component]:
    """List the arguments of ``/style_photo`` in order, with their defaults."""
    values: list[gr.Component] = [gr.File(label="photo", type="filepath"), gr.JSON({}, label="styles")]
    values += [gr.Number(getattr(Recipe(), name), label=name) for name in ("seed", "guidance")]
    values += [gr.Textbox("sum", label="mode"), gr.JSON([1, 1, 1], label="parts")]
    return [
        *values,
        gr.Textbox(METHODS[0], label="method"),
        gr.Number(EditRequest.faithfulness, label="faithfulness"),
        *align_inputs(),
    ]


def _active(styles: Any, mode: Any, parts: Any) -> dict[str, Any]:
    return {"weights": styles or {}, "mode": mode, "parts": [1, 1, 1] if parts is None else parts}


def _styled(
    pipeline: StylesPipeline, path: str | None, settings: dict, active: dict, editing: tuple, chosen: tuple
) -> tuple[list[Any], dict[str, Any]]:
    if missing := pipeline.missing("faces"):
        raise gr.Error(missing)
    drawn = DrawRequest.from_json({"recipe": {**to_dict(Recipe()), **settings}, "active": active})
    edit = EditRequest(api_photo(path), {}, drawn.recipe, *editing)
    edit = replace(edit, placement=placement_of(pipeline.faces, edit.photo, *chosen))
    edit = replace(edit, base=pipeline.faces.read(edit.photo, edit.placement).base)
    *_, result = pipeline.photo(edit, drawn.active)
    whole = [] if result.whole is None else [result.whole]
    details = {"milliseconds": round(result.milliseconds), "achieved": result.achieved_after}
    return [result.before, result.after, *whole], details


def _drawn(
    pipeline: StylesPipeline, files: PictureFiles, settings: dict, attributes: Any, styles: Any, mode: Any, parts: Any
) -> tuple[list[str], dict[str, Any]]:
    stable = "prompt" in settings
    missing = pipeline.missing("sd", settings["checkpoint"]) if stable else pipeline.missing()
    if missing:
        raise gr.Error(missing)
    active = _active(styles, mode, parts)
    usual = pipeline.stable_diffusion().usual(settings["checkpoint"]) if stable else Recipe()
    sent = {**with_own_settings(usual, settings), "attributes": attributes or {}}
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
